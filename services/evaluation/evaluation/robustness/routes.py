"""Steadiness of results over HTTP: officials read it, nobody's points depend on it."""

from typing import Annotated, Any, Final
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Query, Request

from evaluation.robustness import actions, queries, rules
from evaluation.robustness.draw_rules import DRAWS
from evaluation.robustness.schemas import (
    CaseSteadinessOut,
    RobustnessRunOut,
    run_out,
    steadiness,
)
from shared.http import CurrentActor, Now, Reading, Router, Today, Transaction, access, problems
from shared.http.schemas import Code
from shared.rules import found

cycles = Router(prefix="/v1/evaluation/cycles", tags=["robustness"])
cases = Router(prefix="/v1/evaluation/cases", tags=["robustness"])
ROUTERS: Final = (cycles, cases)
OFFICIALS = access("official", tenant="any cycle and case", rules=("A126",))


async def tried(cycle_id: UUID, request: Request, actor: CurrentActor) -> dict[str, Any]:
    """Try a cycle's results before any transaction opens: it takes seconds for many centres."""
    async with request.app.state.database.sessions.reading() as session:
        results = await actions.results_of(session, actor, cycle_id)
    return await to_thread.run_sync(results.tried)


Tried = Annotated[dict[str, Any], Depends(tried)]


@cycles.post(
    "/{cycle_id}/robustness",
    operation_id="evaluation_try_robustness",
    status_code=201,
    openapi_extra=access("handler", tenant="any cycle", rules=("A126",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "STALE_INPUT"),
)
async def try_cycle(
    cycle_id: UUID,  # noqa: ARG001 - `tried` reads it
    actor: CurrentActor,
    now: Now,
    told: Tried,
    session: Transaction,
) -> RobustnessRunOut:
    """Try how ratings and ranks of a cycle move, and keep what was found."""
    run = await actions.keep(session, actor, told, now)
    return run_out(run, stale=False)


@cycles.get(
    "/{cycle_id}/robustness",
    operation_id="evaluation_get_robustness",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def get_cycle(cycle_id: UUID, actor: CurrentActor, session: Reading) -> RobustnessRunOut:
    """Show the newest run of a cycle, and whether results were computed since."""
    run = found(await queries.newest_run(session, cycle_id))
    results = await actions.results_of(session, actor, cycle_id)
    return run_out(run, stale=run.inputs_hash != rules.inputs_hash(results.stances))


@cases.get(
    "/{case_id}/robustness",
    operation_id="evaluation_get_case_robustness",
    openapi_extra=OFFICIALS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_MISSING", "SNAPSHOT_CHANGED", "SHEETS_TOO_FEW",
        "RESULT_VOID", "RESULT_DIFFERS",
    ),
)  # fmt: skip
async def get_case(
    case_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    profile: Annotated[
        Code | None, Query(description="Another weight profile, as in a preview: code or id.")
    ] = None,
) -> CaseSteadinessOut:
    """Tell how a case's result, or a preview of it, moves. Ranks are the cycle's to tell."""
    stance = await actions.of_case(session, actor, case_id, profile, today)
    row = await to_thread.run_sync(rules.case_document, stance, DRAWS)
    return CaseSteadinessOut.model_validate(steadiness(row))
