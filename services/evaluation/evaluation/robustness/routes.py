"""Steadiness of results over HTTP: officials read it, nobody's points depend on it."""

from typing import Annotated, Final
from uuid import UUID

from anyio import to_thread
from fastapi import Query

from evaluation.robustness import actions, queries, rules
from evaluation.robustness.draw_rules import DRAWS
from evaluation.robustness.schemas import (
    CaseSteadinessOut,
    RobustnessRunOut,
    run_out,
    steadiness,
)
from shared.http import CurrentActor, Reading, Router, Today, access, problems
from shared.http.schemas import Code
from shared.rules import found

cycles = Router(prefix="/v1/evaluation/cycles", tags=["robustness"])
cases = Router(prefix="/v1/evaluation/cases", tags=["robustness"])
ROUTERS: Final = (cycles, cases)
OFFICIALS = access("official", tenant="any cycle and case", rules=("A126",))


@cycles.get(
    "/{cycle_id}/robustness",
    operation_id="evaluation_get_robustness",
    openapi_extra=OFFICIALS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "RESULT_VOID", "SNAPSHOT_CHANGED"
    ),
)
async def get_cycle(cycle_id: UUID, actor: CurrentActor, session: Reading) -> RobustnessRunOut:
    """Show the newest run of a cycle, and whether results were computed since.

    Cases on whose panel the caller sits himself are left out.
    """
    run = found(await queries.newest_run(session, cycle_id))
    results = await actions.results_of(session, actor, cycle_id)
    own = await queries.own_cases(session, actor, cycle_id)
    return run_out(run, stale=run.inputs_hash != rules.inputs_hash(results.stances), hidden=own)


@cases.get(
    "/{case_id}/robustness",
    operation_id="evaluation_get_case_robustness",
    openapi_extra=OFFICIALS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_MISSING", "SNAPSHOT_CHANGED", "SHEETS_TOO_FEW",
        "RESULT_VOID", "RESULT_DIFFERS", "LEAF_WAITING", "SHEETS_WAITING", "SHEET_INCOMPLETE",
        "PANEL_INCOMPLETE", "VALUE_NEGATIVE", "WEIGHTS_NOT_100",
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
