"""What waits for whom is what readiness says, from the first submission to the approval (X10)."""

import json
from datetime import date
from typing import Any

import pytest

from tests.registry.applications.cases import Case, codes
from tests.registry.applications.test_consuming import completed, formed, signed
from tests.registry.memberships.test_stepping_back import failed, step_back

pytestmark = pytest.mark.anyio
DUTIES = ("handler", "reviewer", "approver")


async def waits(case: Case, who: Any) -> list[tuple[str, str | None]]:
    found = await case.call(who, "GET", "/v1/registry/tasks")
    return [(one["kind"], one["due_on"]) for one in found.json()["items"]]


async def told(case: Case, **names: str) -> dict[str, list[tuple[str, str | None]]]:
    """Give what waits for whom: an official for each duty, under a name of his own."""
    seen = {}
    for duty in DUTIES:
        tasks = await waits(case, case.official(duty, names.get(duty)))
        seen[duty] = [task for task in tasks if task[0].startswith("application.")]
    return seen


@pytest.mark.requirement("A122", "X10", "A117")
async def test_each_step_waits_for_one_duty_until_its_last_working_day(case: Case) -> None:
    await case.submitted()
    nothing: dict[str, list[Any]] = {duty: [] for duty in DUTIES}
    due = "2026-01-19"
    assert await told(case) == {**nothing, "handler": [("application.formal_check", due)]}
    ready = await case.readiness()
    assert (ready["next_step"], ready["who_acts"], ready["due_on"]) == (
        "formal_check", "handler", due,
    )  # fmt: skip
    assert (await case.accept()).status_code == 201
    assert await told(case) == {
        **nothing, "handler": [("application.form_panel", "2026-01-26")],
    }  # fmt: skip
    case.agreement()
    case.evaluated()
    await formed(case)
    await completed(case)
    assert await told(case) == nothing  # The experts go and look.
    await signed(case)
    recommending = [("application.recommend", "2026-01-26")]
    assert await told(case) == {**nothing, "reviewer": recommending}
    assert (await case.recommend()).status_code == 201
    assert await told(case) == {**nothing, "handler": [("application.open_notice", "2026-02-09")]}
    assert (await case.readiness())["due_on"] == "2026-02-09"
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    assert (await case.notice()).status_code == 201
    assert await told(case) == nothing  # The notice has to end first.
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert await told(case) == {**nothing, "approver": [("application.approve", "2026-03-16")]}
    assert await told(case, approver="reviewer") == nothing  # He recommended it.
    assert (await case.approve()).status_code == 200
    assert await told(case) == nothing


@pytest.mark.requirement("A117")
async def test_what_was_returned_waits_for_its_applicant(case: Case) -> None:
    await case.submitted()
    items = {"result": "return", "items": [{"code": "material_unclear", "comment": "补正"}]}
    answer = await case.step(case.official("handler"), "POST", "formal-checks", items)
    assert answer.status_code == 201, answer.text
    assert await waits(case, case.member("M01")) == [("application.submit", "2026-02-11")]
    assert await waits(case, case.member("M02")) == []
    assert await told(case) == {duty: [] for duty in DUTIES}


@pytest.mark.requirement("A121", "A122")
@pytest.mark.refusing
async def test_a_review_below_the_pass_line_waits_for_its_rejection(case: Case) -> None:
    await case.accepted()
    await formed(case)
    await completed(case, mean="59.99")
    case.no_evaluation()
    readiness = await case.readiness()
    assert (readiness["next_step"], readiness["who_acts"], readiness["ready"]) == (
        "reject", "approver", False,
    )  # fmt: skip
    assert (await told(case))["approver"] == [("application.reject", "2026-01-26")]
    rejected = await case.step(case.official("approver"), "POST", "reject", {"reason": "未达线"})
    assert rejected.json()["state"] == "rejected"
    assert await told(case) == {duty: [] for duty in DUTIES}


@pytest.mark.requirement("A051", "A122")
async def test_an_exception_waits_for_the_reviewer_and_its_denial_for_the_approver(
    case: Case,
) -> None:
    await case.enter_entity("C05", "91310112FAKE003166", date(2021, 4, 2))
    assert (await case.draft(legal_entity_id=str(case.orgs["C05"]))).status_code == 201
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    body = {"rule": "A051", "reason": "由" * 50, "file_id": await case.upload("M01")}
    asked = await case.step(case.member("M01"), "POST", "exceptions", body)
    assert (await case.submit()).status_code == 200
    assert (await told(case))["reviewer"] == [("application.exception", "2026-01-19")]
    assert (await told(case))["handler"] == []
    await case.step(
        case.official("reviewer"), "POST", f"exceptions/{asked.json()['id']}/decision",
        {"decision": "denied", "reason": "不符合"},
    )  # fmt: skip
    assert (await told(case))["approver"] == [("application.reject", "2026-01-26")]
    assert (await case.readiness())["next_step"] == "reject"


async def reads_alike(case: Case, duty: str, step: str, kind: str) -> None:
    """Check that readiness and tasks name the same step, and that nobody else has one."""
    ready = await case.readiness()
    assert (ready["next_step"], ready["who_acts"]) == (step, duty)
    tasks = await told(case)
    assert {name: [kind for kind, _ in tasks[name]] for name in DUTIES} == {
        name: [kind] if name == duty else [] for name in DUTIES
    }


@pytest.mark.requirement("A049", "A122")
@pytest.mark.refusing
async def test_a_case_that_fell_apart_after_its_acceptance_waits_for_its_rejection(
    case: Case,
) -> None:
    await case.accepted()
    await reads_alike(case, "handler", "form_panel", "application.form_panel")
    assert (await step_back(case, "M03")).status_code == 200  # Who is left still makes it up.
    await reads_alike(case, "handler", "form_panel", "application.form_panel")
    assert (await step_back(case, "M02")).status_code == 200
    assert "MODEL_COMPOSITION" in failed(await case.readiness())
    await reads_alike(case, "approver", "reject", "application.reject")
    # Its experts go on, since nobody has ended it; where it stands changes nothing.
    for event in (formed, completed, signed):
        await event(case)
        await reads_alike(case, "approver", "reject", "application.reject")
    assert await case.state() == "commission_review"
    rejected = await case.step(case.official("approver"), "POST", "reject", {"reason": "成员退出"})
    assert rejected.json()["state"] == "rejected"


@pytest.mark.requirement("A049", "A117")
async def test_a_case_that_fell_apart_before_its_review_is_withdrawn_and_applied_for_anew(
    case: Case,
) -> None:
    await case.accepted()
    for name in ("M02", "M03"):
        assert (await step_back(case, name)).status_code == 200
    assert (await case.step(case.member("M01"), "POST", "withdraw")).status_code == 200
    await case.submitted()
    await reads_alike(case, "handler", "formal_check", "application.formal_check")


@pytest.mark.requirement("A051", "X10")
async def test_an_exception_that_nobody_needs_keeps_nothing_up(case: Case) -> None:
    await case.draft()
    await case.join("M02", "M03", "M08", "M20")
    await case.fill()
    body = {"rule": "A051", "reason": "由" * 50, "file_id": await case.upload("M01")}
    asked = await case.step(case.member("M01"), "POST", "exceptions", body)
    assert (await case.submit()).status_code == 200
    await reads_alike(case, "handler", "formal_check", "application.formal_check")
    await case.step(
        case.official("reviewer"), "POST", f"exceptions/{asked.json()['id']}/decision",
        {"decision": "denied", "reason": "无须例外"},
    )  # fmt: skip
    await reads_alike(case, "handler", "formal_check", "application.formal_check")
    assert (await case.accept()).status_code == 201


@pytest.mark.requirement("A051")
@pytest.mark.refusing
async def test_an_exception_asked_for_one_legal_person_makes_way_for_the_next(case: Case) -> None:
    await case.enter_entity("C05", "91310112FAKE003166", date(2021, 4, 2))
    await case.enter_entity("C06", "91310112FAKE003174", date(2021, 4, 2))
    await case.draft(legal_entity_id=str(case.orgs["C05"]))
    await case.join("M02", "M03", "M08", "M20")
    body = {"rule": "A051", "reason": "由" * 50, "file_id": await case.upload("M01")}

    async def ask() -> Any:
        return await case.step(case.member("M01"), "POST", "exceptions", body)

    assert (await ask()).status_code == 201
    assert codes(await ask()) == ["STATE_CONFLICT"]
    read = await case.call(case.member("M01"), "GET", case.path)
    other = {"legal_entity_id": str(case.orgs["C06"])}
    changed = await case.call(
        case.member("M01"), "PATCH", case.path, other, **{"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    await case.fill()
    assert "ENTITY_AGE_EXCEEDED" in codes(await case.submit())
    assert (await ask()).status_code == 201
    assert (await case.submit()).status_code == 200
    await reads_alike(case, "reviewer", "exception", "application.exception")
    listed = await case.step(case.official("reviewer"), "GET", "exceptions")
    assert [row["state"] for row in listed.json()["items"]] == ["pending", "withdrawn"]
    snapshot = await case.step(case.official("auditor"), "GET", "snapshots/1")
    assert len(json.loads(snapshot.json()["content"])["exceptions"]) == 1


@pytest.mark.requirement("A051", "A052", "X04")
@pytest.mark.refusing
async def test_a_consortium_asks_for_no_exception_and_a_stranger_reads_none(case: Case) -> None:
    await case.draft(
        applicant_form="consortium", legal_entity_id=None, common_problem="量子传感的行业共性问题"
    )
    body = {"rule": "A051", "reason": "由" * 50, "file_id": await case.upload("M01")}
    asked = await case.step(case.member("M01"), "POST", "exceptions", body)
    assert (asked.status_code, codes(asked)) == (409, ["EXCEPTION_NOT_ALLOWED"])
    for who in (case.member("M04"), case.official("reviewer")):  # Nothing is submitted yet.
        assert (await case.step(who, "GET", "exceptions")).status_code == 404
    own = await case.step(case.member("M01"), "GET", "exceptions")
    assert own.json()["items"] == []
