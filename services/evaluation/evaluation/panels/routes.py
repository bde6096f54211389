"""Panels over HTTP; the registry is asked before the writing transaction opens."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.duties.rules import SubjectType
from evaluation.panels import actions, clients, queries, seating_queries
from evaluation.panels.rules import ReviewSubject, last_day, work_checks, work_of
from evaluation.panels.schemas import PanelIn, PanelOut, PanelSeatIn, PanelSheetOut
from evaluation.panels.seating_rules import Limits
from evaluation.panels.tables import Panel, PanelSeat
from shared.directory import ensure_policy, policy_on
from shared.http import (
    CurrentActor,
    CurrentWork,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.rules import require

router = Router(prefix="/v1/evaluation/panels", tags=["panels"])
ROUTERS: Final = (router,)
CONFLICTS = (
    "PANEL_COLLEAGUES",
    "EXPERT_OVERLOADED",
    "EXPERT_REPEATED",
    "EXPERT_INACTIVE",
    "EXPERT_AWAY",
    "COI_CURRENT_ORG",
    "COI_EMPLOYMENT_3Y",
    "COI_BOARD",
    "COI_SHAREHOLDING",
    "COI_KINSHIP",
    "COI_COAUTHORED",
    "COI_GOVERNANCE_SEAT",
)
HANDLERS = access("handler", tenant="any subject under review", rules=("A120", "X03", "X08"))
# Members are let in to be told that there is nothing: who reviews them is not theirs to know.
READERS = access("official", "member", "expert", "agency", tenant="officials not on the panel")


@dataclass(frozen=True, slots=True)
class Asked:
    """A body, with what the registry says of its subject."""

    body: PanelIn
    application: ReviewSubject | None


async def asked(body: PanelIn, work: CurrentWork, services: Services, today: Today) -> Asked:
    """Ask the registry about an application, unless the answer was kept already."""
    await work.replay()
    await ensure_policy(services, work.sessions, today)
    if body.subject_type is SubjectType.CASE:
        return Asked(body, None)
    return Asked(body, await clients.application_subject(services, body.subject_id))


@router.post(
    "",
    operation_id="evaluation_form_panel",
    status_code=201,
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "NOT_FOUND",
        "PANEL_SIZE",
        "PANEL_FIELD_MISSING",
        *CONFLICTS,
        "FIELD_INVALID",
        "STATE_CONFLICT",
    ),
)
async def form(
    asked: Annotated[Asked, Depends(asked)],
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> PanelOut:
    """Form a panel; a refusal names every conflict of every expert with the fact behind it."""
    body = asked.body
    seats: dict[UUID, list[UUID]] = {one: [] for one in body.expert_ids}
    limits = Limits(body.max_load, {one.expert_id: one.max_load for one in body.loads})
    require(work_checks(body.until_on, today))
    policy = await policy_on(session, today)
    work = work_of(today, last_day(policy, today, body.until_on))
    if asked.application is not None:
        panel = await actions.form(session, actor, asked.application, seats, limits, now, work)
    else:
        panel = await actions.form_for_case(
            session, actor, body.subject_id, seats, limits, now, work
        )
    return await _shown(session, panel, response)


@router.get(
    "",
    operation_id="evaluation_list_panels",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_panels(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    subject_type: Annotated[SubjectType | None, Query(description="Only of this type.")] = None,
    subject_id: Annotated[UUID | None, Query(description="Only of this subject.")] = None,
) -> Page[PanelOut]:
    """List panels, newest first."""
    statement = queries.panels_page(actor, subject_type, subject_id)
    filters = {"subject_type": subject_type, "subject_id": subject_id}
    rows, next_cursor = await paginate(session, statement, page, [col(Panel.id).desc()], filters)
    seats = await queries.seats_of(session, [row.id for row in rows])
    waiting = await _alternates(session, seats)
    items = [
        _panel_out(row, [seat for seat in seats if seat.panel_id == row.id], waiting)
        for row in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{panel_id}",
    operation_id="evaluation_get_panel",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_panel(
    panel_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> PanelOut:
    """Show a panel with its sheets."""
    return await _shown(session, await queries.panel(session, actor, panel_id), response)


@router.post(
    "/{panel_id}/seats",
    operation_id="evaluation_refill_panel",
    status_code=201,
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "NOT_FOUND",
        "PANEL_FIELD_MISSING",
        *CONFLICTS,
        "ALTERNATE_PASSED_OVER",
        "ALTERNATES_EXHAUSTED",
        "STATE_CONFLICT",
    ),
)
async def refill(
    panel_id: UUID,
    body: PanelSeatIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> PanelOut:
    """Fill a vacant seat by its first alternate who still can, or by an expert of its field."""
    panel = await actions.refill(session, actor, panel_id, body, now, today)
    return await _shown(session, panel, response)


async def _shown(session: AsyncSession, panel: Panel, response: Response) -> PanelOut:
    tagged(response, panel.version)
    seats = await queries.seats_of(session, [panel.id])
    return _panel_out(panel, seats, await _alternates(session, seats))


async def _alternates(session: AsyncSession, seats: list[PanelSeat]) -> dict[UUID, list[UUID]]:
    return {
        vacancy.seat_id: [one.expert_id for one in vacancy.alternates]
        for vacancy in await seating_queries.vacancies_of(session, seats)
    }


def _panel_out(panel: Panel, seats: list[PanelSeat], waiting: dict[UUID, list[UUID]]) -> PanelOut:
    return PanelOut(
        **panel.model_dump(),
        vacant_fields=queries.vacant_fields(seats),
        sheets=[
            PanelSheetOut(
                id=seat.id,
                expert_id=seat.expert_id,
                field=seat.field,
                vacated=seat.vacated_at is not None,
                replaces_id=seat.replaces_seat_id,
                alternate_rank=seat.alternate_rank,
                passed_over=seat.passed_over,
                alternates=waiting.get(seat.id, []),
            )
            for seat in seats
        ],
    )
