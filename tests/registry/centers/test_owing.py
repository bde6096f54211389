"""A consortium owes its legal person by a day: it is reminded, and overdue the day after (D3)."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from registry.centers import jobs
from registry.centers.queries import support_standing
from registry.centers.rules import support_checks
from registry.centers.tables import CenterMilestone
from shared.rules import failed_codes
from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case, codes
from tests.registry.centers.test_registering import listed_consortium

pytestmark = pytest.mark.anyio


async def consortium(case: Case) -> None:
    await listed_consortium(case)
    assert (await case.recommend()).status_code == 201
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    await case.notice()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert (await case.approve()).status_code == 200


async def said_on(case: Case, day: str) -> list[str]:
    before = await event_types(case.registry.sessions)
    case.registry.set_clock(f"{day}T02:00:00+00:00")
    await jobs.call_to_mind(case.registry.app)
    after = await event_types(case.registry.sessions)
    return [name for name in after[len(before) :] if name.startswith("milestone.")]


async def tasks(case: Case, who: Any) -> list[tuple[str, str | None]]:
    answer = await case.call(who, "GET", "/v1/registry/tasks")
    assert answer.status_code == 200, answer.text
    return [(task["kind"], task["due_on"]) for task in answer.json()["items"]]


async def milestones(case: Case, who: Any, query: str = "") -> Any:
    answer = await case.call(who, "GET", f"/v1/registry/milestones{query}")
    return answer.json()["items"]


@pytest.mark.requirement("A053")
@pytest.mark.refusing
async def test_a_consortium_is_reminded_and_then_overdue_and_its_support_is_blocked(
    case: Case,
) -> None:
    await consortium(case)
    [owed] = await milestones(case, case.member("M03"))
    assert (owed["kind"], owed["due_on"], owed["state"]) == (
        "entity_registration", "2027-06-30", "open",
    )  # fmt: skip
    assert await said_on(case, "2027-03-31") == []
    assert await said_on(case, "2027-04-01") == ["milestone.reminder"]
    assert await said_on(case, "2027-04-02") == []
    assert await said_on(case, "2027-05-31") == ["milestone.reminder"]
    assert await said_on(case, "2027-06-30") == ["milestone.reminder"]
    async with case.registry.sessions.reading() as session:
        standing = await support_standing(session, _id(case), date(2027, 6, 30))
        assert failed_codes(support_checks(standing)) == []
    assert await milestones(case, case.official("handler"), "?state=overdue") == []
    assert await said_on(case, "2027-07-01") == ["milestone.overdue"]
    assert await said_on(case, "2027-07-02") == []
    assert await tasks(case, case.member("M03")) == [("register_entity", "2027-06-30")]
    assert await tasks(case, case.official("handler")) == [("follow_up_overdue", "2027-06-30")]
    assert await tasks(case, case.member("M01")) == []
    assert await tasks(case, case.official("auditor")) == []
    [queued] = await milestones(case, case.official("handler"), "?state=overdue")
    assert queued["center_id"] == case.center_id
    async with case.registry.sessions.reading() as session:
        standing = await support_standing(session, _id(case), date(2027, 7, 1))
        assert failed_codes(support_checks(standing)) == ["MILESTONE_OVERDUE"]


@pytest.mark.requirement("A053", "X04")
@pytest.mark.refusing
async def test_what_a_centre_owes_is_shown_to_its_own_and_to_officials_only(case: Case) -> None:
    await consortium(case)
    path = f"/v1/registry/centers/{case.center_id}"
    for stranger in (case.member("M01"), case.registry.client("member"), case.member("M09")):
        assert await milestones(case, stranger) == []
    listed = await case.call(case.member("M01"), "GET", f"{path}/milestones")
    assert listed.json()["items"] == []
    assert len(await milestones(case, case.official("auditor"))) == 1
    outsider = await case.call(case.member("M01"), "GET", f"{path}/history")
    assert (outsider.status_code, codes(outsider)) == (403, ["FORBIDDEN_SCOPE"])


@pytest.mark.requirement("A053")
async def test_a_late_registration_ends_the_duty_and_keeps_the_centre(case: Case) -> None:
    await consortium(case)
    assert await said_on(case, "2027-07-10") == ["milestone.overdue"]
    entity = await case.enter_entity("C08", "91310115FAKE003632", date(2027, 7, 5))
    path = f"/v1/registry/centers/{case.center_id}"
    before = (await case.call(case.member("M03"), "GET", f"{path}/members")).json()
    assert (await case.agree("C08")).status_code == 201
    attached = await case.call(
        case.member("M03"), "POST", f"{path}/entity", {"uscc": "91310115FAKE003632"}
    )
    assert attached.json()["legal_entity_id"] == str(entity)
    assert attached.json()["code"] == "C01"
    assert (await case.call(case.member("M03"), "GET", f"{path}/members")).json() == before
    [met] = await milestones(case, case.member("M03"))
    assert (met["state"], met["met_on"]) == ("met", "2027-07-10")
    assert await said_on(case, "2028-01-01") == []
    history = await case.call(case.member("M03"), "GET", f"{path}/history")
    told = [item["type"] for item in history.json()["items"]]
    assert told[0] == "milestone.met"
    assert {"center.stage_changed", "center.listed", "center.entity_attached"} <= set(told)
    async with case.registry.sessions.reading() as session:
        standing = await support_standing(session, _id(case), date(2027, 7, 10))
        assert failed_codes(support_checks(standing)) == []


@pytest.mark.requirement("A053")
async def test_a_consortium_that_was_taken_over_is_reminded_too(case: Case) -> None:
    await consortium(case)
    async with case.registry.sessions.begin() as session:
        for row in (await session.scalars(select(CenterMilestone))).all():
            await session.delete(row)
    assert await said_on(case, "2027-05-31") == ["milestone.opened", "milestone.reminder"]
    async with case.registry.sessions.reading() as session:
        [row] = (await session.scalars(select(CenterMilestone))).all()
        assert (row.reminded_days, row.due_on) == (30, date(2027, 6, 30))


PLACE: dict[str, Any] = {
    "chain_code": "integrated_circuit", "chain_node": "先进封装", "industry_codes": ["C3973"],
    "sei_codes": ["1.2.1"], "zone_tags": ["free_trade", "zhangjiang"],
}  # fmt: skip


async def read_centre(case: Case) -> tuple[str, dict[str, str]]:
    path = f"/v1/registry/centers/{case.center_id}"
    read = await case.call(case.member("C01"), "GET", path)
    return path, {"If-Match": f'"{read.json()["version"]}"'}


@pytest.mark.requirement("A007", "A074", "A092")
async def test_a_centre_is_tied_to_its_chain_its_industries_and_its_zones(case: Case) -> None:
    await case.listed()
    path, tag = await read_centre(case)
    tied = await case.call(case.member("C01"), "PATCH", path, PLACE, **tag)
    assert {name: tied.json()[name] for name in PLACE} == PLACE, tied.text
    found = await case.call(case.member("M04"), "GET", "/v1/registry/centers?zone=zhangjiang")
    assert [center["id"] for center in found.json()["items"]] == [case.center_id]
    missed = await case.call(case.member("M04"), "GET", "/v1/registry/centers?zone=lingang")
    assert missed.json()["items"] == []
    mark = {"yrd_platform": True, "reason": "服务收入四成来自苏浙皖"}
    marked = await case.call(case.official("reviewer"), "POST", f"{path}/platform-mark", mark)
    assert marked.json()["yrd_platform"] is True
    emptied = await case.call(
        case.member("C01"), "PATCH", path, {"chain_node": None, "zone_tags": None},
        **{"If-Match": f'"{marked.json()["version"]}"'},
    )  # fmt: skip
    assert (emptied.json()["chain_node"], emptied.json()["zone_tags"]) == (None, [])
    assert emptied.json()["chain_code"] == "integrated_circuit"


@pytest.mark.requirement("A007", "A074", "A092")
@pytest.mark.refusing
async def test_a_centre_takes_known_codes_from_its_own_and_marks_from_officials(
    case: Case,
) -> None:
    await case.listed()
    path, tag = await read_centre(case)
    wrong = {"industry_codes": ["Z9"], "sei_codes": ["10.1"]}
    refused = await case.call(case.member("C01"), "PATCH", path, wrong, **tag)
    assert (refused.status_code, codes(refused)) == (422, ["CODE_UNKNOWN", "CODE_UNKNOWN"])
    unknown_zone = await case.call(case.member("C01"), "PATCH", path, {"zone_tags": ["x"]}, **tag)
    assert unknown_zone.status_code == 422
    stranger = await case.call(case.member("M04"), "PATCH", path, PLACE, **tag)
    assert codes(stranger) == ["FORBIDDEN_SCOPE"]
    assert (await case.call(case.member("C01"), "PATCH", path, PLACE, **tag)).status_code == 200
    stale = await case.call(case.member("C01"), "PATCH", path, PLACE, **tag)
    assert stale.status_code == 412
    mark = {"yrd_platform": True, "reason": "服务收入四成来自苏浙皖"}
    own = await case.call(case.member("C01"), "POST", f"{path}/platform-mark", mark)
    assert own.status_code == 403


def _id(case: Case) -> UUID:
    return UUID(case.center_id)
