"""What evaluation and the ip-ledger tell moves a case, holds it, or sends it back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from registry.applications.consumers import FROM_EVALUATION, FROM_IP_LEDGER
from registry.applications.tables import CaseHold, CasePerson, Standing
from shared.database import new_id
from shared.events import ReceivedEvent
from tests.registry.applications.cases import STANDING, Case, codes

pytestmark = pytest.mark.anyio

SHEETS = "5" * 64


async def told(case: Case, event_type: str, **data: Any) -> None:
    handlers = {**FROM_EVALUATION, **FROM_IP_LEDGER}
    content = {"subject_type": "application", "subject_id": case.application_id, **data}
    event = ReceivedEvent(
        id=new_id(), type=event_type, source="evaluation", subject=new_id(),
        center_id=UUID(case.center_id), data=content, position=1, time=datetime.now(UTC),
    )  # fmt: skip
    async with case.registry.sessions.begin() as session:
        await handlers[event_type](session, event)


async def formed(case: Case) -> None:
    await told(case, "panel.formed", panel_id=str(case.person("panel")), version=1, hash="1" * 64)


async def completed(case: Case, mean: str = "82.00", sheets: str = SHEETS) -> None:
    await told(
        case, "review.completed", panel_id=str(case.person("panel")), mean=mean, pass_line="60",
        sheets_hash=sheets, scorers=[str(case.person("EX1"))],
    )  # fmt: skip


async def signed(case: Case, signatures: int = 2, digest: str = "2" * 64) -> None:
    await told(
        case, "site_visit.signed", visit_id=str(case.person("visit")), version=1, hash=digest,
        signatures=signatures, signers=[str(case.person("EX2"))],
    )  # fmt: skip


async def voided(case: Case, mean: str | None, sheets: str | None) -> None:
    await told(
        case, "sheet.voided", panel_id=str(case.person("panel")), sheet_id=str(new_id()),
        mean=mean, pass_line="60", sheets_hash=sheets,
    )  # fmt: skip


async def open_holds(case: Case) -> list[str]:
    async with case.registry.sessions.reading() as session:
        rows = await session.scalars(select(CaseHold).where(col(CaseHold.lifted_at).is_(None)))
        return [row.cause.value for row in rows.all()]


@pytest.mark.requirement("A118", "A121")
async def test_each_event_takes_its_step_and_names_its_people(case: Case) -> None:
    await case.accepted()
    await formed(case)
    assert await case.state() == "expert_review"
    await completed(case)
    assert await case.state() == "site_visit"
    await signed(case)
    assert await case.state() == "commission_review"
    async with case.registry.sessions.reading() as session:
        people = (await session.scalars(select(CasePerson))).all()
        kept = (await session.scalars(select(Standing).order_by(col(Standing.id)))).all()
    held = {(person.person_id, person.capacity.value) for person in people}
    assert {(case.person("EX1"), "scorer"), (case.person("EX2"), "visitor")} <= held
    assert [row.source.value for row in kept] == ["panel", "review", "site_visit"]
    assert kept[1].digest == SHEETS


@pytest.mark.requirement("A118")
async def test_events_in_another_order_lead_to_the_same_place(case: Case) -> None:
    await case.accepted()
    await signed(case)
    await completed(case)
    assert await case.state() == "accepted"
    await formed(case)
    assert await case.state() == "commission_review"


@pytest.mark.requirement("A121")
@pytest.mark.refusing
async def test_a_mean_below_the_line_and_one_signature_do_not_move_a_case(case: Case) -> None:
    await case.accepted()
    await formed(case)
    await completed(case, mean="59.99")
    assert await case.state() == "expert_review"
    await completed(case, mean="60.00", sheets="6" * 64)
    assert await case.state() == "site_visit"
    await signed(case, signatures=1)
    assert await case.state() == "site_visit"


async def test_an_event_about_a_case_of_a_cycle_is_not_ours(case: Case) -> None:
    await case.accepted()
    await told(case, "panel.formed", subject_type="case", panel_id=str(new_id()))
    assert await case.state() == "accepted"


@pytest.mark.requirement("A118", "X03")
@pytest.mark.refusing
async def test_a_voided_sheet_holds_the_case_until_a_reviewer_has_looked(case: Case) -> None:
    await case.recommended()
    await voided(case, mean="82.00", sheets=SHEETS)
    assert await open_holds(case) == []  # The very sheets that were decided upon.
    await voided(case, mean="81.00", sheets="7" * 64)
    assert await open_holds(case) == ["sheet_voided"]
    case.evaluated(mean="81.00", sheets="7" * 64)
    assert codes(await case.notice()) == ["CASE_ON_HOLD", "STALE_INPUT"]
    assert codes(await case.recommend()) == ["CASE_ON_HOLD"]
    detail = await case.call(case.official("auditor"), "GET", case.path)
    hold_id = detail.json()["holds"][0]["id"]
    lift = {"reason": "剩余评分表仍有效"}
    await case.step(case.official("reviewer"), "POST", f"holds/{hold_id}/lift", lift)
    assert codes(await case.notice()) == ["STALE_INPUT"]
    assert (await case.recommend()).status_code == 201
    assert (await case.notice()).status_code == 201


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_a_changed_report_holds_a_case_in_its_notice(case: Case) -> None:
    await case.noticed()
    await told(
        case, "site_visit.changed", visit_id=str(case.person("visit")), version=2, hash="8" * 64,
        signatures=0, signers=[],
    )  # fmt: skip
    assert await open_holds(case) == ["site_visit_changed"]
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    refused = await case.approve()
    assert codes(refused) == ["CASE_ON_HOLD"]
    detail = await case.call(case.official("auditor"), "GET", case.path)
    hold_id = detail.json()["holds"][0]["id"]
    lift = {"reason": "报告仅更正笔误"}
    by_handler = await case.step(
        case.registry.client("reviewer", sub=case.person("handler")), "POST",
        f"holds/{hold_id}/lift", lift,
    )  # fmt: skip
    assert codes(by_handler) == ["SOD_VIOLATION"]
    lifted = await case.step(case.official("reviewer"), "POST", f"holds/{hold_id}/lift", lift)
    assert lifted.status_code == 200, lifted.text
    assert (await case.approve()).status_code == 200


@pytest.mark.requirement("A084")
async def test_an_agreement_that_ends_after_listing_still_holds_the_case(case: Case) -> None:
    await case.listed()
    await told(case, "agreement.ended", agreement_id=str(case.person("agreement")))
    assert await open_holds(case) == ["agreement_ended"]


@pytest.mark.requirement("A118")
async def test_too_few_sheets_send_a_case_back_to_its_experts(case: Case) -> None:
    await case.accepted()
    await formed(case)
    await completed(case)
    await signed(case)
    await voided(case, mean=None, sheets=None)
    assert await case.state() == "expert_review"
    assert await open_holds(case) == ["sheet_voided"]
    await completed(case, sheets="9" * 64)
    assert await case.state() == "commission_review"


@pytest.mark.requirement("X08")
async def test_evaluation_is_told_whom_a_case_is_about(case: Case) -> None:
    await case.submitted()
    answer = await case.step(case.registry.client("service"), "GET", "review-subject")
    subject = answer.json()
    roles = {org["id"]: org["role"] for org in subject["orgs"]}
    assert roles[str(case.orgs["M01"])] == "lead"
    assert roles[str(case.orgs["C01"])] == "legal_entity"
    assert (subject["round"], len(subject["orgs"])) == (1, 6)
    assert [person["capacity"] for person in subject["case_people"]] == ["submitter"]
    assert (await case.step(case.member("M01"), "GET", "review-subject")).status_code == 403
    assert STANDING.startswith("GET ")
