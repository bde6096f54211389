"""A centre's development plan: versions, adoption, filing, and the targets in force."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from registry.centers.queries import center_seen
from registry.governance import actions, queries
from registry.governance.answers import comparison_out, plan_out, target_out
from registry.governance.commands import plan_content
from registry.governance.routes.common import (
    EDIT_CODES,
    OWN,
    PREFIX,
    SEEN,
    TAGS,
    center_to_read,
    own_center,
)
from registry.governance.schemas import (
    PlanAdoptionIn,
    PlanComparisonOut,
    PlanIn,
    PlanListOut,
    PlanOut,
    PlanTargetsOut,
)
from shared.http import (
    CurrentActor,
    Now,
    Reading,
    Router,
    Today,
    Transaction,
    VersionRead,
    access,
    problems,
    tagged,
)
from shared.http.times import AsOf

router = Router(prefix=PREFIX, tags=TAGS)

YearQuery = Annotated[int | None, Query(ge=1949, le=2200, description="Only targets of a year.")]


@router.get(
    "/plan-targets",
    operation_id="registry_read_plan_targets",
    openapi_extra=access("member", "official", "service", tenant=SEEN, rules=("A083",)),
    responses=problems("NOT_FOUND"),
)
async def read_targets(
    center_id: UUID,
    actor: CurrentActor,
    session: Reading,
    as_of: AsOf,
    year: YearQuery = None,
) -> PlanTargetsOut:
    """Read the targets of the plan that was in force; without one there are none."""
    center = await center_seen(session, actor, center_id)
    plan = await queries.filed_plan(session, center.id, as_of)
    if plan is None:
        return PlanTargetsOut(center_id=center.id, plan_version=None, filed_at=None, targets=[])
    rows = await queries.targets(session, plan.id, year)
    return PlanTargetsOut(
        center_id=center.id,
        plan_version=plan.number,
        filed_at=plan.filed_at,
        targets=[target_out(row) for row in rows],
    )


@router.get(
    "/plans",
    operation_id="registry_list_plans",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A082",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def list_plans(center_id: UUID, actor: CurrentActor, session: Reading) -> PlanListOut:
    """List the versions of a centre's plan, newest first."""
    center = await center_to_read(session, actor, center_id)
    found = await queries.plans(session, center.id)
    targets = await queries.targets_of(session, [plan.id for plan in found])
    return PlanListOut(items=[plan_out(plan, targets[plan.id]) for plan in found])


@router.post(
    "/plans",
    status_code=201,
    operation_id="registry_draft_plan",
    openapi_extra=access("member", tenant=OWN, rules=("A082", "A083", "X06")),
    responses=problems(*EDIT_CODES, "VERSION_CONFLICT"),
)
async def draft_plan(
    center_id: UUID,
    body: PlanIn,
    version: VersionRead,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> PlanOut:
    """Draft a new version of a listed centre's plan, or write the open draft anew.

    Who says which version of the draft it read (If-Match) overwrites no other one.
    """
    center = await own_center(session, actor, center_id)
    plan = await actions.revise_plan(session, actor, center, plan_content(body), version)
    tagged(response, plan.version)
    return plan_out(plan, await queries.targets(session, plan.id))


@router.get(
    "/plans/{plan_id}/comparison",
    operation_id="registry_compare_plans",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A082", "A083")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def compare_plans(
    center_id: UUID,
    plan_id: UUID,
    actor: CurrentActor,
    session: Reading,
    to: Annotated[UUID, Query(description="The version to compare it with.")],
) -> PlanComparisonOut:
    """Tell what differs between two versions of a plan: horizon, parts and targets."""
    center = await center_to_read(session, actor, center_id)
    before = await queries.plan_of(session, center.id, plan_id)
    after = await queries.plan_of(session, center.id, to)
    targets = await queries.targets_of(session, [before.id, after.id])
    return comparison_out(before, targets[before.id], after, targets[after.id])


@router.post(
    "/plans/{plan_id}/adoption",
    operation_id="registry_adopt_plan",
    openapi_extra=access("member", tenant=OWN, rules=("A082",)),
    responses=problems(*EDIT_CODES, "PLAN_PART_MISSING", "PLAN_NOT_APPROVED"),
)
async def adopt_plan(
    center_id: UUID,
    plan_id: UUID,
    body: PlanAdoptionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> PlanOut:
    """Adopt a version with its five parts by a resolution of the decision body."""
    center = await own_center(session, actor, center_id)
    plan = await actions.adopt(session, actor, center.id, plan_id, body.resolution_id, today)
    return plan_out(plan, await queries.targets(session, plan.id))


@router.post(
    "/plans/{plan_id}/file",
    operation_id="registry_file_plan",
    openapi_extra=access("member", tenant=OWN, rules=("A082", "A083")),
    responses=problems(*EDIT_CODES, "PLAN_PART_MISSING"),
)
async def file_plan(
    center_id: UUID,
    plan_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> PlanOut:
    """File an adopted version; it is never edited again, and its targets count from now on."""
    center = await own_center(session, actor, center_id)
    plan = await actions.file_plan(session, actor, center.id, plan_id, now, today)
    return plan_out(plan, await queries.targets(session, plan.id))
