"""Cycles and cases over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.cycles import actions, queries
from evaluation.cycles.rules import CaseState, CycleState, clause_of
from evaluation.cycles.schemas import (
    AskedYear,
    CycleExclusionOut,
    EvaluationCaseOut,
    EvaluationCycleChange,
    EvaluationCycleDetailOut,
    EvaluationCycleIn,
    EvaluationCycleOut,
)
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from shared.directory import policy_on
from shared.http import (
    CurrentActor,
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

router = Router(prefix="/v1/evaluation/cycles", tags=["cycles"])
cases = Router(prefix="/v1/evaluation/cases", tags=["cycles"])
ROUTERS: Final = (router, cases)
READERS = access("official", "member", "expert", "service", tenant="cycles are known to all")
KEEPERS = access("handler", tenant="any cycle", rules=("A124", "A130", "A132"))
# Experts and agencies are let in to be told that there is nothing of theirs.
CASE_READERS = access(
    "official", "member", "expert", "agency", "service",
    tenant="officials see all, a centre's operator and lead theirs",
)  # fmt: skip


@router.post(
    "",
    operation_id="evaluation_plan_cycle",
    status_code=201,
    openapi_extra=KEEPERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "FIELD_INVALID", "WEIGHTS_NOT_100"),
)
async def plan(
    body: EvaluationCycleIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> EvaluationCycleDetailOut:
    """Plan a year's evaluation."""
    policy = await policy_on(session, today)
    return await _shown(session, await actions.plan(session, actor, body, policy, now), response)


@router.get(
    "",
    operation_id="evaluation_list_cycles",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_cycles(
    page: PageQuery,
    session: Reading,
    state: Annotated[CycleState | None, Query(description="Planned or open.")] = None,
    year: Annotated[AskedYear | None, Query(description="The year that is judged.")] = None,
) -> Page[EvaluationCycleOut]:
    """List cycles, newest first."""
    statement = queries.cycles_page(state, year)
    filters = {"state": state, "year": year}
    rows, next_cursor = await paginate(
        session, statement, page, [col(EvaluationCycle.id).desc()], filters
    )
    items = [EvaluationCycleOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{cycle_id}",
    operation_id="evaluation_get_cycle",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_cycle(
    cycle_id: UUID, response: Response, session: Reading
) -> EvaluationCycleDetailOut:
    """Show a cycle with the centres that it leaves out."""
    return await _shown(session, await queries.cycle(session, cycle_id), response)


@router.patch(
    "/{cycle_id}",
    operation_id="evaluation_change_cycle",
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "STATE_CONFLICT", "WEIGHTS_NOT_100"
    ),
)
async def change(
    cycle_id: UUID,
    body: EvaluationCycleChange,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> EvaluationCycleDetailOut:
    """Change a cycle before it opens; afterwards its days and weights are fixed for all."""
    cycle = await actions.change(session, actor, cycle_id, body, version)
    return await _shown(session, cycle, response)


@router.post(
    "/{cycle_id}/open",
    operation_id="evaluation_open_cycle",
    openapi_extra=KEEPERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "DAY_IN_FUTURE", "YEARS_OVERLAP",
        "WEIGHTS_NOT_100",
    ),
)  # fmt: skip
async def open_cycle(
    cycle_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> EvaluationCycleDetailOut:
    """Open a cycle: freeze the scheme and make a case for each centre in scope."""
    return await _shown(session, await actions.open_cycle(session, actor, cycle_id, now), response)


@cases.get(
    "",
    operation_id="evaluation_list_cases",
    openapi_extra=CASE_READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_cases(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    cycle_id: Annotated[UUID | None, Query(description="Cases of one cycle.")] = None,
    center_id: Annotated[UUID | None, Query(description="Cases of one centre.")] = None,
    state: Annotated[CaseState | None, Query(description="Where they stand.")] = None,
    year: Annotated[AskedYear | None, Query(description="The year that is judged.")] = None,
) -> Page[EvaluationCaseOut]:
    """List the cases that one may see, newest first."""
    statement = queries.cases_page(
        actor, cycle_id=cycle_id, center_id=center_id, state=state, year=year
    )
    filters = {"cycle_id": cycle_id, "center_id": center_id, "state": state, "year": year}
    rows, next_cursor = await paginate(
        session, statement, page, [col(EvaluationCase.id).desc()], filters
    )
    items = [EvaluationCaseOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@cases.get(
    "/{case_id}",
    operation_id="evaluation_get_case",
    openapi_extra=CASE_READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_case(
    case_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> EvaluationCaseOut:
    """Show a case."""
    case = await queries.case(session, actor, case_id)
    tagged(response, case.version)
    return EvaluationCaseOut.model_validate(case)


async def _shown(
    session: AsyncSession, cycle: EvaluationCycle, response: Response
) -> EvaluationCycleDetailOut:
    left_out = await queries.exclusions(session, cycle.id)
    tagged(response, cycle.version)
    return EvaluationCycleDetailOut(
        **cycle.model_dump(),
        excluded=[
            CycleExclusionOut(
                center_id=row.center_id, reason=row.reason, clause=clause_of(row.reason)
            )
            for row in left_out
        ],
    )
