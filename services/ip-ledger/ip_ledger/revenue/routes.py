"""Income over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.assets import queries as assets
from ip_ledger.assets.rules import Absence
from ip_ledger.revenue import actions, queries
from ip_ledger.revenue.rules import Deduction, absence_check
from ip_ledger.revenue.schemas import DeductionOut, RevenueEventIn, RevenueEventOut
from ip_ledger.revenue.tables import RevenueDeduction, RevenueEvent, RevenueUndoing
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    Language,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    warnings_of,
)
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/revenue-events", tags=["revenue"])

OWNERS: Final = "the centre, the asset's owners, officials"


async def all_shown(
    session: AsyncSession, rows: Sequence[RevenueEvent], language: str
) -> list[RevenueEventOut]:
    """Show events with their deductions, with what undid them and what to look at."""
    ids = [row.id for row in rows]
    deductions = await queries.deductions_of(session, ids)
    undone = await queries.undoings_of(session, ids)
    absences = await assets.days_gone(session, {row.asset_id for row in rows})
    return [
        _shown(
            row, deductions.get(row.id, []), language, absences[row.asset_id], undone.get(row.id)
        )
        for row in rows
    ]


def _shown(
    event: RevenueEvent,
    deductions: Sequence[RevenueDeduction],
    language: str,
    absences: Sequence[Absence],
    undoing: RevenueUndoing | None,
) -> RevenueEventOut:
    return RevenueEventOut(
        id=event.id,
        center_id=event.center_id,
        asset_id=event.asset_id,
        source_id=event.source_id,
        kind=event.kind,
        gross=fen(event.gross_fen),
        deductions=[
            DeductionOut(
                kind=d.kind,
                amount=fen(d.amount_fen),
                clause=d.clause,
                agreement_id=d.agreement_id,
                evidence=d.evidence_ids,
            )
            for d in deductions
        ],
        net=fen(event.net_fen),
        trustee_org_id=event.trustee_org_id,
        received_on=event.received_on,
        recorded_at=event.recorded_at,
        state="recorded" if undoing is None else "undone",
        undone_on=None if undoing is None else undoing.effective_on,
        undone_reason=None if undoing is None else undoing.reason,
        warnings=warnings_of([absence_check(absences, event.received_on)], language),
    )


@router.post(
    "",
    operation_id="ip_ledger_record_revenue",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the asset's centre: its operator or lead sponsor", rules=("A033",),
        key_required=True,
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "NET_NEGATIVE", "NOT_YET_RECEIVED", "BEFORE_ASSET",
        "AMOUNT_ZERO", "SOURCE_UNKNOWN", "DEDUCTION_NOT_AGREED", "CONSORTIUM_NOT_REGISTERED",
        "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY",
        "PERIOD_CLOSED", "STATE_CONFLICT", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(evidence_of(RevenueEventIn))],
)  # fmt: skip
async def record_revenue(
    body: RevenueEventIn,
    actor: CurrentActor,
    today: Today,
    language: Language,
    session: Transaction,
) -> RevenueEventOut:
    """Record money received for an asset; it is booked as owed to the owners of that day."""
    income = actions.NewIncome(
        asset_id=body.asset_id,
        source_id=body.source_id,
        kind=body.kind,
        gross_fen=body.gross.amount,
        deductions=tuple(Deduction(d.kind, d.amount.amount, d.clause) for d in body.deductions),
        evidence=tuple(tuple(d.evidence) for d in body.deductions),
        received_on=body.received_on,
        held_in_trust=body.held_in_trust,
    )
    event = await actions.record_income(session, actor, income, today)
    return (await all_shown(session, [event], language))[0]


@router.get(
    "",
    operation_id="ip_ledger_list_revenue",
    openapi_extra=access("member", "official", tenant=OWNERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_revenue(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    language: Language,
    center_id: Annotated[UUID | None, Query(description="Only of this centre.")] = None,
    asset_id: Annotated[UUID | None, Query(description="Only of this asset.")] = None,
) -> Page[RevenueEventOut]:
    """List income, the latest first."""
    filters = {"center_id": center_id, "asset_id": asset_id}
    keys: list[ColumnElement[Any]] = [
        col(RevenueEvent.received_on).desc(),
        col(RevenueEvent.id).desc(),
    ]
    statement = queries.visible_events(actor, **filters)
    rows, cursor = await paginate(session, statement, page, keys, filters)
    return Page(items=await all_shown(session, rows, language), next_cursor=cursor)


@router.get(
    "/{event_id}",
    operation_id="ip_ledger_get_revenue",
    openapi_extra=access("member", "official", tenant=OWNERS),
    responses=problems("NOT_FOUND"),
)
async def get_revenue(
    event_id: UUID, actor: CurrentActor, session: Reading, language: Language
) -> RevenueEventOut:
    """Give one revenue event."""
    event = await queries.visible_event(session, actor, event_id)
    return (await all_shown(session, [event], language))[0]
