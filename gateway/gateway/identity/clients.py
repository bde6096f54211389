"""What the registry is asked about organizations, as the gateway's own service client."""

from uuid import UUID

from shared.client import ServiceClient


async def leads_center_of(services: ServiceClient, org_id: UUID, lead_org_id: UUID) -> bool:
    """Ask whether `org_id` agreed to be the legal entity of a centre that `lead_org_id` leads."""
    path = f"/v1/registry/directory/organizations/{org_id}/led-by/{lead_org_id}"
    answer = await services.get("registry", path)
    return answer is not None and answer.get("led") is True


async def centers_of(services: ServiceClient, org_id: UUID) -> list[UUID]:
    """Ask for the centres in which an organization has a part."""
    answer = await services.get(
        "registry", f"/v1/registry/directory/organizations/{org_id}/centers"
    )
    return [] if answer is None else [UUID(center_id) for center_id in answer["center_ids"]]


async def org_of_uscc(services: ServiceClient, uscc: str) -> UUID | None:
    """Ask which organization has a unified social credit code."""
    answer = await services.get("registry", "/v1/registry/directory/organizations", {"uscc": uscc})
    items = [] if answer is None else answer["items"]
    return UUID(items[0]["id"]) if items else None
