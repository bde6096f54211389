"""The books against a simple model: many clients at once, in rounds that a seed draws (I1–I5).

A round's requests run together, so that their order is the ledger's own; what was answered is then
put to the model, which knows sums and nothing else. Whatever was refused must have left no trace.
`make prove name=model` asks for many rounds, the suite for few.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ip_ledger.audit.derived_queries import BALANCES, HOLDS
from tests.ip_ledger.distributions.world import build
from tests.ip_ledger.journal.test_pending import Till

pytestmark = pytest.mark.anyio

ROUNDS = int(os.environ.get("ZHICHUANG_CASES", "6"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "20280310"))
CLIENTS = 10
# The till may not go negative, and neither may what is owed go to the other side.
ACCOUNTS = (
    ("till", "asset", False), ("fees", "asset", True), ("owed", "liability", False),
    ("open", "liability", True),
)  # fmt: skip


@dataclass
class Model:
    """What the books must say: a sum for each account, and what is held of it on each side."""

    balances: list[int] = field(default_factory=lambda: [0] * len(ACCOUNTS))
    held: dict[str, list[int]] = field(default_factory=dict)
    posted: dict[str, list[int]] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    refusals: int = 0

    def move(self, amounts: list[int], sign: int = 1) -> None:
        self.balances = [a + sign * b for a, b in zip(self.balances, amounts, strict=True)]

    def figures(self) -> list[tuple[int, int, int]]:
        """Balance, held debits and held credits of each account."""
        return [
            (
                balance,
                sum(max(0, one[place]) for one in self.held.values()),
                sum(max(0, -one[place]) for one in self.held.values()),
            )
            for place, balance in enumerate(self.balances)
        ]


@dataclass
class Act:
    """A request that is about to be made, and what it means when it is answered."""

    path: str
    body: Any
    done: Callable[[Model, Any], None]
    # A request that cannot be right whatever else happens.
    wrong: bool = False


def lines(till: Till, amounts: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "account_id": till.ids[place],
            "side": "debit" if amount > 0 else "credit",
            "amount": {"amount": abs(amount)},
        }
        for place, amount in enumerate(amounts)
        if amount
    ]


def entry(till: Till, amounts: list[int]) -> dict[str, Any]:
    return {"effective_on": "2028-03-05", "reference": "m", "postings": lines(till, amounts)}


def moved(dice: random.Random) -> list[int]:
    """Draw amounts over two or three accounts that make nought."""
    places = dice.sample(range(len(ACCOUNTS)), dice.choice((2, 2, 3)))
    amounts = [0] * len(ACCOUNTS)
    for place in places[1:]:
        amounts[place] = dice.choice((1, -1)) * dice.randrange(1, 400)
    amounts[places[0]] = -sum(amounts)
    return amounts if amounts[places[0]] else moved(dice)


def post(till: Till, dice: random.Random, model: Model) -> Act:
    amounts = moved(dice)

    def done(model: Model, answer: Any) -> None:
        model.posted[answer["id"]] = amounts
        model.move(amounts)

    return Act("entries", entry(till, amounts), done)


def hold(till: Till, dice: random.Random, model: Model) -> Act:
    amounts = moved(dice)

    def done(model: Model, answer: Any) -> None:
        model.held[answer["id"]] = amounts

    return Act("pending-entries", entry(till, amounts), done)


def settle(till: Till, dice: random.Random, model: Model) -> Act:
    """Confirm all or a half of what waits, or void it; twins at once are drawn on purpose."""
    if not model.held:
        return hold(till, dice, model)
    held_id = dice.choice(sorted(model.held))
    amounts = model.held[held_id]
    way = dice.choice(("all", "part", "void"))
    part = [0] * len(amounts)
    if way == "part":
        sources = [place for place, amount in enumerate(amounts) if amount > 0]
        sinks = [place for place, amount in enumerate(amounts) if amount < 0]
        one = min(amounts[sources[0]], -amounts[sinks[0]])
        taken = dice.randrange(1, one + 1)
        part[sources[0]], part[sinks[0]] = taken, -taken
    body = {"all": {}, "part": {"postings": lines(till, part)}, "void": {"reason": "m"}}[way]

    def done(model: Model, answer: Any) -> None:
        amounts = model.held.pop(held_id)
        if way != "void":
            model.posted[answer["entry_id"]] = part if way == "part" else amounts
            model.move(part if way == "part" else amounts)

    return Act(f"pending-entries/{held_id}/{'void' if way == 'void' else 'confirm'}", body, done)


def undo(till: Till, dice: random.Random, model: Model) -> Act:
    left = sorted(set(model.posted) - model.undone)
    if not left:
        return post(till, dice, model)
    undone_id = dice.choice(left)

    def done(model: Model, answer: Any) -> None:
        model.undone.add(undone_id)
        model.move(model.posted[undone_id], -1)

    body = {"effective_on": "2028-03-06", "reference": "m"}
    return Act(f"entries/{undone_id}/reversals", body, done)


def bad(till: Till, dice: random.Random, model: Model) -> Act:
    """Ask for what can never be: sums that do not balance, strangers, floats, before the day."""
    body = entry(till, moved(dice))
    first = body["postings"][0]
    match dice.randrange(5):
        case 0:
            first["amount"]["amount"] += 1
        case 1:
            first["account_id"] = str(uuid4())
        case 2:
            first["amount"]["amount"] = dice.choice((0, -1, 1.5, 2**53, "1"))
        case 3:
            first["amount"]["currency"] = "USD"
        case _:
            body["postings"] = [first]

    def done(model: Model, answer: Any) -> None:
        raise AssertionError(f"it was let through: {answer}")

    return Act(dice.choice(("entries", "pending-entries")), body, done, wrong=True)


KINDS = (post, post, hold, hold, settle, settle, undo, bad)


async def together(till: Till, model: Model, acts: list[tuple[Act, str]]) -> None:
    """Make all requests at once, then put their answers to the model."""

    async def made(act: Act, key: str) -> httpx.Response:
        return await till.client.post(
            f"/v1/ip-ledger/{act.path}", json=act.body, headers={"Idempotency-Key": key}
        )

    answers = await asyncio.gather(*(made(act, key) for act, key in acts))
    seen: dict[str, bytes] = {}
    for (act, key), answer in zip(acts, answers, strict=True):
        if answer.is_success and key in seen:
            # A twin of one key: the first answer again, and no second deed (I5).
            assert answer.content == seen[key]
        elif answer.is_success:
            assert not act.wrong, act
            seen[key] = answer.content
            act.done(model, answer.json())
        else:
            assert answer.status_code in {404, 409, 422}, answer.text
            assert all(error["rule"] for error in answer.json()["errors"]), answer.text
            model.refusals += 1


async def told(till: Till) -> list[tuple[int, int, int]]:
    figures = [await till.figures(place) for place in range(len(ACCOUNTS))]
    return [one[:3] for one in figures]


@pytest.fixture
async def till(running: Callable[..., Any]) -> AsyncIterator[Till]:
    async with running("ip_ledger") as service:
        one = Till(await build(service))
        for code, kind, bound in ACCOUNTS:
            await one.open(code, kind=kind, may_go_negative=bound)
        yield one


@pytest.mark.requirement("X05", "X07")
async def test_the_books_are_what_a_simple_model_makes_of_the_answers(till: Till) -> None:
    dice, model = random.Random(SEED), Model()
    for number in range(ROUNDS):
        acts = [(dice.choice(KINDS)(till, dice, model), str(uuid4())) for _ in range(CLIENTS)]
        acts.append(dice.choice(acts))
        before = model.figures()
        await together(till, model, acts)
        after = await told(till)
        assert after == model.figures(), f"seed {SEED}, round {number}: {before}"
        for place, (_, _, bound) in enumerate(ACCOUNTS):
            assert bound or after[place][0] * (1 if place == 0 else -1) >= 0
        assert sum(one[0] for one in after) == 0
    assert model.posted
    assert model.refusals
    async with till.world.sessions.reading() as session:
        for question in (*BALANCES, *HOLDS):
            assert (await session.execute(text(question.sql))).first() is None, question


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_what_is_refused_leaves_every_row_of_the_books_as_it_was(till: Till) -> None:
    dice, model = random.Random(SEED), Model()
    await together(till, model, [(post(till, dice, model), str(uuid4())) for _ in range(4)])
    asked = text(
        "SELECT (SELECT md5(string_agg(b::text, ',' ORDER BY account_id)) FROM account_balance b),"
        " (SELECT count(*) FROM posting), (SELECT count(*) FROM pending_line),"
        " (SELECT count(*) FROM log_record), (SELECT count(*) FROM event)"
    )

    async def rows() -> tuple[Any, ...]:
        async with till.world.sessions.reading() as session:
            return tuple((await session.execute(asked)).one())

    before = await rows()
    await together(till, model, [(bad(till, dice, model), str(uuid4())) for _ in range(12)])
    over = Act("entries", entry(till, [-(10**12), 10**12, 0, 0]), lambda *_: None, wrong=True)
    await together(till, model, [(over, str(uuid4()))])
    assert await rows() == before
