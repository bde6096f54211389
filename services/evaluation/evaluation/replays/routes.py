"""Recomputation and replay bundles over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from evaluation.replays import actions
from evaluation.replays.schemas import RecomputationOut
from evaluation.schemes.rules import canonical
from shared.http import CurrentActor, Reading, Router, access, problems

router = Router(prefix="/v1/evaluation/cases", tags=["results"])
ROUTERS: Final = (router,)
Version = Annotated[
    int | None, Query(ge=1, le=10_000, description="An earlier version of the result.")
]


@router.get(
    "/{case_id}/result/recomputation",
    operation_id="evaluation_recompute_result",
    openapi_extra=access("official", "service", tenant="any case", rules=("X13",)),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_CHANGED", "RESULT_DIFFERS", "RESULT_VOID"
    ),
)
async def recompute(
    case_id: UUID, actor: CurrentActor, session: Reading, version: Version = None
) -> RecomputationOut:
    """Compute a kept result again from its stored inputs, however old it is."""
    kept, outcome = await actions.recompute(session, actor, case_id, version)
    return RecomputationOut.model_validate(
        {
            **outcome.document,
            "case_id": kept.case.id,
            "version": kept.result.version,
            "result_hash": outcome.result_hash,
        }
    )


@router.get(
    "/{case_id}/result/bundle",
    operation_id="evaluation_get_result_bundle",
    openapi_extra=access(
        "official", "member", "expert", "agency", "service",
        tenant="officials see all, a centre's operator and lead theirs once it is published",
        rules=("X04", "X11", "X13"),
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_CHANGED", "RESULT_VOID"),
    response_class=Response,
)  # fmt: skip
async def get_bundle(
    case_id: UUID, actor: CurrentActor, session: Reading, version: Version = None
) -> Response:
    """Give scheme, facts and sheets in one file, for `zhichuang recompute` offline.

    No sheet bears a name; a centre's own bundle has the experts' means instead of sheets.
    """
    bundle = await actions.bundle(session, actor, case_id, version)
    name = f"replay-{bundle['case']['year']}-{case_id}-v{bundle['case']['version']}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(canonical(bundle), media_type="application/json", headers=headers)
