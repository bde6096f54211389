"""A reviewed result is public within twenty working days, or stands in a list with who must act."""

from datetime import date
from typing import Any

import pytest

from shared.directory import DirectoryPolicy
from tests.evaluation.results.year import JudgedYear

DISCLOSURES = "/v1/evaluation/disclosures"
TASKS = "/v1/evaluation/tasks"

pytestmark = pytest.mark.anyio


async def reviewed(year: JudgedYear) -> None:
    await year.frozen()
    await year.scored()
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    assert (await year.as_("reviewer", "POST", "/review", {"text": "无误"})).status_code == 200


async def listed(year: JudgedYear) -> list[dict[str, Any]]:
    async with year.service.client("auditor") as auditor:
        items: list[dict[str, Any]] = (await auditor.get(DISCLOSURES)).json()["items"]
    return items


async def publishing(year: JudgedYear, **claims: Any) -> list[dict[str, Any]]:
    async with year.service.client("approver", **claims) as approver:
        items = (await approver.get(TASKS)).json()["items"]
    return [one for one in items if one["kind"] == "result.publish"]


@pytest.mark.requirement("X11")
async def test_a_reviewed_result_waits_for_its_publication_with_a_last_day(
    year: JudgedYear,
) -> None:
    assert await listed(year) == []
    await reviewed(year)
    [waiting] = await listed(year)
    assert (waiting["kind"], waiting["subject_id"]) == ("result", year.case_id)
    assert (waiting["who_acts"], waiting["overdue"]) == ("approver", False)
    assert waiting["path"] == f"/v1/evaluation/cases/{year.case_id}/publish"
    [task] = await publishing(year)
    assert task["due_on"] == waiting["due_on"]
    # A later policy gives its own decisions less time, and this one no less than it had.
    async with year.service.sessions.begin() as session:
        old = await session.get_one(DirectoryPolicy, "2026.1")
        shorter = {**old.parameters, "X11": {"publication_working_days": 5}}
        old.effective_to = date(2028, 1, 10)
        session.add(
            DirectoryPolicy(
                version="2028", effective_from=date(2028, 1, 11), effective_to=None,
                clauses=old.clauses, parameters=shorter,
            )
        )  # fmt: skip
    year.service.set_clock("2028-01-12T02:00:00+00:00")
    assert [one["due_on"] for one in await listed(year)] == [waiting["due_on"]]
    assert [one["due_on"] for one in await publishing(year)] == [waiting["due_on"]]
    year.service.set_clock("2028-12-01T02:00:00+00:00")
    assert [(one["overdue"], one["working_days_left"] <= 0) for one in await listed(year)] == [
        (True, True)
    ]
    assert (await year.as_("approver", "POST", "/publish")).status_code == 200
    assert (await listed(year), await publishing(year)) == ([], [])


@pytest.mark.requirement("X11", "X03")
@pytest.mark.refusing
async def test_only_officials_read_the_list_and_nobody_is_told_to_publish_his_own(
    year: JudgedYear,
) -> None:
    await reviewed(year)
    async with year.service.client("member") as member:
        refused = await member.get(DISCLOSURES)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN_SCOPE")
    assert await publishing(year, sub=year.officials["reviewer"]) == []
