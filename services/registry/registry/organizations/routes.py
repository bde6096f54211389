"""The HTTP face of organizations and parks."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.organizations import actions, queries
from registry.organizations.rules import OrgType
from registry.organizations.schemas import (
    OrganizationIn,
    OrganizationOut,
    OrganizationPatch,
    ParkIn,
    ParkOut,
    RegionCode,
    UsccText,
)
from registry.organizations.tables import Organization, Park
from shared.auth import Actor
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
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
from shared.http.batches import BatchKind, BatchOptions, BatchOut, Row, RowResult, run_batch

EVERYONE = ("member", "expert", "official", "agency", "service")
OPEN = "every signed-in caller sees every entry"

# The body is streamed past the framework, so that its form is told here.
ROWS_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/OrganizationIn"},
            },
            "example": OrganizationIn.model_config["json_schema_extra"]["examples"],  # type: ignore[index]  # a plain object here
        },
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
    },
}

organizations = Router(prefix="/v1/registry/organizations", tags=["organizations"])
parks = Router(prefix="/v1/registry/parks", tags=["organizations"])
batches = Router(prefix="/v1/registry/organization-batches", tags=["organizations"])
ROUTERS = (organizations, parks, batches)


async def register_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[OrganizationIn]]
) -> list[RowResult]:
    """Enter the rows of a batch by the same rules as a single entry."""
    return await actions.register_many(session, actor, rows, session.info["clock"].today())


BATCH: Final = BatchKind(
    "organization-batches", TypeAdapter(OrganizationIn), register_rows, "/v1/registry/jobs"
)


@organizations.post(
    "",
    status_code=201,
    operation_id="registry_register_organization",
    openapi_extra=access("member", "handler", tenant=OPEN, rules=("A051", "A105")),
    responses=problems("FORBIDDEN_SCOPE", "USCC_FORMAT", "USCC_CHECK_DIGIT", "ALREADY_EXISTS"),
)
async def register_organization(
    body: OrganizationIn,
    actor: CurrentActor,
    today: Today,
    response: Response,
    session: Transaction,
) -> OrganizationOut:
    """Enter an organization: a member the legal person that it founds, a handler any."""
    organization = await actions.register(session, actor, body, today)
    tagged(response, organization.version)
    return OrganizationOut.model_validate(organization)


@organizations.get(
    "",
    operation_id="registry_list_organizations",
    openapi_extra=access(*EVERYONE, tenant=OPEN),
    responses=problems(),
)
async def list_organizations(
    page: PageQuery,
    session: Reading,
    uscc: Annotated[UsccText | None, Query(description="Exactly this code.")] = None,
    org_type: Annotated[OrgType | None, Query(description="Of this kind.")] = None,
    region_code: Annotated[RegionCode | None, Query(description="Registered there.")] = None,
) -> Page[OrganizationOut]:
    """List organizations in the order in which they were entered."""
    rows, cursor = await paginate(
        session,
        queries.organizations(uscc, org_type, region_code),
        page,
        keys=[col(Organization.id)],
        filters={"uscc": uscc, "org_type": org_type, "region_code": region_code},
    )
    return Page(items=[OrganizationOut.model_validate(row) for row in rows], next_cursor=cursor)


@organizations.get(
    "/{organization_id}",
    operation_id="registry_read_organization",
    openapi_extra=access(*EVERYONE, tenant=OPEN),
    responses=problems("NOT_FOUND"),
)
async def read_organization(
    organization_id: UUID, response: Response, session: Reading
) -> OrganizationOut:
    """Read an organization."""
    organization = await queries.organization_found(session, organization_id)
    tagged(response, organization.version)
    return OrganizationOut.model_validate(organization)


@organizations.patch(
    "/{organization_id}",
    operation_id="registry_correct_organization",
    openapi_extra=access("handler", tenant="officials", rules=("X06", "X17")),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT"),
)
async def correct_organization(
    organization_id: UUID,
    body: OrganizationPatch,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> OrganizationOut:
    """Correct an entry (JSON Merge Patch)."""
    changes = body.model_dump(exclude_unset=True)
    organization = await actions.correct(session, actor, organization_id, changes, version)
    tagged(response, organization.version)
    return OrganizationOut.model_validate(organization)


@parks.post(
    "",
    status_code=201,
    operation_id="registry_enter_park",
    openapi_extra=access("member", "handler", tenant="own park, or any", rules=("A068",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "ALREADY_EXISTS"),
)
async def enter_park(body: ParkIn, actor: CurrentActor, session: Transaction) -> ParkOut:
    """Enter a park of industry with its cluster and what it offers."""
    return ParkOut.of(await actions.enter_park(session, actor, body))


@parks.get(
    "",
    operation_id="registry_list_parks",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A068",)),
    responses=problems(),
)
async def list_parks(
    page: PageQuery,
    session: Reading,
    developer_org_id: Annotated[UUID | None, Query(description="Of this developer.")] = None,
) -> Page[ParkOut]:
    """List parks."""
    rows, cursor = await paginate(
        session,
        queries.parks(developer_org_id),
        page,
        keys=[col(Park.id)],
        filters={"developer_org_id": developer_org_id},
    )
    return Page(items=[ParkOut.of(row) for row in rows], next_cursor=cursor)


@parks.get(
    "/{park_id}",
    operation_id="registry_read_park",
    openapi_extra=access(*EVERYONE, tenant=OPEN, rules=("A068",)),
    responses=problems("NOT_FOUND"),
)
async def read_park(park_id: UUID, session: Reading) -> ParkOut:
    """Read a park."""
    return ParkOut.of(await queries.park_found(session, park_id))


@batches.post(
    "",
    operation_id="registry_register_organizations",
    openapi_extra={
        **access(
            "handler", tenant="officials", key_required=True, streamed=True, rules=("X05", "A051")
        ),
        "requestBody": ROWS_BODY,
    },
    responses=problems("IDEMPOTENCY_KEY_REQUIRED", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"),
    response_model=BatchOut,
)
async def register_organizations(
    request: Request,
    actor: CurrentActor,
    options: Annotated[BatchOptions, Depends()],
    work: CurrentWork,
) -> Response:
    """Enter many organizations as JSON, NDJSON or CSV; each row has its own verdict."""
    return await run_batch(request, BATCH, actor, work, options)
