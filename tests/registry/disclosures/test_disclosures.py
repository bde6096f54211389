"""What is decided is public within twenty working days, or stands in a list with who must act."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.calendar import WorkingDays
from shared.disclosures import term_of
from tests.registry.conftest import policy_from
from tests.registry.facts.conftest import House

DISCLOSURES = "/v1/registry/disclosures"
AWARDS = "/v1/registry/awards"


@pytest.mark.requirement("X11")
@pytest.mark.parametrize(
    ("today", "days_left", "overdue"),
    [
        # Decided on Friday 30 January 2026: nine days of Spring Festival, two Saturdays worked.
        (date(2026, 1, 30), 20, False),
        (date(2026, 2, 14), 9, False),
        (date(2026, 2, 20), 9, False),
        (date(2026, 2, 28), 4, False),
        (date(2026, 3, 4), 1, False),
        (date(2026, 3, 5), 0, False),
        (date(2026, 3, 6), 0, True),
    ],
)
def test_the_twentieth_working_day_is_the_last(today: date, days_left: int, overdue: bool) -> None:
    term = term_of(date(2026, 1, 30), 20, today, WorkingDays())
    assert (term.due_on, term.days_left, term.overdue) == (date(2026, 3, 5), days_left, overdue)


@pytest.mark.requirement("X11", "X10")
@pytest.mark.parametrize(
    ("formed_on", "last_day"),
    [
        # Four weeks without a holiday; of Friday, Saturday and Sunday the first day is Monday.
        ("2026-03-02", "2026-03-30"),
        ("2026-11-06", "2026-12-04"),
        ("2026-11-07", "2026-12-04"),
        ("2026-11-08", "2026-12-04"),
        # The day before a worked Saturday, that Saturday, a day of Spring Festival, and its last.
        ("2026-02-13", "2026-03-19"),
        ("2026-02-14", "2026-03-20"),
        ("2026-02-17", "2026-03-20"),
        ("2026-02-23", "2026-03-20"),
        # Over the National Day with a worked Sunday before it and a worked Saturday after it.
        ("2026-09-19", "2026-10-22"),
        ("2026-09-30", "2026-11-03"),
        ("2026-10-09", "2026-11-05"),
        # The last day itself is a worked Saturday.
        ("2026-01-19", "2026-02-14"),
        ("2026-01-26", "2026-02-28"),
    ],
)
def test_twenty_working_days_are_counted_from_the_day_after(formed_on: str, last_day: str) -> None:
    formed, last = date.fromisoformat(formed_on), date.fromisoformat(last_day)
    for today, overdue in ((last, False), (last + timedelta(days=1), True)):
        term = term_of(formed, 20, today, WorkingDays())
        assert (term.due_on, term.overdue) == (last, overdue)


@pytest.mark.requirement("X11")
def test_a_day_that_the_calendar_takes_away_moves_the_last_day() -> None:
    calendar = WorkingDays({date(2026, 3, 30): False})
    assert term_of(date(2026, 3, 2), 20, date(2026, 3, 30), WorkingDays()).due_on == date(
        2026, 3, 30
    )
    assert term_of(date(2026, 3, 2), 20, date(2026, 3, 30), calendar).due_on == date(2026, 3, 31)


pytestmark = pytest.mark.anyio


async def approved_award(house: House) -> str:
    body = {
        "center_id": str(house.center_id),
        "award_reason": "major_achievement",
        "title": "键合工艺突破",
        "achievement": "填补国内空白",
        "org_id": str(house.member),
    }
    async with house.caller(house.lead) as lead:
        award = (await lead.post(AWARDS, json=body)).json()
    path = f"{AWARDS}/{award['id']}"
    async with house.registry.client("official", "reviewer", sub=uuid4()) as reviewer:
        assert (await reviewer.post(f"{path}/review")).is_success
    async with house.registry.client("official", "approver", sub=uuid4()) as approver:
        assert (await approver.post(f"{path}/approve", json={"doc_no": "示例2号"})).is_success
    return str(award["id"])


async def seen(house: House) -> list[dict[str, Any]]:
    async with house.registry.client("official", "handler", sub=uuid4()) as handler:
        answer = await handler.get(DISCLOSURES)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.requirement("X11", "A151")
async def test_what_is_approved_and_not_published_is_listed_until_it_is(house: House) -> None:
    assert await seen(house) == []
    award_id = await approved_award(house)
    [item] = await seen(house)
    assert (item["kind"], item["subject_id"], item["who_acts"]) == ("award", award_id, "handler")
    assert (item["formed_on"], item["due_on"], item["overdue"]) == (
        "2027-06-01", "2027-06-30", False,
    )  # fmt: skip
    house.registry.set_clock("2027-06-30T15:59:00+00:00")
    assert [one["overdue"] for one in await seen(house)] == [False]
    house.registry.set_clock("2027-06-30T16:00:01+00:00")
    assert [one["overdue"] for one in await seen(house)] == [True]
    async with house.registry.client("official", "handler", sub=uuid4()) as handler:
        tasks = (await handler.get("/v1/registry/tasks")).json()["items"]
        [task] = [one for one in tasks if one["kind"] == "award.publish"]
        assert (task["due_on"], task["subject_id"]) == ("2027-06-30", award_id)
        assert (await handler.request(item["method"], item["path"])).is_success
    assert await seen(house) == []


@pytest.mark.requirement("A001", "X11")
async def test_a_term_is_that_of_the_policy_of_the_day_of_the_decision(house: House) -> None:
    before = await approved_award(house)
    await policy_from(house.registry, "2027-06-02", {"X11": {"publication_working_days": 1}})
    # Ten in the evening in UTC is the next day in Shanghai, and the next policy.
    house.registry.set_clock("2027-06-01T22:00:00+00:00")
    since = await approved_award(house)
    listed = [(one["subject_id"], one["due_on"]) for one in await seen(house)]
    assert listed == [(before, "2027-06-30"), (since, "2027-06-03")]


@pytest.mark.requirement("X11")
@pytest.mark.refusing
async def test_only_officials_see_what_is_not_public_yet(house: House) -> None:
    await approved_award(house)
    async with house.caller(house.lead) as lead:
        assert (await lead.get(DISCLOSURES)).status_code == 403
        tasks = (await lead.get("/v1/registry/tasks")).json()["items"]
    assert "award.publish" not in {task["kind"] for task in tasks}
    async with house.registry.client() as anyone:
        assert (await anyone.get(DISCLOSURES)).status_code == 401
        assert (await anyone.get("/v1/public/awards")).json()["items"] == []
