"""Voidings over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Depends

from evaluation.voidings import actions, queries
from evaluation.voidings.schemas import (
    ResultVoidingDecisionIn,
    ResultVoidingIn,
    ResultVoidingOut,
)
from shared.evidence import evidence_of
from shared.http import CurrentActor, Now, Reading, Router, Transaction, access, problems

cases = Router(prefix="/v1/evaluation/cases", tags=["voidings"])
router = Router(prefix="/v1/evaluation/voidings", tags=["voidings"])
ROUTERS: Final = (cases, router)


@cases.post(
    "/{case_id}/voidings",
    operation_id="evaluation_propose_voiding",
    status_code=201,
    openapi_extra=access("handler", tenant="any case", rules=("X14", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "SOD_VIOLATION", "FILE_UNKNOWN"
    ),
    dependencies=[Depends(evidence_of(ResultVoidingIn))],
)
async def propose(
    case_id: UUID, body: ResultVoidingIn, actor: CurrentActor, now: Now, session: Transaction
) -> ResultVoidingOut:
    """Propose that the published result is void, because it rests on a falsehood."""
    row = await actions.propose(
        session, actor, case_id, body.ground, body.reason, body.evidence, now
    )
    return ResultVoidingOut.model_validate(row)


@router.get(
    "/{voiding_id}",
    operation_id="evaluation_get_voiding",
    openapi_extra=access("official", tenant="any case", rules=("X14",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_voiding(voiding_id: UUID, actor: CurrentActor, session: Reading) -> ResultVoidingOut:
    """Show a proposal and its decision."""
    del actor  # The route lets officials in only.
    return ResultVoidingOut.model_validate(await queries.voiding(session, voiding_id))


@router.post(
    "/{voiding_id}/decision",
    operation_id="evaluation_decide_voiding",
    openapi_extra=access("approver", tenant="any case", rules=("X14", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "STALE_INPUT", "SOD_VIOLATION"
    ),
)
async def decide(
    voiding_id: UUID,
    body: ResultVoidingDecisionIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> ResultVoidingOut:
    """Confirm or drop a proposal; confirmed, the void version is published at once."""
    row = await actions.decide(session, actor, voiding_id, body.decision, body.reason, now)
    return ResultVoidingOut.model_validate(row)
