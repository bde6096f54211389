"""Score sheets over HTTP."""

from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.panels.schemas import SeatAnswerIn, SeatAnswerOut
from evaluation.panels.tables import PanelSeat
from evaluation.sheets import actions, queries, rules
from evaluation.sheets.queries import Seated
from evaluation.sheets.schemas import (
    DeclarationIn,
    ScoreItemOut,
    ScoreItemsIn,
    SheetGuidanceOut,
    SheetItemOut,
    SheetOut,
    SheetVoidIn,
)
from shared.auth import Actor
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
from shared.rules import require

router = Router(prefix="/v1/evaluation/score-sheets", tags=["score-sheets"])
seats = Router(prefix="/v1/evaluation/seats", tags=["panels"])
ROUTERS: Final = (router, seats)
CONFLICTS = (
    "COI_CURRENT_ORG",
    "COI_EMPLOYMENT_3Y",
    "COI_BOARD",
    "COI_SHAREHOLDING",
    "COI_KINSHIP",
    "COI_COAUTHORED",
    "COI_GOVERNANCE_SEAT",
)
OWNER = access("expert", tenant="the expert's own sheet", rules=("A121", "X08"))
# Members are let in to be told that there is nothing: sheets are withheld from them.
READERS = access("expert", "official", "member", "agency", tenant="own sheet; officials submitted")
VOIDERS = access("reviewer", tenant="sheets of panels one does not sit on", rules=("X03", "X08"))


@router.get(
    "",
    operation_id="evaluation_list_score_sheets",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_sheets(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    panel_id: Annotated[UUID | None, Query(description="Only of this panel.")] = None,
) -> Page[SheetItemOut]:
    """List sheets without scores: an expert's own, or those an official may see."""
    rows, next_cursor = await paginate(
        session,
        queries.seats_page(actor, panel_id),
        page,
        [col(PanelSeat.id).desc()],
        {"panel_id": panel_id},
    )
    items = [
        SheetItemOut(
            id=summary.seat.id,
            panel_id=summary.panel.id,
            expert_id=summary.seat.expert_id,
            subject_type=summary.panel.subject_type,
            subject_id=summary.panel.subject_id,
            center_id=summary.panel.center_id,
            organization_usccs=summary.usccs,
            state=summary.state,
        )
        for summary in await queries.summaries(session, rows)
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{sheet_id}",
    operation_id="evaluation_get_score_sheet",
    openapi_extra=READERS,
    responses=problems("DECLARATION_MISSING", "NOT_FOUND"),
)
async def get_sheet(sheet_id: UUID, actor: CurrentActor, session: Reading) -> SheetOut:
    """Show a sheet; its expert declares first, and others see scores once it is submitted."""
    seated = await queries.seated(session, actor, sheet_id)
    if _is_own(actor, seated):
        require(rules.declared_checks(seated.sheet.state))
    return await _shown(session, actor, seated)


@router.post(
    "/{sheet_id}/declaration",
    operation_id="evaluation_declare_interests",
    openapi_extra=OWNER,
    responses=problems("SOD_VIOLATION", "NOT_FOUND", *CONFLICTS, "STATE_CONFLICT"),
)
async def declare(
    sheet_id: UUID,
    body: DeclarationIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> SheetOut:
    """Declare interests; with a conflict the seat becomes vacant."""
    seated = await actions.declare(
        session,
        actor,
        sheet_id,
        conflict=body.conflict,
        statement=body.statement,
        now=now,
        today=today,
    )
    return await _shown(session, actor, seated)


@router.put(
    "/{sheet_id}/items",
    operation_id="evaluation_save_score_items",
    openapi_extra=OWNER,
    responses=problems(
        "DECLARATION_MISSING",
        "NOT_FOUND",
        "INDICATOR_UNKNOWN",
        *CONFLICTS,
        "STATE_CONFLICT",
        "SOD_VIOLATION",
    ),
)
async def save_items(
    sheet_id: UUID, body: ScoreItemsIn, actor: CurrentActor, today: Today, session: Transaction
) -> SheetOut:
    """Save the items of a draft; they take the place of all items before."""
    items = [rules.Scored(item.indicator, Decimal(item.score), item.comment) for item in body.items]
    seated = await actions.save_items(session, actor, sheet_id, items, today)
    return await _shown(session, actor, seated)


@router.post(
    "/{sheet_id}/submit",
    operation_id="evaluation_submit_score_sheet",
    openapi_extra=OWNER,
    responses=problems(
        "DECLARATION_MISSING",
        "SOD_VIOLATION",
        "NOT_FOUND",
        "SHEET_INCOMPLETE",
        *CONFLICTS,
        "STATE_CONFLICT",
    ),
)
async def submit(
    sheet_id: UUID, actor: CurrentActor, now: Now, today: Today, session: Transaction
) -> SheetOut:
    """Submit a sheet for good."""
    seated = await actions.submit(session, actor, sheet_id, now, today)
    return await _shown(session, actor, seated)


@router.post(
    "/{sheet_id}/void",
    operation_id="evaluation_void_score_sheet",
    openapi_extra=VOIDERS,
    responses=problems("FORBIDDEN_SCOPE", "SOD_VIOLATION", "NOT_FOUND", "STATE_CONFLICT"),
)
async def void(
    sheet_id: UUID,
    body: SheetVoidIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> SheetOut:
    """Void a sheet; it stays readable, and the review is judged again without it."""
    seated = await actions.void(session, actor, sheet_id, body.reason, now, today)
    return await _shown(session, actor, seated)


@seats.post(
    "/{seat_id}/answer",
    operation_id="evaluation_answer_invitation",
    status_code=201,
    openapi_extra=access("expert", tenant="the expert's own seat", rules=("A121",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def answer(
    seat_id: UUID, body: SeatAnswerIn, actor: CurrentActor, now: Now, session: Transaction
) -> SeatAnswerOut:
    """Take a seat, or decline it with a reason; a seat declined waits for another expert."""
    given = await actions.answer(session, actor, seat_id, body, now)
    return SeatAnswerOut.model_validate(given)


def _is_own(actor: Actor, seated: Seated) -> bool:
    return actor.has("expert") and actor.expert_id == seated.seat.expert_id


async def _shown(session: AsyncSession, actor: Actor, seated: Seated) -> SheetOut:
    sheet, panel = seated.sheet, seated.panel
    readable = _is_own(actor, seated) or sheet.submitted_at is not None
    items = await queries.items_of(session, [sheet.id]) if readable else []
    guidance = await queries.guidance(session, panel)
    return SheetOut(
        id=sheet.id,
        panel_id=panel.id,
        expert_id=seated.seat.expert_id,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        center_id=panel.center_id,
        state=sheet.state,
        indicators=panel.indicators,
        guidance=[SheetGuidanceOut.model_validate(one) for one in guidance],
        conflict=sheet.conflict,
        statement=sheet.statement,
        items=[ScoreItemOut.model_validate(item) for item in items],
        submitted_at=sheet.submitted_at,
        content_hash=sheet.content_hash,
        voided_at=sheet.voided_at,
        void_reason=sheet.void_reason,
    )
