"""Plans of support: drafted by handlers, approved by somebody else, one at a time."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.support import actions, queries
from registry.support.rules import PlanEvent, PlanState
from registry.support.schemas import (
    SupportApprovalIn,
    SupportPlanBody,
    SupportPlanIn,
    SupportPlanOut,
    SupportReasonIn,
    plans_out,
)
from registry.support.tables import SupportPlan
from shared.http import (
    CurrentActor,
    Failure,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)

SEEN: Final = "officials see all; agencies and a centre's speakers what was decided"
READERS: Final = ("member", "official", "agency", "service")
OFFICIALS: Final = "officials see all"

router = Router(prefix="/v1/registry/support-plans", tags=["support"])
batches = Router(prefix="/v1/registry/support-plan-batches", tags=["support"])


async def _shown(
    session: AsyncSession, plan: SupportPlan, today: Today, response: Response
) -> SupportPlanOut:
    tagged(response, plan.version)
    [shown] = plans_out([plan], await queries.paused_centers(session, [plan.center_id], today))
    return shown


@batches.post(
    "",
    operation_id="registry_refuse_support_plan_batch",
    openapi_extra=access("handler", tenant="nobody: plans are made one by one", rules=("A140",)),
    responses=problems("METHOD_NOT_ALLOWED"),
)
async def refuse_batch() -> None:
    """Refuse: every centre has a plan of its own, and plans are never made in bulk."""
    raise Failure("METHOD_NOT_ALLOWED", {"Allow": ""})


@router.post(
    "",
    status_code=201,
    operation_id="registry_draft_support_plan",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A139", "A140", "A141")),
    responses=problems(
        "NOT_FOUND",
        "STATE_CONFLICT",
        "MILESTONE_OVERDUE",
        "MEASURE_NOT_APPLICABLE",
        "ALREADY_EXISTS",
    ),
)
async def draft_plan(
    body: SupportPlanIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """Draft the plan of support of one listed centre."""
    plan = await actions.draft_plan(session, actor, body.center_id, body.plan(), today, now)
    return await _shown(session, plan, today, response)


@router.get(
    "",
    operation_id="registry_list_support_plans",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A140", "X04")),
    responses=problems(),
)
async def list_plans(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    state: Annotated[PlanState | None, Query(description="In this state.")] = None,
) -> Page[SupportPlanOut]:
    """List plans of support, newest first."""
    rows, cursor = await paginate(
        session,
        queries.plans(actor, center_id=center_id, state=state),
        page,
        keys=[col(SupportPlan.id).desc()],
        filters={"center_id": center_id, "state": state},
    )
    paused = await queries.paused_centers(session, {row.center_id for row in rows}, today)
    return Page(items=plans_out(rows, paused), next_cursor=cursor)


@router.get(
    "/{plan_id}",
    operation_id="registry_read_support_plan",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A140", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_plan(
    plan_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> SupportPlanOut:
    """Read a plan of support."""
    plan = await queries.plan_seen(session, actor, plan_id)
    return await _shown(session, plan, today, response)


@router.put(
    "/{plan_id}",
    operation_id="registry_edit_support_plan",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A140", "X06")),
    responses=problems("NOT_FOUND", "VERSION_CONFLICT", "MEASURE_NOT_APPLICABLE", "STATE_CONFLICT"),
)
async def edit_plan(
    plan_id: UUID,
    body: SupportPlanBody,
    actor: CurrentActor,
    version: IfMatch,
    today: Today,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """Write a draft anew."""
    plan = await actions.edit_plan(session, actor, plan_id, body.plan(), version, today)
    return await _shown(session, plan, today, response)


@router.post(
    "/{plan_id}/propose",
    operation_id="registry_propose_support_plan",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A140",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def propose_plan(
    plan_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Transaction
) -> SupportPlanOut:
    """Put a draft forward for approval."""
    plan = await actions.move_plan(session, actor, plan_id, PlanEvent.PROPOSE, today)
    return await _shown(session, plan, today, response)


@router.post(
    "/{plan_id}/approve",
    operation_id="registry_approve_support_plan",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A139", "A140", "X03")),
    responses=problems(
        "NOT_FOUND",
        "SOD_VIOLATION",
        "STATE_CONFLICT",
        "MILESTONE_OVERDUE",
        "MEASURE_NOT_APPLICABLE",
    ),
)
async def approve_plan(
    plan_id: UUID,
    body: SupportApprovalIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """Approve a plan that somebody else wrote."""
    plan = await actions.move_plan(
        session, actor, plan_id, PlanEvent.APPROVE, today, doc_no=body.doc_no
    )
    return await _shown(session, plan, today, response)


@router.post(
    "/{plan_id}/return",
    operation_id="registry_return_support_plan",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A140",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def return_plan(
    plan_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """Give a proposed plan back for changes."""
    plan = await actions.move_plan(
        session, actor, plan_id, PlanEvent.RETURN, today, reason=body.reason
    )
    return await _shown(session, plan, today, response)


@router.post(
    "/{plan_id}/withdrawal",
    operation_id="registry_withdraw_support_plan",
    openapi_extra=access("handler", tenant=OFFICIALS, rules=("A140",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def withdraw_plan(
    plan_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """Give up a plan that is not approved."""
    plan = await actions.move_plan(
        session, actor, plan_id, PlanEvent.WITHDRAW, today, reason=body.reason
    )
    return await _shown(session, plan, today, response)


@router.post(
    "/{plan_id}/ending",
    operation_id="registry_end_support_plan",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A140",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def end_plan(
    plan_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> SupportPlanOut:
    """End an approved plan, so that another can follow; its measures stay as decided."""
    plan = await actions.move_plan(
        session, actor, plan_id, PlanEvent.END, today, reason=body.reason
    )
    return await _shown(session, plan, today, response)
