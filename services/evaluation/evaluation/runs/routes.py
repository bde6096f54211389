"""Runs over a cycle over HTTP."""

from typing import Final
from uuid import UUID

from sqlmodel import col

from evaluation.runs import actions, queries
from evaluation.runs.rules import CycleRunKind
from evaluation.runs.schemas import CycleRunCaseOut, CycleRunOut
from evaluation.runs.tables import CycleRunCase
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

cycles = Router(prefix="/v1/evaluation/cycles", tags=["cycles"])
runs = Router(prefix="/v1/evaluation/cycle-runs", tags=["cycles"])
ROUTERS: Final = (cycles, runs)
OFFICIALS = access("official", tenant="any cycle", rules=("A126",))


@cycles.post(
    "/{cycle_id}/computations",
    operation_id="evaluation_compute_cycle",
    status_code=202,
    openapi_extra=access("handler", tenant="any cycle", rules=("A126", "X03", "X13")),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def compute_cycle(
    cycle_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> CycleRunOut:
    """Have every open case of a cycle frozen and computed, in the caller's name."""
    run = await actions.ask(session, actor, cycle_id, CycleRunKind.COMPUTATION, now)
    return CycleRunOut.model_validate(run)


@cycles.post(
    "/{cycle_id}/robustness",
    operation_id="evaluation_try_robustness",
    status_code=202,
    openapi_extra=access("handler", tenant="any cycle", rules=("A126",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def try_cycle(
    cycle_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> CycleRunOut:
    """Have it tried how ratings and ranks of a cycle move, and what was found kept."""
    run = await actions.ask(session, actor, cycle_id, CycleRunKind.ROBUSTNESS, now)
    return CycleRunOut.model_validate(run)


@runs.get(
    "/{run_id}",
    operation_id="evaluation_get_cycle_run",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_run(
    run_id: UUID,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
) -> CycleRunOut:
    """Show how far a run is."""
    return CycleRunOut.model_validate(await queries.run(session, run_id))


@runs.get(
    "/{run_id}/cases",
    operation_id="evaluation_list_cycle_run_cases",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH"),
)
async def list_cases(
    run_id: UUID,
    page: PageQuery,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
) -> Page[CycleRunCaseOut]:
    """List what a computation came to for each case, by case."""
    run = await queries.run(session, run_id)
    keys = [col(CycleRunCase.case_id)]
    rows, next_cursor = await paginate(
        session, queries.cases_page(run.id), page, keys, {"run_id": run.id}
    )
    items = [CycleRunCaseOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)
