"""Inventors that were corrected change no payment; what is owed is divided anew when asked for."""

from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, func, select

from ip_ledger.audit.auditing import audit
from ip_ledger.journal import queries as journal
from ip_ledger.journal.tables import AccountBalance, JournalEntry
from tests.ip_ledger.assets.test_inventors import (
    OWNERS,
    again,
    change,
    entered,
    made,
    person,
)
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.revenue.test_income import call, income

pytestmark = pytest.mark.anyio
LEDGER = "/v1/ip-ledger"


async def rewards(ledger: Ledger, asset_id: str, by: str = "m04", **query: str) -> list[Any]:
    async with ledger.member(by) as client:
        answer = await client.get(
            f"{LEDGER}/inventor-rewards", params={"asset_id": asset_id, "limit": "200", **query}
        )
    items: list[Any] = answer.json()["items"]
    return sorted(items, key=lambda one: str(one["id"]))


async def paid_run(ledger: Ledger, asset_id: str, run: Any) -> Any:
    for name in OWNERS:
        agreed = {"plan_hash": run["plan_hash"]}
        await call(ledger, name, f"distribution-runs/{run['id']}/confirmations", agreed)
    path = f"distribution-runs/{run['id']}"
    await call(ledger, "c03", f"{path}/approve", status=200, sub=str(uuid4()))
    return await call(ledger, "c03", f"{path}/pay", status=200)


async def drafted(ledger: Ledger, asset_id: str) -> Any:
    event = await call(
        ledger, "c03", "revenue-events",
        income(asset_id, gross={"amount": 100_000}, deductions=[]),
    )  # fmt: skip
    return await call(ledger, "c03", "distribution-runs", {"revenue_event_ids": [event["id"]]})


async def affected(ledger: Ledger, asset_id: str) -> list[Any]:
    async with ledger.member("m04") as client:
        found: list[Any] = (await client.get(f"{LEDGER}/assets/{asset_id}/affected-runs")).json()[
            "runs"
        ]
    return found


async def sound(ledger: Ledger) -> None:
    """Balances are those of the entries, and the audit finds nothing."""
    async with ledger.sessions.reading() as session:
        assert sum(await session.scalars(select(col(AccountBalance.balance_fen)))) == 0
        assert await journal.wrong_balances(session) == []
    async with ledger.service.app.state.database.engine.connect() as connection:
        assert (await audit(connection, None)).differences == []


@pytest.mark.requirement("A033", "A086", "X07")
async def test_a_paid_run_is_named_and_another_one_takes_its_place(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    run = await paid_run(ledger, asset_id, await drafted(ledger, asset_id))
    # m04 owns 60 %: half of it goes to its inventors, 60 to 40.
    owed = await rewards(ledger, asset_id)
    assert [one["amount"]["amount"] for one in owed] == [18_000, 12_000]
    part = {"amount": {"amount": 12_000}, "paid_on": "2026-01-20"}
    await call(ledger, "m04", f"inventor-rewards/{owed[1]['id']}/payments", part)
    assert await affected(ledger, asset_id) == []
    more = [again(first, 500_000), again(second, 250_000), person(ledger, "m04", 250_000)]
    await entered(ledger, asset_id, change(more))
    # Nothing of what was owed and paid has moved by itself.
    assert await rewards(ledger, asset_id) == [
        owed[0], (await rewards(ledger, asset_id))[1],
    ]  # fmt: skip
    [found] = await affected(ledger, asset_id)
    assert (found["run_id"], found["causes"]) == (run["id"], ["inventors"])
    assert (found["differences"], found["reward_differences"]) == ([], [])
    body = {"effective_on": "2026-01-20", "reason": "漏填一名发明人"}
    again_run = await call(ledger, "c03", f"distribution-runs/{run['id']}/corrections", body)
    await paid_run(ledger, asset_id, again_run)
    assert await affected(ledger, asset_id) == []
    now = await rewards(ledger, asset_id)
    assert [(one["amount"]["amount"], one["state"]) for one in now] == [
        (18_000, "cancelled"), (12_000, "cancelled"),
        (15_000, "due"), (7_500, "paid"), (7_500, "due"),
    ]  # fmt: skip
    # The second was paid 12,000: 7,500 of it settle what he is owed now.
    assert now[3]["offset"]["amount"] == 7_500
    await sound(ledger)


@pytest.mark.requirement("A033", "X07")
@pytest.mark.refusing
async def test_a_run_on_its_way_is_stale_at_each_step(ledger: Ledger) -> None:
    asset_id, (first, second) = await made(ledger)
    run = await drafted(ledger, asset_id)
    path = f"distribution-runs/{run['id']}"
    agreed = {"plan_hash": run["plan_hash"]}
    parts = ((500_000, 500_000), (600_000, 400_000), (700_000, 300_000))
    version = 2

    async def moved(shares: tuple[int, int]) -> None:
        nonlocal version
        people = [again(one, part) for one, part in zip((first, second), shares, strict=True)]
        await entered(ledger, asset_id, change(people, cause="parts", notice=None), version)
        version += 1

    async def refused(by: str, step: str, body: Any = None, **claims: Any) -> None:
        answer = await call(ledger, by, f"{path}/{step}", body, 409, **claims)
        assert [one["code"] for one in answer["errors"]] == ["STALE_INPUT"]

    second_person = {"sub": str(uuid4())}
    await moved(parts[0])
    await refused("m04", "confirmations", agreed)
    await moved(parts[1])
    for name in OWNERS:
        await call(ledger, name, f"{path}/confirmations", agreed)
    await moved(parts[2])
    await refused("c03", "approve", **second_person)
    await moved(parts[1])
    await call(ledger, "c03", f"{path}/approve", status=200, **second_person)
    await moved(parts[0])
    await refused("c03", "pay")
    await moved(parts[1])
    await call(ledger, "c03", f"{path}/pay", status=200)
    await sound(ledger)


@pytest.mark.requirement("A033", "X07")
async def test_a_bonus_and_a_year_are_divided_anew_and_the_books_stay(ledger: Ledger) -> None:
    asset_id, (first, _) = await made(ledger, granted_on="2024-05-11")
    bonus = {"asset_id": asset_id, "amount": {"amount": 400_000}}
    await call(ledger, "m04", "grant-bonuses", bonus)
    use = {"asset_id": asset_id, "started_on": "2024-06-01"}
    begun = await call(ledger, "m04", "own-uses", use)
    year = {"year": 2024, "operating_profit": {"amount": 1_000_000}}
    await call(ledger, "m04", f"own-uses/{begun['id']}/years", year)
    owed = await rewards(ledger, asset_id)
    assert [one["amount"]["amount"] for one in owed] == [240_000, 160_000, 30_000, 20_000]
    for one, amount in ((owed[0], 240_000), (owed[1], 100_000)):
        part = {"amount": {"amount": amount}, "paid_on": "2026-01-20"}
        await call(ledger, "m04", f"inventor-rewards/{one['id']}/payments", part)
    body = {"asset_id": asset_id}
    early = await call(ledger, "m04", "inventor-rewards/restatements", body, 409)
    assert early["code"] == "CORRECTION_NOT_NEEDED"
    people = [again(first, 200_000), person(ledger, "m04", 800_000)]
    await entered(ledger, asset_id, change(people, cause="mistaken"))
    async with ledger.sessions.reading() as session:
        before = await session.scalar(select(func.count()).select_from(JournalEntry))
    for by, status in (("m09", 409), ("m01", 404)):
        await call(ledger, by, "inventor-rewards/restatements", body, status)
    made_anew = await call(ledger, "m04", "inventor-rewards/restatements", body)
    now = await rewards(ledger, asset_id)
    assert [(one["kind"], one["amount"]["amount"], one["state"]) for one in now[4:]] == [
        ("grant_bonus", 80_000, "paid"), ("grant_bonus", 320_000, "due"),
        ("own_use", 10_000, "due"), ("own_use", 40_000, "due"),
    ]  # fmt: skip
    assert len(made_anew["rewards"]) == 4
    # A bonus that was paid too much settles no part of a profit.
    assert [one["offset"]["amount"] for one in now[4:]] == [80_000, 0, 0, 0]
    assert {one["state"] for one in now[:4]} == {"cancelled"}
    assert {one["due_on"] for one in now if one["kind"] == "grant_bonus"} == {"2024-08-11"}
    async with ledger.sessions.reading() as session:
        assert await session.scalar(select(func.count()).select_from(JournalEntry)) == before
    await call(ledger, "m04", "inventor-rewards/restatements", body, 409)
    part = {"amount": {"amount": 320_000}, "paid_on": "2026-01-20"}
    await call(ledger, "m04", f"inventor-rewards/{now[5]['id']}/payments", part)
    await sound(ledger)
