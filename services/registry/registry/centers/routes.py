"""The HTTP face of centres."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.centers import queries
from registry.centers.rules import Stage
from registry.centers.schemas import (
    CenterOut,
    StageChangeListOut,
    StageChangeOut,
)
from registry.centers.tables import Center
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    access,
    paginate,
    problems,
    tagged,
)

SEEN = "listed centres by everyone; a candidate by those concerned, by officials once submitted"
SIGNED_IN = ("member", "expert", "official", "agency", "service")

router = Router(prefix="/v1/registry/centers", tags=["centers"])


@router.get(
    "",
    operation_id="registry_list_centers",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
)
async def list_centers(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    code: Annotated[str | None, Query(max_length=16, description="Only this code.")] = None,
    stage: Annotated[Stage | None, Query(description="Only those in a stage.")] = None,
    lead_sponsor_id: Annotated[UUID | None, Query(description="Only those it leads.")] = None,
) -> Page[CenterOut]:
    """List the centres that one may see, newest first."""
    asked = {"code": code, "stage": stage, "lead_sponsor_id": lead_sponsor_id}
    statement = queries.centers(actor)
    for name, value in asked.items():
        if value is not None:
            statement = statement.where(col(getattr(Center, name)) == value)
    rows, next_cursor = await paginate(
        session,
        statement,
        page,
        keys=[col(Center.created_at).desc(), col(Center.id).desc()],
        filters=asked,
    )
    return Page(items=[CenterOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{center_id}",
    operation_id="registry_get_center",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def get_center(
    center_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> CenterOut:
    """Read a centre."""
    center = await queries.center_seen(session, actor, center_id)
    tagged(response, center.version)
    return CenterOut.model_validate(center)


@router.get(
    "/{center_id}/stage-changes",
    operation_id="registry_list_stage_changes",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A101",)),
    responses=problems("NOT_FOUND"),
)
async def list_stage_changes(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> StageChangeListOut:
    """List a centre's steps from stage to stage."""
    center = await queries.center_seen(session, actor, center_id)
    rows = await queries.stage_changes(session, center.id)
    return StageChangeListOut(items=[StageChangeOut.model_validate(row) for row in rows])
