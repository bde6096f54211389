"""Absences over HTTP: an expert tells his own, handlers anybody's; officials see what follows."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from sqlmodel import col

from evaluation.absences import actions, queries
from evaluation.absences.schemas import (
    ExpertAbsenceEndIn,
    ExpertAbsenceIn,
    ExpertAbsenceOut,
    ExpertAbsenceRecordedOut,
    SeatAbsenceOut,
    SeatAbsencesOut,
)
from evaluation.experts import absence_queries
from evaluation.experts import queries as expert_queries
from evaluation.experts.tables import ExpertAbsence
from evaluation.panels import queries as panel_queries
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
from shared.http.schemas import Day

experts = Router(prefix="/v1/evaluation/experts", tags=["experts"])
seats = Router(prefix="/v1/evaluation/panels", tags=["panels"])
ROUTERS: Final = (experts, seats)
KEEPERS: Final = access(
    "handler", "expert", tenant="any expert for a handler, an expert himself", rules=("A119",)
)


@experts.post(
    "/{expert_id}/absences",
    operation_id="evaluation_record_expert_absence",
    status_code=201,
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "DAYS_REVERSED", "FIELD_INVALID", "ABSENCES_OVERLAP"
    ),
)
async def record_absence(
    expert_id: UUID,
    body: ExpertAbsenceIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> ExpertAbsenceRecordedOut:
    """Record days on which an expert is away: no panel that works then asks him.

    Seats that he holds already stay his, and are told.
    """
    absence = await actions.away(session, actor, expert_id, body, now, today)
    sheets = await queries.sheets_away(session, absence.id, today)
    return ExpertAbsenceRecordedOut(**absence.model_dump(), sheets=sheets)


@experts.get(
    "/{expert_id}/absences",
    operation_id="evaluation_list_expert_absences",
    openapi_extra=access(
        "official", "expert", tenant="officials, and an expert himself", rules=("A119",)
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH"),
)
async def list_absences(
    expert_id: UUID,
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    until_from: Annotated[
        Day | None, Query(description="Leaves out what ended before this day.")
    ] = None,
) -> Page[ExpertAbsenceOut]:
    """List when an expert is or was away, withdrawn days too, the latest first."""
    await expert_queries.expert(session, actor, expert_id)
    rows, next_cursor = await paginate(
        session,
        absence_queries.absences(expert_id, until_from),
        page,
        [col(ExpertAbsence.from_on).desc(), col(ExpertAbsence.id).desc()],
        {"expert_id": expert_id, "until_from": until_from},
    )
    items = [ExpertAbsenceOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@experts.post(
    "/{expert_id}/absences/{absence_id}/end",
    operation_id="evaluation_end_expert_absence",
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "FIELD_INVALID", "STATE_CONFLICT", "ABSENCE_OVER"
    ),
)
async def end_absence(
    expert_id: UUID,
    absence_id: UUID,
    body: ExpertAbsenceEndIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ExpertAbsenceOut:
    """Let an absence end earlier than was recorded."""
    absence = await actions.end(session, actor, expert_id, absence_id, body.until_on, today)
    return ExpertAbsenceOut.model_validate(absence)


@experts.post(
    "/{expert_id}/absences/{absence_id}/withdraw",
    operation_id="evaluation_withdraw_expert_absence",
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "ABSENCE_BEGUN"),
)
async def withdraw_absence(
    expert_id: UUID,
    absence_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> ExpertAbsenceOut:
    """Take back an absence that begins today or later; the expert may be asked for those days."""
    absence = await actions.withdraw(session, actor, expert_id, absence_id, now, today)
    return ExpertAbsenceOut.model_validate(absence)


@seats.get(
    "/{panel_id}/absences",
    operation_id="evaluation_list_seat_absences",
    openapi_extra=access("official", tenant="panels the official does not sit on", rules=("A119",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def list_seat_absences(
    panel_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> SeatAbsencesOut:
    """List the seats of a panel that wait for a sheet while their expert is away."""
    panel = await panel_queries.panel(session, actor, panel_id)
    rows = await queries.seats_away(session, panel.id, today)
    return SeatAbsencesOut(items=[SeatAbsenceOut.model_validate(row) for row in rows])
