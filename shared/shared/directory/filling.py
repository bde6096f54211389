"""Filling the copy on demand, when an id is not known yet; never inside a transaction."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from shared.client import ServiceClient
from shared.database.engine import Sessions
from shared.directory.storing import store_center, store_organization, store_policy
from shared.directory.tables import DirectoryCenter, DirectoryOrganization, DirectoryPolicy


async def ensure_center(services: ServiceClient, sessions: Sessions, center_id: UUID) -> bool:
    """Fetch a centre with its organizations if it is not known; tell whether there is one."""
    async with sessions.reading() as session:
        known = await session.get(DirectoryCenter, center_id)
    if known is not None:
        return True
    entry = await services.get("registry", f"/v1/registry/directory/centers/{center_id}")
    if entry is None:
        return False
    async with sessions.begin() as session:
        await store_center(session, entry, entry["position"])
    owners = [entry["legal_entity_id"], entry["lead_sponsor_id"], entry["trustee_org_id"]]
    members = [member["org_id"] for member in entry["memberships"]]
    await ensure_organizations(
        services, sessions, {UUID(org_id) for org_id in (*owners, *members) if org_id is not None}
    )
    return True


async def ensure_organizations(
    services: ServiceClient, sessions: Sessions, org_ids: Iterable[UUID]
) -> set[UUID]:
    """Fetch the organizations that the copy has not got; give the ids that there are."""
    wanted = set(org_ids)
    async with sessions.reading() as session:
        known = set(
            await session.scalars(
                select(DirectoryOrganization.id).where(col(DirectoryOrganization.id).in_(wanted))
            )
        )
    for org_id in wanted - known:
        entry = await services.get("registry", f"/v1/registry/directory/organizations/{org_id}")
        if entry is None:
            continue
        async with sessions.begin() as session:
            await store_organization(session, entry, entry["position"])
        known.add(org_id)
    return known


async def ensure_founding_day(services: ServiceClient, sessions: Sessions, org_id: UUID) -> None:
    """Fetch an organization again where the copy has not got the day of its founding.

    Entries that were announced before that day was part of them say nothing of it.
    """
    async with sessions.reading() as session:
        kept = await session.get(DirectoryOrganization, org_id)
    if kept is not None and kept.registered_on is not None:
        return
    entry = await services.get("registry", f"/v1/registry/directory/organizations/{org_id}")
    if entry is None:
        return
    async with sessions.begin() as session:
        await store_organization(session, entry, entry["position"])


async def ensure_policy(services: ServiceClient, sessions: Sessions, day: date) -> None:
    """Fetch the policy versions if the copy has none for a day."""
    async with sessions.reading() as session:
        known = await session.scalar(
            select(DirectoryPolicy.version).where(col(DirectoryPolicy.effective_from) <= day)
        )
    if known is not None:
        return
    answer = await services.get("registry", "/v1/registry/policy-versions", {"limit": 100})
    async with sessions.begin() as session:
        for entry in answer["items"] if answer else []:
            await store_policy(session, entry)
