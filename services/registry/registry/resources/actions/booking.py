"""A time for which a resource is somebody's, until it is used or given back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import ACTIVE
from registry.programme.queries import policy_on
from registry.resources import queries, rules
from registry.resources.commands import NewBooking
from registry.resources.rules import BookingEvent, SharingScope
from registry.resources.tables import ResourceBooking, SharedResource
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


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
    OWNER_NOT_IN_CENTER, USER_NOT_IN_CENTER, STATE_CONFLICT, BOOKING_OVERLAP.
    """
    resource = await queries.resource_seen(session, actor, resource_id, today)
    policy = await policy_on(session, today)
    # Who belongs to the centre is asked of the booking's own last day.
    last = max(today, rules.last_day(new.ends_at))
    place = await queries.place_of(session, actor, resource.center_id, last)
    require(
        rules.booking_checks(
            policy,
            bookable=resource.is_open and place.stage in ACTIVE,
            owner_belongs=resource.org_id in place.org_ids,
            user_belongs=resource.scope is SharingScope.PUBLIC or actor.org_id in place.org_ids,
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
    tell(session, actor, resource, "booking.made", None, booking)
    return booking


async def cancel(
    session: AsyncSession, actor: Actor, booking_id: UUID, reason: str, now: datetime, today: date
) -> ResourceBooking:
    """Cancel a booking before its time: who made it does, or whose resource it is.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT.
    """
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    owns = await owns_resource(session, actor, resource, today)
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
    tell(session, actor, resource, "booking.cancelled", before, booking)
    return booking


async def owns_resource(
    session: AsyncSession, actor: Actor, row: SharedResource, today: date
) -> bool:
    """Tell whether the actor's organization owns a resource or operates its centre."""
    place = await queries.place_of(session, actor, row.center_id, today)
    return place.operates or row.org_id in actor.org_ids


def tell(
    session: AsyncSession,
    actor: Actor,
    resource: SharedResource,
    event_type: str,
    before: dict[str, Any] | None,
    booking: ResourceBooking,
    reason: str | None = None,
) -> None:
    """Record what happened to a booking."""
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
