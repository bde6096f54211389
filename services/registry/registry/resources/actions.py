"""What happens to resources, bookings and offerings."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import ACTIVE
from registry.facts import actions as facts
from registry.facts.queries import fact_kept
from registry.facts.rules import BOOKED, FactKind, NewFact
from registry.organizations.queries import (
    organization_found,
    qualification_valid_on,
    qualifications_of,
)
from registry.organizations.rules import search_key
from registry.programme.queries import policy_on
from registry.resources import queries, rules
from registry.resources.commands import NewBooking, NewShare
from registry.resources.rules import BookingEvent, ServiceCode
from registry.resources.tables import ResourceBooking, ServiceOffering, SharedResource
from shared.auth import Actor
from shared.calendar import day_of
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


async def book(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    new: NewBooking,
    today: date,
    now: datetime,
) -> ResourceBooking:
    """Book a resource that the organization may use, for a time to come (A062).

    Raises `Refused`: NOT_FOUND, TIME_PASSED, DAYS_OUT_OF_ORDER, BOOKING_TOO_LONG,
    STATE_CONFLICT, BOOKING_OVERLAP.
    """
    resource = await queries.resource_seen(session, actor, resource_id, today)
    policy = await policy_on(session, today)
    place = await queries.place_of(session, actor, resource.center_id, today)
    require(
        rules.booking_checks(
            policy,
            bookable=resource.is_open and place.stage in ACTIVE,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            now=now,
        )
    )
    minutes = -(-int((new.ends_at - new.starts_at).total_seconds()) // rules.MINUTES)
    own = resource.org_id in actor.org_ids
    booking = ResourceBooking(
        resource_id=resource.id,
        user_org_id=found(actor.org_id),
        person_id=actor.person_id,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        purpose=new.purpose,
        fee_fen=rules.fee_fen(resource.fee_per_hour_fen, minutes, own=own),
        booked_at=now,
    )
    session.add(booking)
    # The row goes first: the second of two bookings of one time is refused here.
    await session.flush()
    _told(session, actor, resource, "booking.made", None, booking)
    return booking


async def cancel(
    session: AsyncSession, actor: Actor, booking_id: UUID, reason: str, now: datetime, today: date
) -> ResourceBooking:
    """Cancel a booking before its time: who made it does, or whose resource it is.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT.
    """
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    owns = await _owns(session, actor, resource, today)
    require(
        rules.cancellation_checks(
            booking.state,
            may=owns or booking.user_org_id in actor.org_ids,
            starts_at=booking.starts_at,
            now=now,
        )
    )
    before = booking.model_dump()
    booking.state = rules.MOVES[booking.state, BookingEvent.CANCEL]
    booking.reason, booking.fee_fen = reason, 0
    booking.version += 1
    _told(session, actor, resource, "booking.cancelled", before, booking)
    return booking


async def log_use(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    used_minutes: int,
    now: datetime,
    today: date,
) -> ResourceBooking:
    """Log how long a resource was really used, and what that costs; the centre's facts tell it.

    The fact is posted in the same unit of work, so that there is never one without the other
    (A062). Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT.
    """
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    require(
        rules.usage_checks(
            booking.state,
            owns=await _owns(session, actor, resource, today),
            starts_at=booking.starts_at,
            now=now,
        )
    )
    before = booking.model_dump()
    use = await _use_of(session, booking, resource, used_minutes)
    fact, _ = await facts.post(session, actor, use, today, by_booking=True)
    _reckon(booking, resource, used_minutes, fact.id)
    booking.state = rules.MOVES[booking.state, BookingEvent.USE]
    _told(session, actor, resource, "booking.used", before, booking)
    return booking


async def correct_use(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    used_minutes: int,
    reason: str,
    version: int,
    today: date,
) -> ResourceBooking:
    """Correct a use that was logged wrongly; its fact is superseded and both are kept (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT.
    """
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    owns = await _owns(session, actor, resource, today)
    require(
        [
            *rules.use_correction_checks(booking.state, owns=owns),
            *version_checks(booking.version, version),
        ]
    )
    before = booking.model_dump()
    use = await _use_of(session, booking, resource, used_minutes)
    if booking.usage_fact_id is None:
        # Logged before uses made facts.
        fact, _ = await facts.post(session, actor, use, today, by_booking=True)
    else:
        kept = await fact_kept(session, booking.usage_fact_id)
        fact = await facts.correct(session, actor, kept, use, reason, today, by_booking=True)
    _reckon(booking, resource, used_minutes, fact.id)
    _told(session, actor, resource, "booking.use_corrected", before, booking, reason)
    return booking


async def _use_of(
    session: AsyncSession, booking: ResourceBooking, resource: SharedResource, minutes: int
) -> NewFact:
    user = await organization_found(session, booking.user_org_id)
    hours, own = rules.hours_of(minutes), booking.user_org_id == resource.org_id
    return NewFact(
        resource.center_id,
        FactKind.RESOURCE_USAGE,
        day_of(booking.starts_at),
        f"{BOOKED}{booking.id}",
        {
            "resource_id": str(resource.id),
            "hours": hours,
            "shared_hours": "0" if own else hours,
            "user_uscc": user.uscc,
        },
    )


def _reckon(
    booking: ResourceBooking, resource: SharedResource, minutes: int, fact_id: UUID
) -> None:
    own = booking.user_org_id == resource.org_id
    booking.used_minutes = minutes
    booking.fee_fen = rules.fee_fen(resource.fee_per_hour_fen, minutes, own=own)
    booking.usage_fact_id = fact_id
    booking.version += 1


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

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, QUALIFICATION_UNKNOWN.
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
    owns = await _owns(session, actor, row, today)
    require(
        [
            rules.TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owns),
            *version_checks(row.version, version),
        ]
    )


async def _owns(
    session: AsyncSession, actor: Actor, row: SharedResource | ServiceOffering, today: date
) -> bool:
    place = await queries.place_of(session, actor, row.center_id, today)
    return place.operates or row.org_id in actor.org_ids


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


def _told(
    session: AsyncSession,
    actor: Actor,
    resource: SharedResource,
    event_type: str,
    before: dict[str, Any] | None,
    booking: ResourceBooking,
    reason: str | None = None,
) -> None:
    record(
        session,
        actor,
        event_type,
        booking.id,
        center_id=resource.center_id,
        reason=reason or booking.reason,
        before=before,
        after=booking.model_dump(),
        resource_id=resource.id,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )
