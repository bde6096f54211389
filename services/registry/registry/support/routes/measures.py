"""Measures and grants: proposed by one official, decided by another."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.support import actions, queries
from registry.support.routes.plans import OFFICIALS, READERS, SEEN
from registry.support.rules import MeasureEvent, MeasureKind, MeasureState, SupportPurpose
from registry.support.schemas import SupportMeasureIn, SupportMeasureOut, SupportReasonIn
from registry.support.tables import SupportMeasure
from shared.http import (
    CurrentActor,
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
)

DECIDED: Final = ("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT")

router = Router(prefix="/v1/registry/support-measures", tags=["support"])


async def _shown(session: AsyncSession, measure: SupportMeasure, today: Today) -> SupportMeasureOut:
    paused = await queries.paused_centers(session, [measure.center_id], today)
    return SupportMeasureOut.of(measure, paused=bool(paused))


@router.post(
    "",
    status_code=201,
    operation_id="registry_propose_support_measure",
    openapi_extra=access(
        "handler",
        tenant=OFFICIALS,
        rules=("A138", "A139", "A141", "A142", "A146", "A148"),
        key_required=True,
    ),
    responses=problems(
        "NOT_FOUND",
        "MEASURE_NOT_APPLICABLE",
        "AMOUNT_MISSING",
        "MEASURE_PARTICULARS",
        "STATE_CONFLICT",
        "MILESTONE_OVERDUE",
        "SUPPORT_PLAN_MISSING",
        "MEASURE_NOT_PLANNED",
        "DAYS_OUT_OF_ORDER",
        "CURRENCY_NOT_CNY",
    ),
)
async def propose_measure(
    body: SupportMeasureIn, actor: CurrentActor, today: Today, now: Now, session: Transaction
) -> SupportMeasureOut:
    """Propose a measure or a grant that the centre's approved plan foresees."""
    texts = {"title": body.title, "basis": body.basis}
    measure = await actions.propose_measure(
        session, actor, body.center_id, body.terms(), texts, today, now
    )
    return await _shown(session, measure, today)


@router.get(
    "",
    operation_id="registry_list_support_measures",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A138", "A146", "X04")),
    responses=problems(),
)
async def list_measures(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    kind: Annotated[MeasureKind | None, Query(description="Of this kind.")] = None,
    purpose: Annotated[SupportPurpose | None, Query(description="For this purpose.")] = None,
    state: Annotated[MeasureState | None, Query(description="In this state.")] = None,
) -> Page[SupportMeasureOut]:
    """List measures and grants, newest first."""
    rows, cursor = await paginate(
        session,
        queries.measures(actor, center_id=center_id, kind=kind, purpose=purpose, state=state),
        page,
        keys=[col(SupportMeasure.id).desc()],
        filters={"center_id": center_id, "kind": kind, "purpose": purpose, "state": state},
    )
    paused = await queries.paused_centers(session, {row.center_id for row in rows}, today)
    items = [SupportMeasureOut.of(row, paused=row.center_id in paused) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{measure_id}",
    operation_id="registry_read_support_measure",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("A138", "X04")),
    responses=problems("NOT_FOUND"),
)
async def read_measure(
    measure_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> SupportMeasureOut:
    """Read a measure."""
    return await _shown(session, await queries.measure_seen(session, actor, measure_id), today)


@router.post(
    "/{measure_id}/approve",
    operation_id="registry_approve_support_measure",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "A139", "X03")),
    responses=problems(
        *DECIDED, "MILESTONE_OVERDUE", "SUPPORT_PLAN_MISSING", "MEASURE_NOT_APPLICABLE"
    ),
)
async def approve_measure(
    measure_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> SupportMeasureOut:
    """Approve a measure that somebody else proposed."""
    measure = await actions.decide_measure(session, actor, measure_id, MeasureEvent.APPROVE, today)
    return await _shown(session, measure, today)


@router.post(
    "/{measure_id}/rejection",
    operation_id="registry_reject_support_measure",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "X03")),
    responses=problems(*DECIDED),
)
async def reject_measure(
    measure_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> SupportMeasureOut:
    """Reject a proposed measure."""
    measure = await actions.decide_measure(
        session, actor, measure_id, MeasureEvent.REJECT, today, reason=body.reason
    )
    return await _shown(session, measure, today)


@router.post(
    "/{measure_id}/ending",
    operation_id="registry_end_support_measure",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=("A138", "X03")),
    responses=problems(*DECIDED),
)
async def end_measure(
    measure_id: UUID,
    body: SupportReasonIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> SupportMeasureOut:
    """End an approved measure before its last day."""
    measure = await actions.decide_measure(
        session, actor, measure_id, MeasureEvent.END, today, reason=body.reason
    )
    return await _shown(session, measure, today)
