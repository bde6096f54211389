"""Ties and accounts that become known, and what they mean for seats, over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Response

from evaluation.conflicts import actions, queries
from evaluation.conflicts.schemas import SeatConflictOut, SeatConflictsOut, UnknownOwnerOut
from evaluation.experts.routes import KEEPERS, shown
from evaluation.experts.schemas import (
    ExpertAccountIn,
    ExpertEmployerIn,
    ExpertOut,
    ExpertRelationEndIn,
    ExpertRelationIn,
)
from evaluation.panels import queries as panels
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    problems,
)

experts = Router(prefix="/v1/evaluation/experts", tags=["experts"])
seats = Router(prefix="/v1/evaluation/panels", tags=["panels"])
owners = Router(prefix="/v1/evaluation/unknown-owners", tags=["experts"])
ROUTERS: Final = (experts, seats, owners)


@experts.post(
    "/{expert_id}/relations",
    operation_id="evaluation_add_expert_relation",
    status_code=201,
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "USCC_FORMAT", "USCC_CHECK_DIGIT"),
)
async def add_relation(
    expert_id: UUID,
    body: ExpertRelationIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Enter a tie that became known."""
    expert = await actions.add_relation(session, actor, expert_id, body, now)
    return await shown(session, expert, response)


@experts.post(
    "/{expert_id}/employer",
    operation_id="evaluation_change_expert_employer",
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "FIELD_INVALID", "USCC_FORMAT", "USCC_CHECK_DIGIT"
    ),
)
async def change_employer(
    expert_id: UUID,
    body: ExpertEmployerIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Enter who employs the expert from a day on; the employer before becomes a tie that ended."""
    expert = await actions.change_employer(session, actor, expert_id, body, now)
    return await shown(session, expert, response)


@experts.post(
    "/{expert_id}/relations/{relation_id}/end",
    operation_id="evaluation_end_expert_relation",
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "DAYS_REVERSED"),
)
async def end_relation(
    expert_id: UUID,
    relation_id: UUID,
    body: ExpertRelationEndIn,
    actor: CurrentActor,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Enter the last day of a tie."""
    expert = await actions.end_relation(session, actor, expert_id, relation_id, body.until_on)
    return await shown(session, expert, response)


@experts.post(
    "/{expert_id}/accounts",
    operation_id="evaluation_add_expert_account",
    status_code=201,
    openapi_extra=access("handler", tenant="any expert of the pool", rules=("X03", "X08")),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "ALREADY_EXISTS"),
)
async def add_account(
    expert_id: UUID,
    body: ExpertAccountIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Enter another account of the expert's person; its duties and ties count from now on."""
    expert = await actions.add_account(session, actor, expert_id, body.person_id, now)
    return await shown(session, expert, response)


@owners.get(
    "",
    operation_id="evaluation_list_unknown_owners",
    openapi_extra=access("official", tenant="the whole pool and register", rules=("X08",)),
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_unknown_owners(page: PageQuery, session: Reading) -> Page[UnknownOwnerOut]:
    """List companies that ties or the register name and that nobody entered, by code.

    Ties are followed through companies as far as the register knows who holds them: entering one
    there judges again every seat that it touches.
    """
    rows, next_cursor = await queries.page_of_unknown_owners(session, page)
    items = [
        UnknownOwnerOut(uscc=uscc, experts=experts, organizations=organizations)
        for uscc, experts, organizations in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


@seats.get(
    "/{panel_id}/conflicts",
    operation_id="evaluation_list_seat_conflicts",
    openapi_extra=access("official", tenant="panels the official does not sit on", rules=("X08",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def list_conflicts(panel_id: UUID, actor: CurrentActor, session: Reading) -> SeatConflictsOut:
    """List the conflicts found on a panel's seats since it was formed."""
    panel = await panels.panel(session, actor, panel_id)
    rows = await queries.seat_conflicts(session, panel.id)
    return SeatConflictsOut(items=[SeatConflictOut.model_validate(row) for row in rows])
