"""What officials decide: formal check, recommendation, notice, approval, rejection, holds."""

from uuid import UUID

from fastapi import Response

from registry.applications import actions, answers
from registry.applications.routes.common import OFFICIALS, PREFIX, TAGS, ToldNow
from registry.applications.schemas import (
    ApplicationOut,
    ApprovalIn,
    CaseDecisionOut,
    CaseHoldOut,
    CaseReasonIn,
    FormalCheckIn,
    FormalCheckOut,
    RecommendationIn,
)
from registry.notices.schemas import NoticeOut
from shared.http import (
    CurrentActor,
    Now,
    Router,
    Today,
    Transaction,
    access,
    problems,
    tagged,
)

router = Router(prefix=f"{PREFIX}/{{application_id}}", tags=TAGS)

CASE_CODES = ("NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "STATE_CONFLICT")


@router.post(
    "/formal-checks",
    status_code=201,
    operation_id="registry_check_formally",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A117", "A051", "X03")),
    responses=problems(
        *CASE_CODES,
        "ENTITY_EXCEPTION_PENDING",
        "ROUNDS_EXHAUSTED",
        "ENTITY_AGE_EXCEEDED",
        "MATERIAL_MISSING",
        "MEMBER_NOT_CONFIRMED",
        "MODEL_COMPOSITION",
    ),
)
async def check_formally(
    application_id: UUID,
    body: FormalCheckIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> FormalCheckOut:
    """Accept a submission, or return it with the points to mend."""
    application, check = await actions.check_formally(
        session,
        actor,
        application_id,
        result=body.result,
        items=[item.model_dump() for item in body.items],
        now=now,
    )
    return answers.check_out(check, application)


@router.post(
    "/further-rounds",
    status_code=201,
    operation_id="registry_grant_further_round",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A117", "X03")),
    responses=problems(*CASE_CODES),
)
async def grant_round(
    application_id: UUID,
    body: CaseReasonIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> CaseDecisionOut:
    """Let an application be returned once more than usual, with a reason."""
    decision = await actions.grant_round(session, actor, application_id, body.reason, now)
    return CaseDecisionOut.model_validate(decision)


@router.post(
    "/recommendation",
    status_code=201,
    operation_id="registry_recommend_application",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A084", "A118", "X03")),
    responses=problems(
        *CASE_CODES,
        "IP_AGREEMENT_MISSING",
        "SITE_VISIT_MISSING",
        "REVIEW_MISSING",
        "REVIEW_BELOW_PASS",
        "CASE_ON_HOLD",
        "CONSORTIUM_NOT_REGISTERED",
        "MEMBER_NOT_CONFIRMED",
        "MODEL_COMPOSITION",
    ),
)
async def recommend(
    application_id: UUID,
    body: RecommendationIn,
    told: ToldNow,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> CaseDecisionOut:
    """Recommend a case for the pilot list, upon what evaluation and ip-ledger say now."""
    application, decision = await actions.recommend(
        session, actor, application_id, text=body.text, told=told, now=now
    )
    return answers.decision_out(decision, application)


@router.post(
    "/notice",
    status_code=201,
    operation_id="registry_open_notice",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("X09", "X10", "X03")),
    responses=problems(
        *CASE_CODES, "STALE_INPUT", "CASE_ON_HOLD", "MEMBER_NOT_CONFIRMED", "MODEL_COMPOSITION"
    ),
)
async def open_notice(
    application_id: UUID,
    told: ToldNow,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> NoticeOut:
    """Open the public notice: five working days, named objections only."""
    _, notice = await actions.open_notice(
        session, actor, application_id, told=told, today=today, now=now
    )
    return NoticeOut.model_validate(notice)


@router.post(
    "/approve",
    operation_id="registry_approve_application",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A118", "A122", "X03", "X09")),
    responses=problems(
        *CASE_CODES,
        "DISHONEST_ORG",
        "SITE_VISIT_MISSING",
        "NOTICE_OPEN",
        "OBJECTION_PENDING",
        "IP_AGREEMENT_MISSING",
        "STALE_INPUT",
        "CASE_ON_HOLD",
        "NOTICE_MISSING",
        "REVIEW_BELOW_PASS",
        "REVIEW_MISSING",
        "MEMBER_NOT_CONFIRMED",
        "MODEL_COMPOSITION",
    ),
)
async def approve(
    application_id: UUID,
    body: ApprovalIn,
    told: ToldNow,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
    response: Response,
) -> ApplicationOut:
    """Approve a case after its notice; the centre is listed in the same moment."""
    application, center = await actions.approve(
        session, actor, application_id, doc_no=body.doc_no, told=told, today=today, now=now
    )
    tagged(response, application.version)
    return answers.application_out(application, center)


@router.post(
    "/reject",
    operation_id="registry_reject_application",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A122", "A159", "X03")),
    responses=problems(*CASE_CODES),
)
async def reject(
    application_id: UUID,
    body: CaseReasonIn,
    told: ToldNow,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
    response: Response,
) -> ApplicationOut:
    """Reject a case with a reason; its applicant may apply anew on any day."""
    application, center = await actions.reject(
        session, actor, application_id, reason=body.reason, told=told, now=now
    )
    tagged(response, application.version)
    return answers.application_out(application, center)


@router.post(
    "/holds/{hold_id}/lift",
    operation_id="registry_lift_hold",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A118", "X03")),
    responses=problems(*CASE_CODES),
)
async def lift_hold(
    application_id: UUID,
    hold_id: UUID,
    body: CaseReasonIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> CaseHoldOut:
    """Lift a hold after looking at what has changed."""
    hold = await actions.lift_hold(session, actor, application_id, hold_id, body.reason, now)
    return CaseHoldOut.model_validate(hold)
