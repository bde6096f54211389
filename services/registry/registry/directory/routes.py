"""What the other services ask when their own copy does not know an id yet."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from registry.directory import queries
from registry.directory.schemas import (
    CenterIdsOut,
    DirectoryCenterOut,
    DirectoryOrganizationListOut,
    DirectoryOrganizationOut,
    LedByOut,
)
from registry.memberships.queries import center_entry
from registry.organizations import queries as organizations
from registry.organizations.schemas import UsccText
from shared.http import Reading, Router, Today, access, problems

ALL = "services see every entry"

router = Router(prefix="/v1/registry/directory", tags=["directory"])


@router.get(
    "/centers/{center_id}",
    operation_id="registry_read_directory_center",
    openapi_extra=access("service", tenant=ALL, internal=True),
    responses=problems("NOT_FOUND"),
)
async def read_directory_center(center_id: UUID, session: Reading) -> DirectoryCenterOut:
    """Give a centre's entry with its memberships."""
    # The position is read first: an entry newer than its position is safe, an older one is not.
    position = await queries.position_of(session, "directory.center", center_id)
    entry = await center_entry(session, center_id)
    return DirectoryCenterOut.model_validate({**entry, "position": position})


@router.get(
    "/organizations",
    operation_id="registry_find_directory_organization",
    openapi_extra=access("service", tenant=ALL, internal=True),
    responses=problems("NOT_FOUND"),
)
async def find_directory_organization(
    uscc: Annotated[UsccText, Query(description="Exactly this code.")], session: Reading
) -> DirectoryOrganizationListOut:
    """Find an organization's entry by its social credit code."""
    organization = await organizations.organization_by_uscc(session, uscc)
    if organization is None:
        return DirectoryOrganizationListOut(items=[])
    return DirectoryOrganizationListOut(
        items=[await read_directory_organization(organization.id, session)]
    )


@router.get(
    "/organizations/{organization_id}",
    operation_id="registry_read_directory_organization",
    openapi_extra=access("service", tenant=ALL, internal=True),
    responses=problems("NOT_FOUND"),
)
async def read_directory_organization(
    organization_id: UUID, session: Reading
) -> DirectoryOrganizationOut:
    """Give an organization's entry."""
    position = await queries.position_of(session, "directory.organization", organization_id)
    entry = await queries.organization_entry(session, organization_id)
    return DirectoryOrganizationOut.model_validate({**entry, "position": position})


@router.get(
    "/organizations/{organization_id}/led-by/{lead_organization_id}",
    operation_id="registry_read_directory_lead",
    openapi_extra=access("service", tenant=ALL, internal=True),
    responses=problems(),
)
async def read_directory_lead(
    organization_id: UUID, lead_organization_id: UUID, session: Reading
) -> LedByOut:
    """Tell whether an organization runs a centre that another one leads."""
    return LedByOut(led=await queries.leads(session, organization_id, lead_organization_id))


@router.get(
    "/organizations/{organization_id}/centers",
    operation_id="registry_list_directory_centers",
    openapi_extra=access("service", tenant=ALL, internal=True),
    responses=problems(),
)
async def list_directory_centers(
    organization_id: UUID, today: Today, session: Reading
) -> CenterIdsOut:
    """Name the centres to which an organization belongs today."""
    org_ids = await queries.acting_for(session, organization_id)
    ids = await queries.center_ids_of(session, org_ids, today)
    return CenterIdsOut(center_ids=sorted(ids))
