"""Whatever a run rests on may move between its steps: the next step refuses, and books nothing."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select, update

from ip_ledger.journal.tables import JournalEntry
from shared.directory import DirectoryOrganization
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.revenue.test_income import OWNERS, asset_of, call, income

pytestmark = [pytest.mark.anyio, pytest.mark.refusing]
STEPS = ("confirmations", "approve", "pay")
APPROVER = {"sub": str(UUID(int=7))}
Mover = Callable[[Ledger, str], Awaitable[None]]


async def _drafted(ledger: Ledger, asset_id: str) -> Any:
    # One third each of 100.01: what rounding owes afterwards is no whole 分.
    body = income(asset_id, gross={"amount": 10_001}, deductions=[])
    event = await call(ledger, "c03", "revenue-events", body)
    rate = [{"owner_id": str(ledger.org["m04"]), "rate_ppm": 600_000, "basis": "办法第8条"}]
    draft = {"revenue_event_ids": [event["id"]], "reward_rules": rate}
    return await call(ledger, "c03", "distribution-runs", draft)


async def _step(ledger: Ledger, run: Any, step: str, status: int) -> Any:
    path = f"distribution-runs/{run['id']}/{step}"
    if step == "confirmations":
        agreed = {"plan_hash": run["plan_hash"]}
        names = OWNERS if status < 300 else OWNERS[:1]
        return [await call(ledger, name, path, agreed, status if status > 300 else 201)
                for name in names][-1]  # fmt: skip
    claims = APPROVER if step == "approve" else {}
    return await call(ledger, "c03", path, None, status, **claims)


async def _owners(ledger: Ledger, asset_id: str) -> None:
    moved = await ledger.owned(
        asset_id, version=2, valid_from="2026-01-19", consents=OWNERS, cause="assignment",
        m04=333_332, m09=333_334, c03=333_334,
    )  # fmt: skip
    assert moved.status_code == 201, moved.text


async def _rounding(ledger: Ledger, asset_id: str) -> None:
    """Another run of the same asset overtakes this one."""
    run = await _drafted(ledger, asset_id)
    for step in STEPS:
        await _step(ledger, run, step, 200)


async def _owner_type(ledger: Ledger, asset_id: str) -> None:
    """The institute turns into a company: another law sets its rate."""
    del asset_id
    await _change(ledger, "m04", org_type="enterprise", uscc="91310112FAKE00048N")


async def _entity(ledger: Ledger, asset_id: str) -> None:
    """An owner is a legal person no longer, and nobody pays it."""
    del asset_id
    await _change(ledger, "m09", legal_person_kind="none")


async def _change(ledger: Ledger, name: str, **values: Any) -> None:
    async with ledger.sessions.begin() as session:
        await session.execute(
            update(DirectoryOrganization)
            .where(col(DirectoryOrganization.id) == ledger.org[name])
            .values(**values)
        )


MOVERS: dict[str, tuple[Mover, str]] = {
    "owners": (_owners, "STALE_INPUT"),
    "rounding": (_rounding, "STALE_INPUT"),
    "owner_type": (_owner_type, "STALE_INPUT"),
    "entity": (_entity, "CONSORTIUM_NOT_REGISTERED"),
}


@pytest.mark.requirement("A086", "A033", "A053")
@pytest.mark.parametrize("mover", list(MOVERS))
@pytest.mark.parametrize("step", STEPS)
async def test_what_moved_before_a_step_is_refused_there(
    ledger: Ledger, step: str, mover: str
) -> None:
    move, code = MOVERS[mover]
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    for before in STEPS[: STEPS.index(step)]:
        await _step(ledger, run, before, 200)
    await move(ledger, asset_id)
    async with ledger.sessions.reading() as session:
        entries = await session.scalar(select(func.count()).select_from(JournalEntry))
    answer = await _step(ledger, run, step, 409)
    assert [one["code"] for one in answer["errors"]] == [code]
    async with ledger.sessions.reading() as session:
        assert await session.scalar(select(func.count()).select_from(JournalEntry)) == entries


@pytest.mark.requirement("A086")
async def test_income_in_a_run_is_not_undone_at_any_step(ledger: Ledger) -> None:
    await ledger.signed(*OWNERS)
    asset_id = await asset_of(ledger, m04=333_333, m09=333_333, c03=333_334)
    run = await _drafted(ledger, asset_id)
    undoing = {"reason": "误记"}
    for step in STEPS:
        path = f"revenue-events/{run['revenue_event_ids'][0]}/undoing"
        answer = await call(ledger, "c03", path, undoing, 409, sub=str(uuid4()))
        assert answer["code"] == "REVENUE_DISTRIBUTED"
        await _step(ledger, run, step, 200)
