"""What changes after a submission: a record of dishonesty, a day that was never named."""

from typing import Any

import pytest

from registry.applications.jobs import mend_compositions
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import own, piloted

pytestmark = pytest.mark.anyio


async def put_on_record(case: Case, name: str, until_on: str, from_on: str) -> str:
    path = f"/v1/registry/organizations/{case.orgs[name]}/dishonesty-records"
    body = {
        "from_on": from_on, "until_on": until_on, "authority": "某局（示例）", "basis": "严重失信",
    }  # fmt: skip
    answer = await case.call(case.official("handler"), "POST", path, body)
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}/lifting"


async def owed(case: Case) -> list[dict[str, Any]]:
    items = (await own(case, "GET", "milestones")).json()["items"]
    return [item for item in items if item["kind"] == "composition"]


@pytest.mark.requirement("X17", "A122")
@pytest.mark.refusing
@pytest.mark.parametrize("name", ["M01", "M03", "C01"])
async def test_a_record_that_came_in_after_the_submission_bars_the_listing(
    case: Case, name: str
) -> None:
    await case.noticed()
    await put_on_record(case, name, "2026-03-10", "2026-03-02")
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    waiting = await case.readiness()
    assert "DISHONEST_ORG" in [one["code"] for one in waiting["checks"] if not one["passed"]]
    barred = await case.approve()
    assert (barred.status_code, codes(barred)) == (422, ["DISHONEST_ORG"])
    assert barred.json()["errors"][0]["params"]["org_id"] == str(case.orgs[name])
    case.registry.set_clock("2026-03-10T16:00:00+00:00")  # The day after its last one.
    assert (await case.approve()).json()["state"] == "listed"


@pytest.mark.requirement("X17", "A049")
async def test_a_member_on_record_is_a_fault_that_its_centre_has_time_to_cure(case: Case) -> None:
    await piloted(case)
    assert await mend_compositions(case.registry.app) == 0
    assert await owed(case) == []
    lifting = await put_on_record(case, "M03", "2027-03-10", "2026-03-10")
    for _ in range(2):
        assert await mend_compositions(case.registry.app) == 0
    [duty] = await owed(case)
    assert (duty["state"], duty["due_on"]) == ("open", "2026-06-08")
    history = (await own(case, "GET", "history")).json()["items"]
    [broken] = [item for item in history if item["type"] == "center.composition_broken"]
    assert [found["code"] for found in broken["data"]["failed"]] == ["DISHONEST_ORG"]
    body = {"lifted_on": "2026-03-10", "reason": "已修复信用"}
    assert (await case.call(case.official("handler"), "POST", lifting, body)).status_code == 200
    assert await mend_compositions(case.registry.app) == 1
    assert [one["state"] for one in await owed(case)] == ["met"]


async def consortium(case: Case) -> None:
    drafted = await case.draft(
        applicant_form="consortium", common_problem="封装共性工艺", legal_entity_id=None
    )
    assert drafted.status_code == 201, drafted.text
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    assert (await case.submit()).status_code == 200
    assert (await case.accept()).status_code == 201
    case.agreement()
    case.evaluated()


async def named(case: Case, name: str, due_on: str) -> Any:
    path = f"/v1/registry/centers/{case.center_id}/entity-milestone"
    return await case.call(case.member(name), "POST", path, {"due_on": due_on})


@pytest.mark.requirement("A053", "A052")
async def test_a_consortium_names_its_day_after_submission_and_goes_on(case: Case) -> None:
    await consortium(case)
    undated = await case.recommend()
    assert (undated.status_code, codes(undated)) == (409, ["CONSORTIUM_NOT_REGISTERED"])
    assert (await named(case, "M01", "2027-06-30")).json()["entity_due_on"] == "2027-06-30"
    read = await case.call(case.member("M01"), "GET", case.path)
    assert read.json()["entity_due_on"] == "2027-06-30"
    assert (await case.recommend()).status_code == 201


@pytest.mark.requirement("A053")
@pytest.mark.refusing
async def test_nobody_else_names_the_day_and_nobody_twice(case: Case) -> None:
    await consortium(case)
    for name, status, code in (("M09", 404, "NOT_FOUND"), ("M02", 403, "FORBIDDEN_SCOPE")):
        refused = await named(case, name, "2027-06-30")
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    past = await named(case, "M01", "2026-01-12")
    assert (past.status_code, codes(past)) == (422, ["FIELD_INVALID"])
    assert (await named(case, "M01", "2027-06-30")).status_code == 200
    again = await named(case, "M01", "2029-06-30")
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])
