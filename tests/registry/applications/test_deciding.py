"""Formal checks, the officials' decisions, their order and their separation (D1, D2, D4, X03)."""

from typing import Any

import pytest
from sqlmodel import col, select

from registry.applications.jobs import expire_overdue
from registry.notices.tables import Objection
from shared.events.tables import Audit, Event
from tests.fixtures.service import event_types
from tests.registry.applications.cases import AGREEMENT, STANDING, Case, codes

pytestmark = pytest.mark.anyio


async def returned(case: Case) -> Any:
    items = [{"code": "plan", "comment": "缺少资金筹措说明"}]
    return await case.step(
        case.official("handler"), "POST", "formal-checks", {"result": "return", "items": items}
    )


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_a_third_return_needs_a_reviewers_word(case: Case) -> None:
    await case.submitted()
    for _ in range(2):
        assert (await returned(case)).json()["state"] == "returned"
        resubmitted = await case.submit()
        assert resubmitted.json()["receipt_no"] == "SQ202600001"
    assert resubmitted.json()["round"] == 3
    third = await returned(case)
    assert (third.status_code, codes(third)) == (409, ["ROUNDS_EXHAUSTED"])
    granted = await case.step(
        case.official("reviewer"), "POST", "further-rounds", {"reason": "材料更正确有必要"}
    )
    assert granted.status_code == 201
    assert (await returned(case)).json()["state"] == "returned"


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_a_return_says_what_is_to_be_mended(case: Case) -> None:
    await case.submitted()
    answer = await case.step(
        case.official("handler"), "POST", "formal-checks", {"result": "return", "items": []}
    )
    assert codes(answer) == ["MATERIAL_MISSING"]


@pytest.mark.requirement("A117")
async def test_a_returned_application_expires_after_its_last_day(case: Case) -> None:
    await case.submitted()
    await returned(case)
    readiness = await case.readiness(case.member("M01"))
    assert readiness["due_on"] == "2026-02-11"
    case.registry.set_clock("2026-02-11T15:59:00+00:00")
    assert await expire_overdue(case.registry.app) == 0
    case.registry.set_clock("2026-02-11T16:00:00+00:00")
    assert await expire_overdue(case.registry.app) == 1
    assert await case.state() == "expired"
    assert (await case.submit()).status_code == 409


@pytest.mark.requirement("A117")
@pytest.mark.refusing
async def test_an_applicant_withdraws_only_until_the_review_begins(case: Case) -> None:
    await case.accepted()
    case.agreement()
    case.evaluated(signatures=0)
    refused = await case.recommend()
    assert refused.status_code == 409
    assert await case.state() == "accepted"
    withdrawn = await case.step(case.member("M01"), "POST", "withdraw")
    assert withdrawn.json()["state"] == "withdrawn"
    again = await case.step(case.member("M01"), "POST", "withdraw")
    assert (again.status_code, codes(again)) == (409, ["STATE_CONFLICT"])


@pytest.mark.requirement("A084")
@pytest.mark.refusing
async def test_no_recommendation_without_an_agreement_in_force(case: Case) -> None:
    await case.accepted()
    early = await case.recommend()
    assert (early.status_code, early.json()["code"]) == (409, "IP_AGREEMENT_MISSING")
    case.evaluated()
    refused = await case.recommend()
    assert (refused.status_code, codes(refused)) == (409, ["IP_AGREEMENT_MISSING"])
    case.agreement(risk_sharing=False)
    refused = await case.recommend()
    assert refused.json()["errors"][0]["params"] == {"clause": "risk_sharing"}
    case.agreement()
    assert (await case.recommend()).status_code == 201


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_no_decision_without_review_and_visit(case: Case) -> None:
    await case.accepted()
    case.agreement()
    case.evaluated(signatures=1)
    approve = await case.approve()
    assert (approve.status_code, approve.json()["code"]) == (409, "SITE_VISIT_MISSING")
    assert "SITE_VISIT_MISSING" in codes(await case.recommend())
    case.evaluated(mean="59.99")
    assert "REVIEW_BELOW_PASS" in codes(await case.recommend())
    case.evaluated(mean="60.00")
    assert (await case.recommend()).status_code == 201


@pytest.mark.requirement("X09", "X10")
@pytest.mark.refusing
async def test_the_last_day_of_a_notice_still_belongs_to_it(case: Case) -> None:
    await case.noticed()
    case.registry.set_clock("2026-03-09T15:00:00+00:00")  # 23:00 in Shanghai.
    refused = await case.approve()
    assert (refused.status_code, codes(refused)) == (409, ["NOTICE_OPEN"])
    readiness = await case.readiness()
    assert (readiness["next_step"], readiness["due_on"]) == ("approve", "2026-03-16")
    assert readiness["ready"] is False
    case.registry.set_clock("2026-03-09T16:00:00+00:00")  # Midnight there.
    assert (await case.approve()).json()["state"] == "listed"


@pytest.mark.requirement("X03", "A122")
@pytest.mark.refusing
async def test_one_person_does_not_do_two_things_in_a_case(case: Case) -> None:
    await case.accepted()
    case.agreement()
    case.evaluated()
    by_handler = await case.recommend("handler")
    assert (by_handler.status_code, codes(by_handler)) == (403, ["SOD_VIOLATION"])
    assert (await case.recommend()).status_code == 201
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    await case.notice()
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    for name in ("handler", "reviewer", "EX3"):
        refused = await case.approve(name)
        assert (refused.status_code, codes(refused)) == (403, ["SOD_VIOLATION"]), name
    assert (await case.approve()).status_code == 200


@pytest.mark.requirement("X09", "X12")
@pytest.mark.refusing
async def test_an_objection_needs_a_name_and_holds_the_approval(case: Case) -> None:
    await case.noticed()
    notices = await case.call(case.registry.client(), "GET", "/v1/public/notices")
    notice_id = notices.json()["items"][0]["id"]
    path = f"/v1/public/notices/{notice_id}/objections"
    grounds = {"grounds": "权属存在争议"}
    for nameless in ({}, {"named_party": "匿名", "contact": "021-1"}, {"named_party": "某公司"}):
        refused = await case.call(case.registry.client(), "POST", path, {**grounds, **nameless})
        assert set(codes(refused)) == {"OBJECTION_ANONYMOUS"}, nameless
        assert refused.status_code == 422
    for turned in ("某\u202e司公", "某\u0000公司"):
        body = {**grounds, "named_party": turned, "contact": "021-12345678"}
        refused = await case.call(case.registry.client(), "POST", path, body)
        assert refused.status_code in {400, 422}, turned
    named = {**grounds, "named_party": "某装备公司", "contact": "legal@example.com"}
    objection = await case.call(case.registry.client(), "POST", path, named)
    assert objection.status_code == 201
    assert "named_party" not in objection.json()
    # What is personal in it lies sealed, and officials read it (X12).
    async with case.registry.sessions.reading() as session:
        (kept,) = (await session.scalars(select(Objection))).all()
    assert {kept.named_party[:7], kept.contact[:7]} == {"sealed:"}
    read = await case.call(case.official("handler"), "GET", "/v1/registry/objections")
    told = read.json()["items"][0]
    assert (told["named_party"], told["contact"]) == ("某装备公司", "l***@example.com")
    await _contact_is_read_by_who_asked(case, f"/v1/registry/objections/{told['id']}")

    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    waiting = await case.approve()
    assert (waiting.status_code, codes(waiting)) == (409, ["OBJECTION_PENDING"])
    late = await case.call(case.registry.client(), "POST", path, named)
    assert (late.status_code, codes(late)) == (409, ["STATE_CONFLICT"])
    decision = f"/v1/registry/objections/{objection.json()['id']}/decision"
    dismissed = {"decision": "dismissed", "reason": "经核实，权属清晰。"}
    by_handler = await case.call(case.official("handler"), "POST", decision, dismissed)
    assert (by_handler.status_code, codes(by_handler)) == (403, ["SOD_VIOLATION"])
    decided = await case.call(case.official("reviewer"), "POST", decision, dismissed)
    assert decided.json()["state"] == "dismissed"
    assert (await case.approve()).json()["state"] == "listed"


async def _contact_is_read_by_who_asked(case: Case, path: str) -> None:
    """Let handlers and reviewers read a contact whole for a while, with a reason on record."""
    reason = {"reason": "通知异议处理结果"}
    for duty in ("approver", "auditor"):
        for method, part in (("GET", "contact"), ("POST", "contact-readings")):
            body = reason if method == "POST" else None
            refused = await case.call(case.official(duty), method, f"{path}/{part}", body)
            assert refused.status_code == 403, duty
    unasked = await case.call(case.official("handler"), "GET", f"{path}/contact")
    assert unasked.status_code == 404
    empty = await case.call(
        case.official("handler"), "POST", f"{path}/contact-readings", {"reason": ""}
    )
    assert empty.status_code == 422
    asked = await case.call(case.official("handler"), "POST", f"{path}/contact-readings", reason)
    assert asked.status_code == 201, asked.text
    assert "legal" not in asked.text  # A kept answer to a key holds nothing personal.
    whole = await case.call(case.official("handler"), "GET", f"{path}/contact")
    assert whole.json()["contact"] == "legal@example.com"
    other = await case.call(case.official("reviewer"), "GET", f"{path}/contact")
    assert other.status_code == 404  # Each asks for himself.
    async with case.registry.sessions.reading() as session:
        kept = select(Audit).where(col(Audit.action) == "objection.contact_asked")
        (audit,) = (await session.scalars(kept)).all()
        events = select(Event).where(col(Event.type) == "objection.contact_asked")
        (event,) = (await session.scalars(events)).all()
    assert (audit.reason, event.center_id) == (reason["reason"], None)
    assert "legal" not in str(event.data)


@pytest.mark.requirement("X09")
@pytest.mark.refusing
async def test_an_upheld_objection_ends_in_a_rejection(case: Case) -> None:
    await case.noticed()
    notices = await case.call(case.registry.client(), "GET", "/v1/public/notices")
    objection = await case.call(
        case.registry.client(),
        "POST",
        f"/v1/public/notices/{notices.json()['items'][0]['id']}/objections",
        {"grounds": "弄虚作假", "named_party": "某公司", "contact": "021-12345678"},
    )
    await case.call(
        case.official("reviewer"),
        "POST",
        f"/v1/registry/objections/{objection.json()['id']}/decision",
        {"decision": "upheld", "reason": "情况属实"},
    )
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert codes(await case.approve()) == ["STATE_CONFLICT"]
    rejected = await case.step(case.official("approver"), "POST", "reject", {"reason": "属实"})
    assert rejected.json()["state"] == "rejected"
    assert "notice.withdrawn" in await event_types(case.registry.sessions)


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_what_a_recommendation_rested_on_must_still_stand(case: Case) -> None:
    await case.recommended()
    case.evaluated(sheets="9" * 64)
    stale = await case.notice()
    assert (stale.status_code, codes(stale)) == (409, ["STALE_INPUT"])
    assert (await case.recommend()).status_code == 201
    case.registry.set_clock("2026-03-02T02:00:00+00:00")
    assert (await case.notice()).status_code == 201
    case.agreement(version=2)
    case.registry.set_clock("2026-03-10T02:00:00+00:00")
    assert codes(await case.approve()) == ["STALE_INPUT"]
    case.no_agreement()
    assert "IP_AGREEMENT_MISSING" in codes(await case.approve())


@pytest.mark.requirement("A118")
@pytest.mark.refusing
async def test_a_neighbour_that_is_down_stops_a_decision_and_nothing_else(case: Case) -> None:
    await case.accepted()
    answers = case.registry.neighbours.answers
    del answers[STANDING], answers[AGREEMENT]
    case.registry.app.state.services._open_until["evaluation"] = float("inf")
    refused = await case.recommend()
    assert (refused.status_code, refused.json()["code"]) == (503, "UNAVAILABLE")
    assert (await case.readiness())["next_step"] == "form_panel"


@pytest.mark.requirement("A122")
async def test_a_rejected_case_sets_its_members_free(case: Case) -> None:
    await case.submitted()
    rejected = await case.step(
        case.official("approver"), "POST", "reject", {"reason": "关键条件不符"}
    )
    assert rejected.json()["state"] == "rejected"
    members = await case.call(
        case.registry.client("service"), "GET", f"/v1/registry/centers/{case.center_id}/members"
    )
    assert {row["state"] for row in members.json()["items"]} == {"withdrawn"}
