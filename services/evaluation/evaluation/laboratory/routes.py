"""The laboratory over HTTP. Every session here is a reading one: nothing can be written."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query

from evaluation.laboratory import actions, what_if_rules
from evaluation.laboratory.schemas import WhatIfIn, WhatIfOut
from evaluation.results.rules import Outcome
from shared.http import CurrentActor, Reading, Router, Today, access, problems

cases = Router(prefix="/v1/evaluation/cases", tags=["laboratory"])
ROUTERS: Final = (cases,)


@cases.post(
    "/{case_id}/what-if",
    operation_id="evaluation_suppose",
    openapi_extra=access(
        "official", "member", "service",
        tenant="officials see all, a centre's operator and lead theirs once it is published",
        rules=("A126", "A129", "A132"),
    ),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "WEIGHTS_NOT_100", "SCHEME_INVALID", "VALUE_NEGATIVE",
        "SNAPSHOT_MISSING", "SNAPSHOT_CHANGED", "SHEETS_TOO_FEW", "RESULT_VOID", "RESULT_DIFFERS",
    ),
)  # fmt: skip
async def what_if(
    case_id: UUID,
    body: WhatIfIn,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    version: Annotated[
        int | None, Query(ge=1, le=10_000, description="An earlier version of the result.")
    ] = None,
) -> WhatIfOut:
    """Compute a case under other weights or targets, leaf by leaf beside its result.

    It keeps nothing.
    """
    found = await actions.what_if(session, actor, case_id, body.supposition(), version, today)
    before, after = found.before.document, found.after.document
    return WhatIfOut.model_validate(
        {
            "case_id": found.case.id,
            "version": found.version,
            "unchanged": found.before.result_hash == found.after.result_hash,
            "total_change": what_if_rules.total_change(before, after),
            "before": _whole(found.before),
            "after": _whole(found.after),
            "leaves": what_if_rules.differences(before, after),
        }
    )


def _whole(outcome: Outcome) -> dict[str, Any]:
    return {**outcome.document, "result_hash": outcome.result_hash}
