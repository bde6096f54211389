"""What organizations share at a centre and offer at it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import writable_checks
from registry.organizations.queries import qualification_valid_on, qualifications_of
from registry.organizations.rules import search_key
from registry.resources import queries, rules
from registry.resources.commands import NewShare
from registry.resources.rules import ServiceCode
from registry.resources.tables import ServiceOffering, SharedResource
from shared.auth import Actor
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import Check, Kind, found, require


async def share(session: AsyncSession, actor: Actor, new: NewShare, today: date) -> SharedResource:
    """Share a resource of one's own organization, or as its operator one of the centre's (A022).

    Raises `Refused`: NOT_FOUND, OWNER_NOT_IN_CENTER, STATE_CONFLICT.
    """
    owner_id = await _owner_of(session, actor, new, today)
    resource = SharedResource(
        center_id=new.center_id,
        org_id=owner_id,
        search_key=_key(new.values, "name"),
        **new.values,
    )
    session.add(resource)
    await session.flush()
    record(
        session,
        actor,
        "resource.shared",
        resource.id,
        center_id=resource.center_id,
        after=resource.model_dump(),
        resource_type=resource.resource_type,
        scope=resource.scope,
    )
    return resource


async def change_resource(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    changes: Mapping[str, Any],
    version: int,
    today: date,
) -> SharedResource:
    """Change what was sent about a resource, or close it to new bookings; bookings made stay.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT.
    """
    resource = await queries.resource_for_update(session, actor, resource_id, today)
    await _changing(session, actor, resource, version, today)
    before = resource.model_dump()
    resource.sqlmodel_update(dict(changes))
    resource.search_key = _key(resource.model_dump(), "name")
    resource.version += 1
    record(
        session,
        actor,
        "resource.changed",
        resource.id,
        center_id=resource.center_id,
        before=before,
        after=resource.model_dump(),
        fields=sorted(changes),
    )
    return resource


async def offer(
    session: AsyncSession, actor: Actor, new: NewShare, today: date
) -> tuple[ServiceOffering, list[Check]]:
    """Offer a service of the catalogue at a centre; warnings tell what its paper lacks (A040).

    Raises `Refused`: NOT_FOUND, OWNER_NOT_IN_CENTER, QUALIFICATION_UNKNOWN, STATE_CONFLICT.
    """
    owner_id = await _owner_of(session, actor, new, today)
    qualification_id = new.values.get("qualification_id")
    checks = await _paper_checks(session, new.values["code"], qualification_id, owner_id, today)
    warnings = require(checks)
    offering = ServiceOffering(
        center_id=new.center_id,
        org_id=owner_id,
        search_key=_key(new.values, "title"),
        **new.values,
    )
    session.add(offering)
    await session.flush()
    record(
        session,
        actor,
        "offering.made",
        offering.id,
        center_id=offering.center_id,
        after=offering.model_dump(),
        code=offering.code,
    )
    return offering, warnings


async def change_offering(
    session: AsyncSession,
    actor: Actor,
    offering_id: UUID,
    changes: Mapping[str, Any],
    version: int,
    today: date,
) -> tuple[ServiceOffering, list[Check]]:
    """Change what was sent about an offering, or take it back.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, QUALIFICATION_UNKNOWN,
    STATE_CONFLICT.
    """
    offering = await queries.offering_for_update(session, actor, offering_id, today)
    await _changing(session, actor, offering, version, today)
    qualification_id = changes.get("qualification_id", offering.qualification_id)
    checks = await _paper_checks(session, offering.code, qualification_id, offering.org_id, today)
    warnings = require(checks)
    before = offering.model_dump()
    offering.sqlmodel_update(dict(changes))
    offering.search_key = _key(offering.model_dump(), "title")
    offering.version += 1
    record(
        session,
        actor,
        "offering.changed",
        offering.id,
        center_id=offering.center_id,
        before=before,
        after=offering.model_dump(),
        fields=sorted(changes),
    )
    return offering, warnings


async def _owner_of(session: AsyncSession, actor: Actor, new: NewShare, today: date) -> UUID:
    """Judge who shares what of whom; give the owner, one's own organization unless named."""
    place = await queries.place_of(session, actor, new.center_id, today)
    owner_id = new.org_id or actor.org_id
    require(
        rules.sharing_checks(
            place.stage,
            operates=place.operates,
            acting_id=actor.org_for(owner_id),
            owner_id=owner_id or new.center_id,
            belongs=owner_id in place.org_ids,
        )
    )
    return found(owner_id)


async def _changing(
    session: AsyncSession,
    actor: Actor,
    row: SharedResource | ServiceOffering,
    version: int,
    today: date,
) -> None:
    """Check that its owner or the centre's operator changes what he has read, while it may be."""
    place = await queries.place_of(session, actor, row.center_id, today)
    owns = place.operates or row.org_id in actor.org_ids
    require(
        [
            rules.TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owns),
            *version_checks(row.version, version),
            *writable_checks(place.stage),
        ]
    )


async def _paper_checks(
    session: AsyncSession,
    code: ServiceCode,
    qualification_id: UUID | None,
    owner_id: UUID,
    today: date,
) -> list[Check]:
    if qualification_id is None:
        return rules.offering_checks(code, named=False, of_provider=False, holds=False)
    of_provider = qualification_id in await qualifications_of(session, owner_id)
    holds = await qualification_valid_on(session, qualification_id, today)
    return rules.offering_checks(code, named=True, of_provider=of_provider, holds=holds)


def _key(values: Mapping[str, Any], title: str) -> str:
    return search_key(f"{values[title]} {values.get('description') or ''}")
