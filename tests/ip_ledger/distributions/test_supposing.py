"""What would be: the real run's own code, for shares, days, rates and income that are not so."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.ip_ledger.conftest import codes
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio
WHAT_IF = "distribution-what-ifs"
TABLES = (
    "distribution_run", "distribution_line", "share_carry", "revenue_event", "journal_entry",
    "log_record", "event", "audit",
)  # fmt: skip


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        yield await build(service)


def asked(world: World, **over: Any) -> dict[str, Any]:
    return {"center_id": str(world.center_id), **over}


def income(world: World, amount: int, day: str, **over: Any) -> dict[str, Any]:
    return {
        "asset_id": str(world.asset_id), "kind": "license", "gross": {"amount": amount},
        "received_on": day, **over,
    }  # fmt: skip


def owned(world: World, day: str, **ppm: int) -> dict[str, Any]:
    shares = [{"owner_id": str(getattr(world, n)), "ppm": part} for n, part in ppm.items()]
    return {"asset_id": str(world.asset_id), "valid_from": day, "shares": shares}


def parts(document: dict[str, Any]) -> list[tuple[int, str, int]]:
    return [
        (int(one["received_on"][:4]), one["payee_id"], one["amount"]["amount"])
        for one in document["lines"]
    ]


async def counts(world: World) -> dict[str, Any]:
    async with world.sessions.reading() as session:
        return {
            name: (await session.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one()  # noqa: S608
            for name in TABLES
        }


async def ask(world: World, status: int = 200, by: Any = None, **over: Any) -> Any:
    return await world.post(by or world.operator(), WHAT_IF, asked(world, **over), status)


@pytest.mark.requirement("A033", "A086")
async def test_without_suppositions_it_is_the_draft_to_the_hash_and_nothing_is_written(
    world: World,
) -> None:
    event = await world.income()
    before = await counts(world)
    rule = {"owner_id": str(world.university), "rate_ppm": 700_000, "basis": "rule"}
    told = await ask(world, revenue_event_ids=[event["id"]], reward_rules=[rule])
    assert await counts(world) == before
    body = {"revenue_event_ids": [event["id"]], "reward_rules": [rule]}
    run = await world.post(world.operator(), "distribution-runs", body)
    assert told["plan_hash"] == run["plan_hash"]
    for mine, theirs in (("lines", "lines"), ("rewards", "rewards")):
        amounts = [
            [(one.get("payee_id") or one["owner_id"], one["amount"]) for one in document[name]]
            for document, name in ((told, mine), (run, theirs))
        ]
        assert amounts[0] == amounts[1]
    assert told["lines"][0]["explanation"] == run["lines"][0]["explanation"]


@pytest.mark.requirement("A033", "A086")
async def test_years_of_supposed_income_under_owners_that_change(world: World) -> None:
    incomes = [income(world, 101, f"{year}-03-01") for year in (2031, 2029, 2030)]
    shares = [
        owned(world, "2030-01-01", company=500_000, entity=500_000),
        owned(world, "2031-03-01", entity=1_000_000),
    ]
    told = await ask(world, incomes=incomes, shares=shares)
    company, entity, university = (
        str(one) for one in (world.company, world.entity, world.university)
    )
    assert told["net"]["amount"] == 303
    # 2029 as it is owned, 2030 by halves, 2031 from its first day on by one alone.
    assert parts(told) == [
        (2029, university, 41), (2029, company, 35), (2029, entity, 25),
        # Of 2029 the university, which is gone, had 0.6 too much: it hands that to the company, to
        # which 0.35 were owed, as 0.25 were to the entity.
        (2030, university, 0), (2030, company, 0), (2030, company, 50), (2030, entity, 51),
        (2031, company, 0), (2031, entity, 0), (2031, entity, 101),
    ]  # fmt: skip
    assert {one["revenue_event_id"] for one in told["lines"]} == {None}
    sums: dict[tuple[int, str], int] = {}
    for year, payee, amount in parts(told):
        sums[year, payee] = sums.get((year, payee), 0) + amount
    assert {
        (one["year"], one["payee_id"]): one["amount"]["amount"] for one in told["years"]
    } == sums
    again = await ask(world, incomes=incomes, shares=shares)
    assert again["plan_hash"] == told["plan_hash"]
    later = await ask(world, incomes=incomes, shares=[{**shares[0], "valid_from": "2030-03-02"}])
    assert later["plan_hash"] != told["plan_hash"]
    assert parts(later)[3][1] == university


@pytest.mark.requirement("A033")
async def test_deductions_kinds_and_rates_are_supposed_with_their_floors(world: World) -> None:
    one = income(
        world, 1_000, "2030-03-01", deductions=[{"kind": "tax", "amount": {"amount": 100}}]
    )
    told = await ask(world, incomes=[one])
    assert told["net"]["amount"] == 900
    steps = [step["step"] for step in told["lines"][0]["explanation"]]
    assert "less_tax" in steps
    rewards = {r["owner_id"]: r["amount"]["amount"] for r in told["rewards"]}
    assert rewards[str(world.university)] == 180
    own = await ask(world, incomes=[{**one, "kind": "self_implementation"}])
    assert {r["amount"]["amount"] for r in own["rewards"]} == {18, 16, 12}
    low = {"owner_id": str(world.university), "rate_ppm": 499_999}
    answer = await ask(world, 409, incomes=[one], reward_rules=[low])
    assert [error["code"] for error in answer["errors"]] == ["REWARD_BELOW_FLOOR"]


@pytest.mark.requirement("A033", "X04")
@pytest.mark.refusing
async def test_what_no_run_could_be_is_refused_and_nobody_elses_centre_is_asked_about(
    world: World,
) -> None:
    one = income(world, 100, "2030-03-01")
    for over, code in (
        ({"shares": [owned(world, "2030-01-01", company=999_999)]}, "SHARES_NOT_100"),
        (
            {"shares": [{
                **owned(world, "2030-01-01"),
                "shares": [{"owner_id": str(uuid4()), "ppm": 1_000_000}],
            }]},
            "PARTY_UNKNOWN",
        ),
        (
            {"incomes": [{**one, "deductions": [{"kind": "tax", "amount": {"amount": 101}}]}]},
            "NET_NEGATIVE",
        ),
        ({"incomes": []}, "FIELD_INVALID"),
        ({"incomes": [{**one, "gross": {"amount": 1.5}}]}, "FIELD_INVALID"),
        ({"incomes": [{**one, "gross": {"amount": 2**53 - 1}}] * 2}, "AMOUNT_TOO_LARGE"),
    ):  # fmt: skip
        answer = await ask(world, 422, **{"incomes": [one], **over})
        assert answer["errors"][0]["code"] == code, over
    before = await ask(world, 409, incomes=[{**one, "received_on": "2026-12-31"}])
    assert before["errors"][0]["code"] == "OWNERSHIP_MISSING"
    event = await world.income()
    twice = await ask(world, 422, revenue_event_ids=[event["id"]] * 2)
    assert twice["errors"][0]["code"] == "FIELD_INVALID"
    for changes in (
        {"revenue_event_ids": [str(uuid4())]}, {"incomes": [{**one, "asset_id": str(uuid4())}]},
    ):  # fmt: skip
        assert (await ask(world, 404, **changes))["code"] == "NOT_FOUND"
    owner = world.owner(world.university)
    assert (await ask(world, 403, owner, incomes=[one]))["code"] == "FORBIDDEN_SCOPE"
    stranger = world.owner(world.stranger)
    answer = await stranger.post(f"/v1/ip-ledger/{WHAT_IF}", json=asked(world, incomes=[one]))
    assert answer.status_code in {403, 404}, answer.text
    assert codes(answer)[0] in {"FORBIDDEN_SCOPE", "NOT_FOUND"}
