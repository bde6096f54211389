"""What waits for whom is what readiness says, from the first submission to the approval (X10)."""

from datetime import date
from typing import Any

import pytest

from tests.registry.applications.cases import Case
from tests.registry.applications.test_consuming import completed, formed, signed

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
