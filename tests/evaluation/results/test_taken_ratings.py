"""Ratings of centres that were taken over are listed, marked, and give way to those made here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluation.results.consumers import CONSUMES
from shared.database import new_id
from shared.events.consuming import ReceivedEvent
from tests.evaluation.results.year import JudgedYear

pytestmark = pytest.mark.anyio
RATINGS = "/v1/public/ratings"


async def taken_over(
    year: JudgedYear, *ratings: tuple[int, str, str], kind: str = "annual"
) -> None:
    """Let the registry say that the centre came from elsewhere with these ratings."""
    event = ReceivedEvent(
        id=new_id(), type="center.taken_over", source="registry", subject=year.center_id,
        center_id=year.center_id, position=1, time=datetime(2026, 1, 5, 2, tzinfo=UTC),
        data={
            "center_id": str(year.center_id), "source": "2019年台账", "sourced_on": "2025-12-31",
            "ratings": [
                {"kind": kind, "year": one, "rating": rating, "total": total, "sha256": "ab" * 32}
                for one, rating, total in ratings
            ],
        },
    )  # fmt: skip
    async with year.service.sessions.begin() as session:
        await CONSUMES[event.type](session, event)


@pytest.mark.requirement("X11", "A124")
async def test_what_was_taken_over_is_listed_until_a_year_is_published_here(
    year: JudgedYear,
) -> None:
    # The year that is judged below was rated elsewhere, too; and everything comes twice.
    for _ in range(2):
        await taken_over(year, (2026, "qualified", "71.20"), (2027, "qualified", ""))
    await taken_over(year, (2025, "excellent", ""), kind="triennial")

    async def listed(**asked: Any) -> list[dict[str, Any]]:
        async with year.service.client() as anyone:
            pages: list[dict[str, Any]] = []
            cursor: dict[str, str] = {}
            while True:
                params = {"limit": 1, **asked, **cursor}
                answer = (await anyone.get(RATINGS, params=params)).json()
                pages += answer["items"]
                if answer["next_cursor"] is None:
                    return pages
                cursor = {"cursor": answer["next_cursor"]}

    taken = await listed()
    assert sorted((one["year"], one["rating"], one["total"]) for one in taken) == [
        (2026, "qualified", "71.20"), (2027, "qualified", ""),
    ]  # fmt: skip
    assert {one["version"] for one in taken} == {0}
    assert {(one["imported_from"], one["imported_on"]) for one in taken} == {
        ("2019年台账", "2025-12-31")
    }
    published = await year.published()
    now = {one["year"]: one for one in await listed()}
    assert (now[2027]["total"], now[2027]["imported_from"]) == ("82.98", None)
    assert now[2027]["result_hash"] == published["result_hash"]
    assert (now[2026]["total"], now[2026]["version"]) == ("71.20", 0)
    assert [one["year"] for one in await listed(rating="qualified")] == [2026]
    assert [one["year"] for one in await listed(year=2027)] == [2027]
