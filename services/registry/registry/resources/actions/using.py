"""Uses of what was booked: logged, corrected, and told by the facts of the centre (A062)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import actions as facts
from registry.facts.queries import fact_kept
from registry.facts.rules import BOOKED, FactKind, NewFact
from registry.organizations.queries import organization_found, organizations_of
from registry.resources import queries, rules
from registry.resources.actions.booking import owns_resource, tell
from registry.resources.rules import BookingEvent
from registry.resources.tables import ResourceBooking, SharedResource
from shared.auth import Actor
from shared.calendar import day_of
from shared.http.batches import Row
from shared.http.dependencies import version_checks
from shared.rules import Check, require


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
    (A062). Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, STATE_CONFLICT, USE_TOO_LONG, or as
    `facts.post`.
    """
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    require(
        [
            *rules.usage_checks(
                booking.state,
                owns=await owns_resource(session, actor, resource, today),
                starts_at=booking.starts_at,
                now=now,
            ),
            *await _length_checks(session, booking, used_minutes, now),
        ]
    )
    before = booking.model_dump()
    use = await _use_of(session, booking, resource, used_minutes)
    teller = await _teller(session, actor, booking, resource, today)
    fact, _ = await facts.post(session, teller, use, today, by_booking=True)
    _reckon(booking, resource, used_minutes, fact.id)
    booking.state = rules.MOVES[booking.state, BookingEvent.USE]
    tell(session, actor, resource, "booking.used", before, booking)
    return booking


async def correct_use(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    used_minutes: int,
    reason: str,
    version: int,
    now: datetime,
) -> ResourceBooking:
    """Correct a use that was logged wrongly; its fact is superseded and both are kept (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT, USE_TOO_LONG,
    or as `facts.correct` and `facts.post`.
    """
    today = day_of(now)
    booking = await queries.booking_for_update(session, actor, booking_id)
    resource = await queries.resource_found(session, booking.resource_id)
    owns = await owns_resource(session, actor, resource, today)
    require(
        [
            *rules.use_correction_checks(booking.state, owns=owns),
            *version_checks(booking.version, version),
            *await _length_checks(session, booking, used_minutes, now),
        ]
    )
    before = booking.model_dump()
    use = await _use_of(session, booking, resource, used_minutes)
    if booking.usage_fact_id is None:
        # Logged before uses made facts.
        teller = await _teller(session, actor, booking, resource, today)
        fact, _ = await facts.post(session, teller, use, today, by_booking=True)
    else:
        kept = await fact_kept(session, booking.usage_fact_id)
        named = kept.fact.submitted_by_org_id
        # Of one who has left, the operator told the use: in the same name it is corrected.
        others = resource.org_id in actor.org_ids and named not in actor.org_ids
        teller = replace(actor, org_id=named) if others else actor
        fact = await facts.correct(session, teller, kept, use, reason, today, by_booking=True)
    _reckon(booking, resource, used_minutes, fact.id)
    tell(session, actor, resource, "booking.use_corrected", before, booking, reason)
    return booking


async def _length_checks(
    session: AsyncSession, booking: ResourceBooking, minutes: int, now: datetime
) -> list[Check]:
    next_at = await queries.next_start(session, booking)
    most = rules.longest_use(booking.starts_at, booking.ends_at, now, next_at)
    return rules.use_length_checks(minutes, most)


async def _use_of(
    session: AsyncSession, booking: ResourceBooking, resource: SharedResource, minutes: int
) -> NewFact:
    user = await organization_found(session, booking.user_org_id)
    return _use(booking, resource, user.uscc, minutes)


def _use(
    booking: ResourceBooking, resource: SharedResource, user_uscc: str, minutes: int
) -> NewFact:
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
            "user_uscc": user_uscc,
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


async def tell_uses(
    session: AsyncSession, actor: Actor, after: UUID | None, today: date, limit: int
) -> UUID | None:
    """Let facts tell the uses that were logged before uses made facts, as their owners' (A062).

    Looks at no more than `limit` bookings after the one of that id and gives the last one looked
    at; None when none is left. A use that is told already is not looked at, so that it can be done
    again; what its owner has told by hand (the same thing, user and day) is left to him. Where the
    owner was no member on the day, the operator of the centre tells.
    """
    untold = await queries.untold_uses(session, after, limit)
    users = await organizations_of(session, {booking.user_org_id for booking, _ in untold})
    known = await queries.belonging(
        session,
        {resource.center_id for _, resource in untold},
        {resource.org_id for _, resource in untold},
    )
    told = sorted(
        ((_name_of(known, *pair, today), pair) for pair in untold), key=lambda named: named[0]
    )
    for teller_id, group in groupby(told, key=lambda named: named[0]):
        pairs = [pair for _, pair in group]
        uses = [
            _use(booking, resource, users[booking.user_org_id].uscc, booking.used_minutes or 0)
            for booking, resource in pairs
        ]
        await _tell_all(session, replace(actor, org_id=teller_id), pairs, uses, today)
    return untold[-1][0].id if untold else None


def _name_of(
    known: queries.Belonging, booking: ResourceBooking, resource: SharedResource, today: date
) -> UUID:
    return rules.teller(
        resource.org_id,
        known.operators[resource.center_id],
        known.periods.get((resource.center_id, resource.org_id), ()),
        day_of(booking.starts_at),
        today,
    )


async def _teller(
    session: AsyncSession,
    actor: Actor,
    booking: ResourceBooking,
    resource: SharedResource,
    today: date,
) -> Actor:
    """Give the actor in whose name a use is told: his own, or the operator's for one who left."""
    if resource.org_id not in actor.org_ids:
        return actor  # The operator logs it himself.
    known = await queries.belonging(session, {resource.center_id}, {resource.org_id})
    teller_id = _name_of(known, booking, resource, today)
    return actor if teller_id == resource.org_id else replace(actor, org_id=teller_id)


async def _tell_all(
    session: AsyncSession,
    teller: Actor,
    pairs: Sequence[tuple[ResourceBooking, SharedResource]],
    uses: Sequence[NewFact],
    today: date,
) -> None:
    rows = [Row(place, facts.sent(use)) for place, use in enumerate(uses)]
    for result in await facts.record_facts(session, teller, rows, today, by_booking=True):
        booking, resource = pairs[result.index]
        if result.id is None:
            continue  # The day lies ahead: there is nothing to be told yet.
        before = booking.model_dump()
        booking.usage_fact_id = result.id
        booking.version += 1
        tell(session, teller, resource, "booking.use_told", before, booking)
