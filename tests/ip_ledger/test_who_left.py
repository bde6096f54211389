"""Who has left a centre follows its feed until its last day, and reads nothing newer."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import col, select

from shared.directory import DirectoryCenter, DirectoryMembership
from tests.ip_ledger.conftest import Ledger

pytestmark = pytest.mark.anyio


async def left(ledger: Ledger, name: str, last: date, state: str = "left") -> None:
    async with ledger.sessions.begin() as session:
        row = await session.scalar(
            select(DirectoryMembership).where(col(DirectoryMembership.org_id) == ledger.org[name])
        )
        assert row is not None
        row.state, row.left_on = state, last


async def told(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    await ledger.service.number()
    async with ledger.member(name) as client:
        answer = await client.get("/v1/ip-ledger/events", params={"after": 0, "limit": 100})
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json()["items"]
    return events


@pytest.mark.requirement("X04")
@pytest.mark.refusing
@pytest.mark.parametrize("state", ["left", "expelled"])
async def test_a_feed_ends_for_who_left_with_its_last_day(ledger: Ledger, state: str) -> None:
    await ledger.signed("m04", "m09", "m08")
    before = {event["id"] for event in await told(ledger, "m08")}
    assert before
    await left(ledger, "m08", date(2026, 1, 20), state)
    ledger.service.set_clock("2026-01-20T15:59:59+00:00")
    await ledger.registered()
    last = {event["id"] for event in await told(ledger, "m08")}
    assert last > before
    ledger.service.set_clock("2026-01-20T16:00:00+00:00")
    await ledger.registered(number="202310000002.X")
    assert {event["id"] for event in await told(ledger, "m08")} == last
    assert {event["id"] for event in await told(ledger, "m09")} > last


@pytest.mark.requirement("X04")
async def test_who_was_there_at_the_end_of_a_centre_follows_its_settlement(ledger: Ledger) -> None:
    await left(ledger, "m08", date(2026, 1, 20))
    await left(ledger, "m04", date(2026, 1, 20))
    async with ledger.sessions.begin() as session:
        center = await session.get(DirectoryCenter, ledger.center["c03"])
        assert center is not None
        center.stage = "dissolved"
    ledger.service.set_clock("2026-02-01T02:00:00+00:00")
    await ledger.registered()
    assert await told(ledger, "m08")
