"""Working days: how they are counted, which ones differ, and who declares them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.programme import actions, queries
from registry.programme.calendar_rules import ChangeState
from registry.programme.schemas import (
    DayChangeIn,
    DayChangeOut,
    DeclaredDayOut,
    ReasonIn,
    WorkingDaysOut,
)
from registry.programme.tables import WorkingDayChange, WorkingDayOverride
from shared.http import (
    CurrentActor,
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

PUBLIC = "everyone sees the same"
CACHE = "public, max-age=60"

calendar = Router(prefix="/v1/registry/working-days", tags=["programme"])
changes = Router(prefix="/v1/registry/working-day-changes", tags=["programme"])


@calendar.get(
    "",
    operation_id="registry_add_working_days",
    openapi_extra=access(tenant=PUBLIC, rules=("X10",)),
    responses=problems(),
)
async def add_working_days(
    after: Annotated[Day, Query(description="The day before the period begins.")],
    working_days: Annotated[int, Query(ge=0, le=500, description="Length of the period.")],
    session: Reading,
) -> WorkingDaysOut:
    """Tell the last day of a period of working days, as every deadline here counts it."""
    days = await queries.working_days(session)
    last = days.add(after, working_days)
    return WorkingDaysOut(
        after=after,
        working_days=working_days,
        last_day=last,
        provisional=days.is_provisional(last),
    )


@calendar.get(
    "/overrides",
    operation_id="registry_list_declared_days",
    openapi_extra=access(tenant=PUBLIC, rules=("X10",)),
    responses=problems(),
)
async def list_declared_days(
    page: PageQuery,
    response: Response,
    session: Reading,
    year: Annotated[int | None, Query(ge=2004, le=2999, description="Only this year.")] = None,
) -> Page[DeclaredDayOut]:
    """List the days that differ from the published calendar, or that nobody has published yet."""
    response.headers["Cache-Control"] = CACHE
    rows, cursor = await paginate(
        session,
        queries.overrides(year),
        page,
        keys=[col(WorkingDayOverride.day)],
        filters={"year": year},
    )
    return Page(items=[DeclaredDayOut.model_validate(row) for row in rows], next_cursor=cursor)


@changes.post(
    "",
    status_code=201,
    operation_id="registry_propose_working_days",
    openapi_extra=access("handler", tenant="officials", rules=("X10",)),
    responses=problems("FORBIDDEN_SCOPE", "DAYS_PASSED"),
)
async def propose(
    body: DayChangeIn, actor: CurrentActor, today: Today, session: Transaction
) -> DayChangeOut:
    """Propose that days are worked or free; they count once another official agrees."""
    days = [day.model_dump() for day in body.days]
    change = await actions.propose_days(session, actor, days, body.source, today)
    return DayChangeOut.model_validate(change)


@changes.get(
    "",
    operation_id="registry_list_working_day_changes",
    openapi_extra=access("official", tenant="officials", rules=("X10",)),
    responses=problems("FORBIDDEN_SCOPE"),
)
async def list_changes(
    page: PageQuery,
    session: Reading,
    state: Annotated[ChangeState | None, Query(description="In this state.")] = None,
) -> Page[DayChangeOut]:
    """List proposals, newest first."""
    rows, cursor = await paginate(
        session,
        queries.day_changes(state),
        page,
        keys=[col(WorkingDayChange.id).desc()],
        filters={"state": state},
    )
    return Page(items=[DayChangeOut.model_validate(row) for row in rows], next_cursor=cursor)


@changes.post(
    "/{change_id}/approve",
    operation_id="registry_approve_working_days",
    openapi_extra=access("approver", tenant="officials", rules=("X10", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT", "DAYS_PASSED"),
)
async def approve(
    change_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> DayChangeOut:
    """Let a proposal count; whoever proposed it cannot."""
    change = await actions.approve_days(session, actor, change_id, today)
    return DayChangeOut.model_validate(change)


@changes.post(
    "/{change_id}/reject",
    operation_id="registry_reject_working_days",
    openapi_extra=access("approver", tenant="officials", rules=("X10", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def reject(
    change_id: UUID, body: ReasonIn, actor: CurrentActor, today: Today, session: Transaction
) -> DayChangeOut:
    """Turn a proposal down, with a reason."""
    change = await actions.reject_days(session, actor, change_id, body.reason, today)
    return DayChangeOut.model_validate(change)
