"""An asset's ownership as a picture: up to a day, as known at an instant."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest

from ip_ledger.assets.ownership_rules import shown_periods
from tests.ip_ledger.conftest import Ledger

FIRST, LATER, LAST = date(2026, 1, 1), date(2026, 3, 1), date(2026, 6, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "shown"),
    [
        (FIRST - DAY, []),
        (FIRST, [(FIRST, "a")]),
        (LATER - DAY, [(FIRST, "a")]),
        (LATER, [(FIRST, "a"), (LATER, "b")]),
        (LAST - DAY, [(FIRST, "a"), (LATER, "b")]),
        (LAST, [(FIRST, "a"), (LATER, "b"), (LAST, None)]),
    ],
)
def test_the_picture_ends_on_its_day_and_shows_what_nobody_owned(
    until: date, shown: list[tuple[date, str | None]]
) -> None:
    versions = [(LATER, LAST, "b"), (FIRST, LATER, "a")]
    assert shown_periods(versions, until) == (shown, until + DAY)


async def words(ledger: Ledger, asset_id: str, query: str = "", by: str = "m04") -> str:
    async with ledger.member(by) as client:
        answer = await client.get(f"/v1/ip-ledger/assets/{asset_id}/ownership.svg{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("image/svg+xml")
    drawn = ET.fromstring(answer.text)  # noqa: S314 - our own text
    return drawn.findtext("{http://www.w3.org/2000/svg}desc") or ""


@pytest.mark.anyio
@pytest.mark.requirement("A086")
async def test_ownership_is_drawn_on_both_clocks(ledger: Ledger) -> None:
    asset = await ledger.registered()
    assert await words(ledger, asset["id"]) == ""
    first = await ledger.owned(
        asset["id"], consents=("m04",), valid_from="2026-01-01", m04=1_000_000
    )
    assert first.status_code == 201, first.text
    ledger.service.set_clock("2026-02-01T02:00:00+00:00")
    second = await ledger.owned(
        asset["id"], version=2, consents=("m04", "m09"), valid_from="2026-01-15",
        m04=600_000, m09=400_000,
    )  # fmt: skip
    assert second.status_code == 201, second.text
    now = "2026-01-01: m04 1000000 ppm；2026-01-15: m04 600000 ppm，m09 400000 ppm"
    assert await words(ledger, asset["id"]) == now
    assert await words(ledger, asset["id"], "?on=2026-01-14") == "2026-01-01: m04 1000000 ppm"
    assert await words(ledger, asset["id"], "?as_of=2026-01-31") == "2026-01-01: m04 1000000 ppm"
    assert await words(ledger, asset["id"], "?as_of=2026-01-01") == ""


@pytest.mark.anyio
@pytest.mark.requirement("X04", "A086")
@pytest.mark.refusing
async def test_a_stranger_is_shown_no_ownership(ledger: Ledger) -> None:
    asset = await ledger.registered()
    async with ledger.member("m01") as client:
        answer = await client.get(f"/v1/ip-ledger/assets/{asset['id']}/ownership.svg")
    assert answer.status_code == 404
