"""Objections over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Depends

from evaluation.cycles import queries as cycles
from evaluation.objections import actions, queries
from evaluation.objections.clients import KnownNow
from evaluation.objections.schemas import (
    ResultObjectionDecisionIn,
    ResultObjectionIn,
    ResultObjectionOut,
)
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    Now,
    Page,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)

cases = Router(prefix="/v1/evaluation/cases", tags=["objections"])
router = Router(prefix="/v1/evaluation/objections", tags=["objections"])
ROUTERS: Final = (cases, router)
OWN: Final = "officials all, those who run a centre its own"


@cases.post(
    "/{case_id}/objections",
    operation_id="evaluation_object_to_result",
    status_code=201,
    openapi_extra=access("member", tenant="a centre that one runs", rules=("X09", "X04")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "OBJECTION_TOO_LATE",
        "INDICATOR_UNKNOWN", "SOD_VIOLATION", "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(ResultObjectionIn))],
)  # fmt: skip
async def object_to_result(
    case_id: UUID,
    body: ResultObjectionIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> ResultObjectionOut:
    """Object to single leaves of the published result, within five working days."""
    leaves = [leaf.model_dump(mode="json") for leaf in body.leaves]
    row = await actions.file(session, actor, case_id, leaves, now, today)
    return ResultObjectionOut.model_validate(row)


@cases.get(
    "/{case_id}/objections",
    operation_id="evaluation_list_result_objections",
    openapi_extra=access("official", "member", tenant=OWN, rules=("X04",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def list_objections(
    case_id: UUID, actor: CurrentActor, session: Reading
) -> Page[ResultObjectionOut]:
    """List the objections in a case."""
    case = await cycles.case(session, actor, case_id)
    rows = await queries.objections_of(session, case.id)
    return Page(items=[ResultObjectionOut.model_validate(row) for row in rows])


@router.post(
    "/{objection_id}/decision",
    operation_id="evaluation_decide_objection",
    openapi_extra=access("handler", tenant="any case", rules=("X09", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "INDICATOR_UNKNOWN", "FIELD_INVALID",
        "SOD_VIOLATION",
    ),
)  # fmt: skip
async def decide(
    objection_id: UUID,
    body: ResultObjectionDecisionIn,
    actor: CurrentActor,
    now: Now,
    known: KnownNow,
    session: Transaction,
) -> ResultObjectionOut:
    """Reopen single leaves, or dismiss the objection."""
    row = await actions.decide(session, actor, objection_id, body.leaves, body.reason, known, now)
    return ResultObjectionOut.model_validate(row)
