"""The HTTP face of centres."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.centers import actions, queries
from registry.centers.rules import (
    MilestoneKind,
    MilestoneState,
    Stage,
    Zone,
    scope_checks,
    start_of,
)
from registry.centers.schemas import (
    CenterOut,
    CenterPatch,
    HistoryItemOut,
    MilestoneOut,
    PlatformMarkIn,
    StageChangeListOut,
    StageChangeOut,
)
from registry.centers.tables import Center, CenterMilestone
from shared.auth import Actor
from shared.events.tables import Event
from shared.http import (
    CurrentActor,
    IfMatch,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    check_version,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Day
from shared.rules import require

SEEN = "listed centres by everyone; a candidate by those concerned, by officials once submitted"
SIGNED_IN = ("member", "expert", "official", "agency", "service")

OWN = "the centre's legal entity, its trustee or its lead sponsor"

router = Router(prefix="/v1/registry/centers", tags=["centers"])
milestones = Router(prefix="/v1/registry/milestones", tags=["centers"])
ROUTERS = (router, milestones)


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
    chain_code: Annotated[str | None, Query(max_length=64, description="Of a chain.")] = None,
    zone: Annotated[Zone | None, Query(description="Only those in a zone.")] = None,
    yrd_platform: Annotated[bool | None, Query(description="Marked for the delta.")] = None,
) -> Page[CenterOut]:
    """List the centres that one may see, newest first."""
    asked: dict[str, Any] = {
        "code": code,
        "stage": stage,
        "lead_sponsor_id": lead_sponsor_id,
        "chain_code": chain_code,
        "yrd_platform": yrd_platform,
    }
    statement = queries.centers(actor)
    for name, value in asked.items():
        if value is not None:
            statement = statement.where(col(getattr(Center, name)) == value)
    if zone is not None:
        statement = statement.where(col(Center.zone_tags).contains([zone.value]))
    asked["zone"] = zone
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


@router.patch(
    "/{center_id}",
    operation_id="registry_classify_center",
    openapi_extra=access("member", "handler", tenant=OWN, rules=("A007", "A074")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT", "CODE_UNKNOWN"
    ),
)
async def classify_center(
    center_id: UUID,
    body: CenterPatch,
    actor: CurrentActor,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> CenterOut:
    """Tie a centre to its industry chain, its industries and its zones (JSON Merge Patch)."""
    center = await queries.center_seen_for_update(session, actor, center_id)
    if not actor.has("handler"):
        own = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
        require(scope_checks(actor.org_for(*own), own))
    check_version(center.version, version)
    kept = actions.classification_of(center)
    given = body.model_dump(exclude_unset=True)
    classification = actions.Classification(
        chain_code=given.get("chain_code", kept.chain_code),
        chain_node=given.get("chain_node", kept.chain_node),
        industry_codes=given.get("industry_codes", kept.industry_codes) or (),
        sei_codes=given.get("sei_codes", kept.sei_codes) or (),
        zone_tags=[str(zone) for zone in given.get("zone_tags", kept.zone_tags) or ()],
    )
    actions.classify(session, actor, center, classification)
    tagged(response, center.version)
    return CenterOut.model_validate(center)


@router.post(
    "/{center_id}/platform-mark",
    operation_id="registry_mark_platform",
    openapi_extra=access("reviewer", "approver", tenant="officials", rules=("A092",)),
    responses=problems("NOT_FOUND", "STATE_CONFLICT"),
)
async def mark_platform(
    center_id: UUID,
    body: PlatformMarkIn,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> CenterOut:
    """Mark a centre as serving the whole Yangtze delta, or take the mark back."""
    center = await queries.center_seen_for_update(session, actor, center_id)
    actions.mark_platform(
        session, actor, center, serves_delta=body.yrd_platform, reason=body.reason
    )
    tagged(response, center.version)
    return CenterOut.model_validate(center)


StateQuery = Annotated[MilestoneState | None, Query(description="Only those in a state.")]
KindQuery = Annotated[MilestoneKind | None, Query(description="Only those of a kind.")]


@milestones.get(
    "",
    operation_id="registry_list_milestones",
    openapi_extra=access(
        "member", "official", "service", tenant="members their own centres'", rules=("A053",)
    ),
)
async def list_milestones(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    state: StateQuery = None,
    kind: KindQuery = None,
    due_until: Annotated[Day | None, Query(description="Due on a day or before.")] = None,
) -> Page[MilestoneOut]:
    """List what centres owe, the earliest first: the handler's queue with `state=overdue`."""
    statement = queries.milestones(actor)
    if state is not None:
        statement = statement.where(col(CenterMilestone.state) == state)
    if kind is not None:
        statement = statement.where(col(CenterMilestone.kind) == kind)
    if due_until is not None:
        statement = statement.where(col(CenterMilestone.due_on) <= due_until)
    rows, next_cursor = await paginate(
        session,
        statement,
        page,
        keys=[col(CenterMilestone.due_on), col(CenterMilestone.id)],
        filters={"state": state, "kind": kind, "due_until": due_until},
    )
    return Page(items=[MilestoneOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{center_id}/milestones",
    operation_id="registry_list_center_milestones",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A053",)),
    responses=problems("NOT_FOUND"),
)
async def list_center_milestones(
    center_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[MilestoneOut]:
    """List what a centre owes or owed, the earliest first; others than its own see none."""
    center = await queries.center_seen(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        queries.milestones(actor, center.id),
        page,
        keys=[col(CenterMilestone.due_on), col(CenterMilestone.id)],
        filters={"center_id": center_id},
    )
    return Page(items=[MilestoneOut.model_validate(row) for row in rows], next_cursor=next_cursor)


async def history_ends(session: AsyncSession, actor: Actor, center: Center) -> datetime | None:
    """Give from when on a caller reads no more; raises `Refused` for who was never a member."""
    own = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
    if actor.has("official", "service") or actor.org_for(*own) in own:
        return None
    if await queries.belongs(session, center.id, actor.org_ids):
        return None
    last = await queries.belonged_until(session, center.id, actor.org_ids)
    require(scope_checks(actor.org_id, [*own, actor.org_id if last else None]))
    return None if last is None else start_of(last + timedelta(days=1))


@router.get(
    "/{center_id}/history",
    operation_id="registry_read_center_history",
    openapi_extra=access(
        "member",
        "official",
        "service",
        tenant="the centre's own, its members, and former ones up to their last day",
        rules=("A049", "A053", "A101"),
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def read_history(
    center_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[HistoryItemOut]:
    """Tell what happened to a centre, newest first: stages, entity, duties, bodies, plans.

    Who has left the centre reads what happened up to its last day as a member.
    """
    center = await queries.center_seen(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        queries.history(center.id, await history_ends(session, actor, center)),
        page,
        keys=[col(Event.recorded_at).desc(), col(Event.id).desc()],
        filters={"center_id": center_id},
    )
    return Page(items=[HistoryItemOut.model_validate(row) for row in rows], next_cursor=next_cursor)
