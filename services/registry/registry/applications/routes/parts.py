"""The parts of an application: profiles, technologies, materials, plan, members, exceptions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from sqlmodel import col

from registry.applications import actions, answers, commands, queries
from registry.applications.routes.common import (
    APPLICANT,
    OFFICIALS,
    PREFIX,
    SEEN,
    SIGNED_IN,
    TAGS,
    read_before,
)
from registry.applications.rules import ExceptionState
from registry.applications.schemas import (
    CoreTechnologyIn,
    CoreTechnologyOut,
    ExceptionDecisionIn,
    ExceptionIn,
    ExceptionListOut,
    ExceptionOut,
    MaterialIn,
    MaterialOut,
    SponsorProfileIn,
    SponsorProfileOut,
)
from registry.applications.schemas.resources import StatedResourceIn, StatedResourceOut
from registry.governance.answers import plan_out
from registry.governance.commands import plan_content
from registry.governance.queries import latest_plan, targets
from registry.governance.rules import PlanState
from registry.governance.schemas import PlanIn, PlanOut
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
    VersionRead,
    access,
    paginate,
    problems,
    tagged,
)
from shared.rules import found

router = Router(prefix=f"{PREFIX}/{{application_id}}", tags=TAGS)

EDIT_CODES = ("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT")
YearPath = Annotated[int, Path(ge=1949, le=2200, description="The calendar year.")]
KindPath = Annotated[
    str, Path(max_length=64, pattern=r"^[a-z0-9_]+$", description="Kind, from the call's list.")
]


@router.put(
    "/sponsor-profiles/{year}",
    operation_id="registry_set_sponsor_profile",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A104", "A106", "A110", "X06")),
    responses=problems(
        *EDIT_CODES, "VERSION_CONFLICT", "PRECONDITION_REQUIRED", "CURRENCY_NOT_CNY"
    ),
)
async def set_profile(
    application_id: UUID,
    year: YearPath,
    body: SponsorProfileIn,
    version: VersionRead,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> SponsorProfileOut:
    """State a year of the lead sponsor; changing one that is there needs the version read."""
    application = await queries.application_seen(session, actor, application_id)
    read_before(application, version, await queries.profile(session, application.id, year))
    profile = await actions.set_profile(
        session, actor, application_id, year, commands.profile_content(body), version
    )
    tagged(response, profile.version)
    return answers.profile_out(profile)


@router.get(
    "/sponsor-profiles/{year}",
    operation_id="registry_get_sponsor_profile",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A104", "X06")),
    responses=problems("NOT_FOUND"),
)
async def get_profile(
    application_id: UUID,
    year: YearPath,
    actor: CurrentActor,
    session: Reading,
    response: Response,
) -> SponsorProfileOut:
    """Read a year of the lead sponsor, with the version that a change needs."""
    application = await queries.application_seen(session, actor, application_id)
    profile = found(await queries.profile(session, application.id, year))
    tagged(response, profile.version)
    return answers.profile_out(profile)


@router.post(
    "/core-technologies",
    status_code=201,
    operation_id="registry_add_core_technology",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A108", "A109")),
    responses=problems(*EDIT_CODES),
)
async def add_technology(
    application_id: UUID, body: CoreTechnologyIn, actor: CurrentActor, session: Transaction
) -> CoreTechnologyOut:
    """Name a core technology that the centre is to break through.

    An application names up to 50.
    """
    technology = await actions.add_technology(
        session, actor, application_id, commands.technology_content(body)
    )
    return CoreTechnologyOut.model_validate(technology)


@router.delete(
    "/core-technologies/{technology_id}",
    status_code=204,
    operation_id="registry_remove_core_technology",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A108",)),
    responses=problems(*EDIT_CODES),
)
async def remove_technology(
    application_id: UUID, technology_id: UUID, actor: CurrentActor, session: Transaction
) -> None:
    """Take a core technology out of a draft."""
    await actions.remove_technology(session, actor, application_id, technology_id)


@router.post(
    "/resources",
    status_code=201,
    operation_id="registry_state_resource",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A045",)),
    responses=problems(*EDIT_CODES, "OWNER_NOT_IN_CENTER", "DAYS_PASSED", "CURRENCY_NOT_CNY"),
)
async def state_resource(
    application_id: UUID,
    body: StatedResourceIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> StatedResourceOut:
    """State a resource that is at hand, or one that is to be built."""
    values = commands.resource_values(body)
    return StatedResourceOut.of(
        await actions.state_resource(session, actor, application_id, values, today)
    )


@router.delete(
    "/resources/{resource_id}",
    status_code=204,
    operation_id="registry_remove_stated_resource",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A045",)),
    responses=problems(*EDIT_CODES),
)
async def remove_stated_resource(
    application_id: UUID, resource_id: UUID, actor: CurrentActor, session: Transaction
) -> None:
    """Take a stated resource out of a draft."""
    await actions.take_resource_back(session, actor, application_id, resource_id)


@router.put(
    "/materials/{kind}",
    operation_id="registry_file_material",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A115", "A116", "A117", "X06")),
    responses=problems(*EDIT_CODES, "CODE_UNKNOWN", "VERSION_CONFLICT", "PRECONDITION_REQUIRED"),
)
async def file_material(
    application_id: UUID,
    kind: KindPath,
    body: MaterialIn,
    version: VersionRead,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> MaterialOut:
    """File a material; putting another file in its place needs the version read (If-Match)."""
    application = await queries.application_seen(session, actor, application_id)
    read_before(application, version, await queries.material(session, application.id, kind))
    material = await actions.file_material(
        session, actor, application_id, kind, body.file_id, version
    )
    tagged(response, material.version)
    return MaterialOut.model_validate(material)


@router.get(
    "/materials/{kind}",
    operation_id="registry_get_material",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A116", "X06")),
    responses=problems("NOT_FOUND"),
)
async def get_material(
    application_id: UUID,
    kind: KindPath,
    actor: CurrentActor,
    session: Reading,
    response: Response,
) -> MaterialOut:
    """Read which file stands for a material, with the version that a change needs."""
    application = await queries.application_seen(session, actor, application_id)
    material = found(await queries.material(session, application.id, kind))
    tagged(response, material.version)
    return MaterialOut.model_validate(material)


@router.put(
    "/plan",
    operation_id="registry_write_application_plan",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A082", "A083", "A116", "X06")),
    responses=problems(*EDIT_CODES, "VERSION_CONFLICT", "PRECONDITION_REQUIRED"),
)
async def write_plan(
    application_id: UUID,
    body: PlanIn,
    version: VersionRead,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> PlanOut:
    """Write the development plan; changing one that is there needs the version read (If-Match)."""
    application = await queries.application_seen(session, actor, application_id)
    plan = await latest_plan(session, application.center_id)
    read_before(application, version, plan if plan and plan.state is PlanState.DRAFT else None)
    plan = await actions.write_plan(session, actor, application_id, plan_content(body), version)
    tagged(response, plan.version)
    return plan_out(plan, await targets(session, plan.id))


@router.get(
    "/plan",
    operation_id="registry_get_application_plan",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A082",)),
    responses=problems("NOT_FOUND"),
)
async def get_plan(
    application_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> PlanOut:
    """Read the development plan of an application."""
    application = await queries.application_seen(session, actor, application_id)
    plan = found(await latest_plan(session, application.center_id))
    tagged(response, plan.version)
    return plan_out(plan, await targets(session, plan.id))


@router.post(
    "/members",
    status_code=201,
    operation_id="registry_invite_member",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A049", "X17")),
    responses=problems(*EDIT_CODES, "DISHONEST_ORG"),
)
async def invite_member(
    application_id: UUID,
    body: InvitationIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> MembershipOut:
    """Invite an organization; its own account confirms, nobody else's.

    An application holds up to 500 members and invitations at a time, and makes up to 1000 in all.
    """
    membership = await actions.invite_member(
        session,
        actor,
        application_id,
        org_id=body.org_id,
        role=body.role,
        chain_position=body.chain_position,
        today=today,
        now=now,
    )
    return MembershipOut.model_validate(membership)


@router.get(
    "/members",
    operation_id="registry_list_application_members",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A049",)),
    responses=problems("NOT_FOUND"),
)
async def list_members(
    application_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[MembershipOut]:
    """List who is in the candidate centre or invited to it."""
    application = await queries.application_seen(session, actor, application_id)
    rows, next_cursor = await paginate(
        session,
        center_members(application.center_id),
        page,
        keys=[col(Membership.invited_at), col(Membership.id)],
        filters={},
    )
    items = [MembershipOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.post(
    "/exceptions",
    status_code=201,
    operation_id="registry_request_exception",
    openapi_extra=access("member", tenant=APPLICANT, rules=("A051",)),
    responses=problems(
        *EDIT_CODES, "REASON_TOO_SHORT", "MATERIAL_MISSING", "EXCEPTION_NOT_ALLOWED"
    ),
)
async def request_exception(
    application_id: UUID,
    body: ExceptionIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> ExceptionOut:
    """Ask to be excepted from the age of the legal person, with a reason and a file."""
    exception = await actions.request_exception(
        session,
        actor,
        application_id,
        rule=body.rule,
        reason=body.reason,
        file_id=body.file_id,
        now=now,
    )
    return ExceptionOut.model_validate(exception)


@router.get(
    "/exceptions",
    operation_id="registry_list_application_exceptions",
    openapi_extra=access(*SIGNED_IN, tenant=SEEN, rules=("A051",)),
    responses=problems("NOT_FOUND"),
)
async def list_exceptions(
    application_id: UUID, actor: CurrentActor, session: Reading
) -> ExceptionListOut:
    """List what was asked of the legal person of an application, and how it was decided."""
    application = await queries.application_seen(session, actor, application_id)
    rows = await queries.exceptions(session, application.id)
    return ExceptionListOut(items=[ExceptionOut.model_validate(row) for row in rows])


@router.post(
    "/exceptions/{exception_id}/decision",
    operation_id="registry_decide_exception",
    openapi_extra=access("reviewer", tenant=OFFICIALS, rules=("A051", "X03")),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def decide_exception(
    application_id: UUID,
    exception_id: UUID,
    body: ExceptionDecisionIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> ExceptionOut:
    """Grant or deny an exception."""
    exception = await actions.decide_exception(
        session,
        actor,
        application_id,
        exception_id,
        decision=ExceptionState(body.decision.value),
        reason=body.reason,
        now=now,
    )
    return ExceptionOut.model_validate(exception)
