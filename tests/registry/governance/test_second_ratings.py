"""A second rating below the line while a centre is rectified for another: it has its own year."""

from datetime import date

import pytest

from registry.governance.rules import Heard, RatingKind, next_cause
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import change, official, own, piloted, stage
from tests.registry.governance.test_stages import published

ORDERED = date(2026, 5, 4)
CAUSE = (RatingKind.ANNUAL, 2025)


def heard(
    year: int, rating: str = "unqualified", day: int = 5, kind: RatingKind = RatingKind.ANNUAL
) -> Heard:
    return Heard(kind, year, rating, date(2026, 5, day))


@pytest.mark.requirement("A125")
@pytest.mark.parametrize(
    ("standing", "year"),
    [
        ([heard(2026)], 2026),
        ([heard(2026, "qualified")], None),
        # Heard on the day of the order it belongs to the year that begins; before it, it does not.
        ([heard(2024, day=4)], 2024),
        ([heard(2024, day=3)], None),
        # What a rectification has answered, or answers, begins none again.
        ([heard(2025)], None),
        ([heard(2025, kind=RatingKind.TRIENNIAL)], 2025),
        ([heard(2024), heard(2026), heard(2025)], 2026),
        ([], None),
    ],
)
def test_the_newest_rating_that_nothing_answers_is_the_next_cause(
    standing: list[Heard], year: int | None
) -> None:
    found = next_cause(standing, {CAUSE}, ORDERED)
    assert (None if found is None else found.year) == year


async def rectifications(case: Case) -> list[tuple[int, str, str, str]]:
    rows = (await own(case, "GET", "rectifications")).json()["items"]
    return [(row["year"], row["state"], row["plan_due_on"], row["due_on"]) for row in rows]


async def owed(case: Case) -> list[tuple[str, str]]:
    kept = (await own(case, "GET", "milestones")).json()["items"]
    return sorted((one["kind"], one["due_on"]) for one in kept if one["state"] == "open")


async def rechecked(case: Case, on: str) -> None:
    planned = await own(case, "PUT", "rectification/plan", {"text": "整改方案"})
    assert planned.status_code == 200, planned.text
    seen = {"passed": True, "visited_on": on, "text": "整改到位"}
    passed = await official(case, "reviewer", "POST", "rectification/recheck", seen, "approver")
    assert passed.json()["state"] == "passed", passed.text


@pytest.mark.anyio
@pytest.mark.requirement("A125", "A102")
async def test_it_begins_by_itself_when_the_first_has_ended_with_both_clocks(case: Case) -> None:
    await piloted(case)
    case.registry.set_clock("2026-05-04T02:00:00+00:00")
    await published(case, 2025, "unqualified")
    case.registry.set_clock("2027-05-03T02:00:00+00:00")
    await published(case, 2026, "unqualified")
    # While the first runs there is no arrow for it: its clocks stay as they are.
    assert await rectifications(case) == [(2025, "ordered", "2026-06-03", "2027-05-05")]
    await rechecked(case, "2027-05-03")
    case.registry.set_clock("2027-05-10T02:00:00+00:00")

    back = await change(case, "pilot", "approver2")

    assert (back.status_code, back.json()["stage"]) == (200, "rectifying"), back.text
    assert await rectifications(case) == [
        (2026, "ordered", "2027-06-10", "2028-05-10"),
        (2025, "closed", "2026-06-03", "2027-05-05"),
    ]
    assert await owed(case) == [
        ("rectification", "2028-05-10"),
        ("rectification_plan", "2027-06-10"),
    ]
    # Its own re-check leads back, and nothing begins again.
    assert codes(await change(case, "pilot", "approver2")) == ["RECHECK_MISSING"]
    await rechecked(case, "2027-05-10")
    assert (await change(case, "pilot", "approver2")).json()["stage"] == "pilot"
    assert [row[:2] for row in await rectifications(case)] == [(2026, "closed"), (2025, "closed")]


@pytest.mark.anyio
@pytest.mark.requirement("A125", "A102")
async def test_taking_the_first_back_leaves_the_second_that_still_stands(case: Case) -> None:
    await piloted(case)
    case.registry.set_clock("2026-05-04T02:00:00+00:00")
    await published(case, 2025, "unqualified")
    await published(case, 2026, "unqualified")
    case.registry.set_clock("2026-05-20T02:00:00+00:00")

    await published(case, 2025, "qualified", version=2)

    assert await stage(case) == "rectifying"
    assert await rectifications(case) == [
        (2026, "ordered", "2026-06-22", "2027-05-20"),
        (2025, "withdrawn", "2026-06-03", "2027-05-05"),
    ]
    # Told twice it changes nothing; once the second is better, too, nothing keeps the centre.
    await published(case, 2025, "qualified", version=2)
    assert await stage(case) == "rectifying"
    await published(case, 2026, "qualified", version=2)
    assert await stage(case) == "pilot"
    assert await owed(case) == []


@pytest.mark.anyio
@pytest.mark.requirement("A125", "A102")
async def test_a_second_that_became_better_meanwhile_begins_nothing(case: Case) -> None:
    await piloted(case)
    case.registry.set_clock("2026-05-04T02:00:00+00:00")
    await published(case, 2025, "unqualified")
    await published(case, 2026, "unqualified")
    await published(case, 2026, "qualified", version=2)
    await rechecked(case, "2026-05-04")
    assert (await change(case, "pilot", "approver2")).json()["stage"] == "pilot"
    assert [row[:2] for row in await rectifications(case)] == [(2025, "closed")]
