"""The HTTP face of centres."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from registry.centers import actions, queries
from registry.centers.rules import Stage
from registry.centers.schemas import (
    CenterOut,
    StageChangeListOut,
    StageChangeOut,
)
from registry.centers.tables import Center
from registry.memberships.queries import center_members
from registry.memberships.schemas import InvitationIn, MembershipOut
from registry.memberships.tables import Membership
from shared.http import (
    CurrentActor,
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
    "/{center_id}/members",
    operation_id="registry_list_center_members",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def list_members(
    center_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[MembershipOut]:
    """List a centre's memberships with their days, ended ones included."""
    center = await queries.center_seen(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        center_members(center.id),
        page,
        keys=[col(Membership.invited_at), col(Membership.id)],
        filters={},
    )
    items = [MembershipOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post(
    "/{center_id}/members",
    status_code=201,
    operation_id="registry_invite_center_member",
    openapi_extra=access(
        "member", tenant="the lead sponsor or legal entity", rules=("A049", "X17")
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "DISHONEST_ORG", "STATE_CONFLICT"),
)
async def invite_member(
    center_id: UUID,
    body: InvitationIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> MembershipOut:
    """Invite an organization to a listed centre; its membership begins when it confirms."""
    membership = await actions.invite_to_listed(
        session,
        actor,
        center_id,
        org_id=body.org_id,
        role=body.role,
        chain_position=body.chain_position,
        today=today,
        now=now,
    )
    return MembershipOut.model_validate(membership)


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
