"""What would be is what will be: random questions, asked before the income came and after it."""

import os
import random
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.counting import WHOLE
from tests.ip_ledger.conftest import codes
from tests.ip_ledger.distributions.test_corrections import late_agreement
from tests.ip_ledger.distributions.test_supposing import WHAT_IF, asked
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio
TURNS = 300 if WHOLE else 6
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))
KINDS = ("license", "transfer", "service", "self_implementation", "equity")


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


def incomes(world: World, chance: random.Random) -> list[dict[str, Any]]:
    """One to four incomes of random days, in their order, some with deductions to the last 分."""
    found = []
    for _ in range(chance.randint(1, 4)):
        gross = chance.choice((chance.randint(1, 30), chance.randint(1_000, 10**9)))
        body: dict[str, Any] = {
            "asset_id": str(world.asset_id), "kind": chance.choice(KINDS),
            "gross": {"amount": gross},
            "received_on": f"2027-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        }  # fmt: skip
        if chance.random() < 0.5:
            taken = chance.randint(1, gross)
            body["deductions"] = [{"kind": "tax", "amount": {"amount": taken}}]
        found.append(body)
    return sorted(found, key=lambda one: str(one["received_on"]))


def rates(world: World, chance: random.Random) -> list[dict[str, Any]]:
    owners = [world.university, world.company, world.entity]
    return [
        {
            "owner_id": str(owner), "basis": "办法",
            # Now and then below what the law or the agreement asks.
            "rate_ppm": chance.choice((500_000, 700_000, chance.randint(1, 1_000_000))),
        }
        for owner in chance.sample(owners, chance.randint(0, 3))
    ]  # fmt: skip


def money(document: dict[str, Any]) -> tuple[Any, ...]:
    """What is shared and rewarded, and how it is explained but for the incomes' ids."""
    lines = [
        (
            one["payee_id"], one["ppm"], one["amount"]["amount"],
            [
                {k: v for k, v in step.items() if k not in {"ref_id", "text", "texts"}}
                for step in one["explanation"]
            ],
        )
        for one in document["lines"]
    ]  # fmt: skip
    rewards = [
        (one["owner_id"], one["amount"], one["floor"], one["rule"], one["inventors"])
        for one in document["rewards"]
    ]
    return document["net"]["amount"], lines, rewards


async def tried(world: World, path: str, body: dict[str, Any]) -> Any:
    headers = {"Idempotency-Key": str(uuid4())}
    return await world.operator().post(f"/v1/ip-ledger/{path}", json=body, headers=headers)


@pytest.mark.requirement("A033", "A086")
async def test_random_questions_get_the_answer_that_the_run_gives(world: World) -> None:
    chance = random.Random(SEED)
    refused = 0
    for turn in range(TURNS):
        if turn == 2:
            parties = [world.entity, world.company, world.university]
            agreed = [{"org_id": str(world.company), "rate_ppm": 300_000}]
            await late_agreement(world, parties, agreed)
        told, given = incomes(world, chance), rates(world, chance)
        before = await tried(world, WHAT_IF, asked(world, incomes=told, reward_rules=given))
        events = [await world.post(world.operator(), "revenue-events", one) for one in told]
        ids = [one["id"] for one in events]
        question = {"revenue_event_ids": ids, "reward_rules": given}
        after = await tried(world, WHAT_IF, asked(world, **question))
        run = await tried(world, "distribution-runs", question)
        where = f"seed {SEED}, turn {turn}: {told} {given}"
        assert before.is_success == after.is_success == run.is_success, where
        if not run.is_success:
            refused += 1
            assert codes(before) == codes(after) == codes(run), where
            # Drafted without the rates that were too low, so that what rounding owes goes on.
            run = await tried(world, "distribution-runs", {**question, "reward_rules": []})
            assert run.status_code == 201, run.text
        else:
            assert after.json()["plan_hash"] == run.json()["plan_hash"], where
            assert money(before.json()) == money(after.json()) == money(run.json()), where
        # Paid now and then: the next question starts from what rounding owes, or does not.
        if chance.random() < 0.7:
            await world.paid(run.json())
    assert refused < TURNS
