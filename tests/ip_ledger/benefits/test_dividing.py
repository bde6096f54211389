"""Vector C7-5 over HTTP: who leaves within a year shares to its last day, as the agreement says."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from ip_ledger.journal import queries as journal
from shared.directory import DirectoryCenter, DirectoryMembership
from tests.ip_ledger.conftest import Ledger
from tests.ip_ledger.revenue.test_income import call

pytestmark = pytest.mark.anyio
PARTIES = ("m04", "m09", "m08")


def pool(ledger: Ledger, **over: Any) -> dict[str, Any]:
    return {
        "center_id": str(ledger.center["c03"]), "external_id": "2026", "year": 2026,
        "incomes": [
            {"received_on": "2026-03-15", "amount": {"amount": 60_000_000}},
            {"received_on": "2026-09-20", "amount": {"amount": 40_000_000}},
        ],
        "resolved_on": "2026-12-31", "resolution_file_id": str(uuid4()), **over,
    }  # fmt: skip


async def agreed(ledger: Ledger, method: str) -> None:
    shares = [
        {"org_id": str(ledger.org[name]), "ppm": ppm}
        for name, ppm in zip(PARTIES, (400_000, 350_000, 250_000), strict=True)
    ]
    await ledger.signed(*PARTIES, benefit_shares=shares, exit_method=method)
    ledger.service.set_clock("2026-12-31T02:00:00+00:00")


async def left(ledger: Ledger, name: str, last: date) -> None:
    async with ledger.sessions.begin() as session:
        row = await session.scalar(
            select(DirectoryMembership).where(col(DirectoryMembership.org_id) == ledger.org[name])
        )
        assert row is not None
        row.state, row.left_on = "left", last


async def ended(ledger: Ledger) -> None:
    async with ledger.sessions.begin() as session:
        center = await session.get(DirectoryCenter, ledger.center["c03"])
        assert center is not None
        center.stage = "dissolved"


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("day_weighted", [46_721_461, 40_881_279, 12_397_260]),
        ("event_dated", [45_333_333, 39_666_667, 15_000_000]),
    ],
)
async def test_a_pool_is_divided_by_the_method_of_the_agreement(
    ledger: Ledger, method: str, expected: list[int]
) -> None:
    await agreed(ledger, method)
    await left(ledger, "m08", date(2026, 6, 30))
    seen = await call(ledger, "c03", "benefit-divisions?preview=true", pool(ledger))
    made = await call(ledger, "c03", "benefit-divisions", pool(ledger))
    assert seen["lines"] == made["lines"]
    assert [one["amount"]["amount"] for one in made["lines"]] == expected
    assert [one["last_on"] for one in made["lines"]] == [None, None, "2026-06-30"]
    assert (made["method"], made["pool"]["amount"]) == (method, 100_000_000)
    # Who has left still sees what it got; who was no party does not.
    for name, count in (("m08", 1), ("m23", 0)):
        async with ledger.member(name) as client:
            items = (await client.get("/v1/ip-ledger/benefit-divisions")).json()["items"]
        assert len(items) == count
    async with ledger.sessions.reading() as session:
        assert await journal.wrong_balances(session) == []
    again = await call(ledger, "c03", "benefit-divisions", pool(ledger), 409)
    assert again["code"] == "ALREADY_EXISTS"


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("day_weighted", [40_000_000, 35_000_000, 25_000_000]),
        ("event_dated", [40_000_000, 35_000_000, 25_000_000]),
    ],
)
async def test_the_end_of_a_centre_is_nobodys_exit_and_its_ledger_stays_open(
    ledger: Ledger, method: str, expected: list[int]
) -> None:
    await agreed(ledger, method)
    for name in PARTIES:
        await left(ledger, name, date(2026, 6, 30))
    await ended(ledger)
    made = await call(ledger, "c03", "benefit-divisions", pool(ledger))
    assert [one["amount"]["amount"] for one in made["lines"]] == expected
    assert [one["last_on"] for one in made["lines"]] == [None, None, None]


@pytest.mark.requirement("A086")
async def test_who_left_before_the_end_of_its_centre_had_left(ledger: Ledger) -> None:
    await agreed(ledger, "day_weighted")
    for name, last in zip(PARTIES, (30, 30, 29), strict=True):
        await left(ledger, name, date(2026, 6, last))
    await ended(ledger)
    made = await call(ledger, "c03", "benefit-divisions", pool(ledger))
    assert [one["last_on"] for one in made["lines"]] == [None, None, "2026-06-29"]


@pytest.mark.requirement("A086")
async def test_who_left_and_is_only_invited_again_shares_in_nothing_new(ledger: Ledger) -> None:
    await agreed(ledger, "event_dated")
    await left(ledger, "m08", date(2026, 6, 30))
    expected = [45_333_333, 39_666_667, 15_000_000]
    for state in ("invited", "declined", "withdrawn"):
        async with ledger.sessions.begin() as session:
            session.add(
                DirectoryMembership(
                    id=uuid4(), center_id=ledger.center["c03"], org_id=ledger.org["m08"],
                    role="member", state=state,
                )
            )  # fmt: skip
        seen = await call(ledger, "c03", "benefit-divisions?preview=true", pool(ledger))
        assert [one["amount"]["amount"] for one in seen["lines"]] == expected


@pytest.mark.requirement("X04")
@pytest.mark.refusing
async def test_who_was_there_at_the_end_takes_part_in_the_settlement_and_who_left_before_does_not(
    ledger: Ledger,
) -> None:
    await ledger.signed(*PARTIES)
    ledger.service.set_clock("2026-12-31T02:00:00+00:00")
    for name, last in zip(PARTIES, (30, 30, 29), strict=True):
        await left(ledger, name, date(2026, 6, last))
    path = f"/v1/ip-ledger/layout-plans/{ledger.center['c03']}/2026"
    reads = {}
    for at_work in (True, False):
        if not at_work:
            await ended(ledger)
        for name in ("m09", "m08"):
            async with ledger.member(name) as client:
                reads[at_work, name] = (await client.get(path)).status_code
    assert reads == {
        (True, "m09"): 404, (True, "m08"): 404, (False, "m09"): 200, (False, "m08"): 404,
    }  # fmt: skip


@pytest.mark.requirement("A086", "A053")
@pytest.mark.refusing
async def test_a_pool_without_shares_or_of_other_days_is_refused(ledger: Ledger) -> None:
    bare = await call(ledger, "c03", "benefit-divisions", pool(ledger), 422)
    told = sorted(one["code"] for one in bare["errors"])
    assert told == ["DAY_IN_FUTURE", "IP_AGREEMENT_MISSING"]
    await agreed(ledger, "event_dated")
    late = pool(ledger, year=2025)
    problem = await call(ledger, "c03", "benefit-divisions", late, 422)
    assert problem["code"] == "DAYS_OUT_OF_ORDER"
    await call(ledger, "m09", "benefit-divisions", pool(ledger), 403)
    await call(ledger, "m23", "benefit-divisions", pool(ledger), 404)
    for name in PARTIES:
        await left(ledger, name, date(2026, 6, 30))
    problem = await call(ledger, "c03", "benefit-divisions", pool(ledger), 409)
    assert problem["code"] == "BENEFIT_SHARES_MISSING"
    c08 = pool(ledger, center_id=str(ledger.center["c08"]))
    problem = await call(ledger, "m03", "benefit-divisions", c08, 409)
    assert "CONSORTIUM_NOT_REGISTERED" in [one["code"] for one in problem["errors"]]
