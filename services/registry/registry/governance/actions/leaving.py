"""What the end of a member, or of the centre, means for the bodies: seats and votes end with it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.governance import queries, rules
from registry.governance.actions.voting import end_votes
from registry.governance.tables import BodySeat
from registry.memberships import actions as memberships
from registry.memberships.actions import Expulsion
from registry.memberships.queries import membership_of_center_for_update
from registry.memberships.tables import Membership
from shared.auth import Actor
from shared.events import record


async def expel_member(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    membership_id: UUID,
    *,
    resolution_id: UUID,
    left_on: date,
    reason: str,
    today: date,
) -> Membership:
    """Put a member of a locked centre out, upon a resolution of its own that was carried (A078).

    Raises `Refused`: NOT_FOUND, NOTICE_TOO_SHORT, RESOLUTION_MISSING or STATE_CONFLICT.
    """
    membership = await membership_of_center_for_update(session, center_id, membership_id)
    resolution = await queries.resolution_of(session, center_id, resolution_id)
    resolved = await queries.resolved(session, resolution)
    content = Expulsion(
        resolution_id=resolution.id,
        resolved=rules.expels(resolved, membership.joined_on),
        left_on=left_on,
        reason=reason,
    )
    return await memberships.expel(session, actor, membership, content, today)


async def end_for(session: AsyncSession, actor: Actor, membership: Membership) -> None:
    """End the seats and the votes held for a member that has left, as of its last day (A049).

    Independent seats stay: their holders sit there for nobody. The table of votes then no longer
    sums to the whole, and its centre has to set it anew.
    """
    last = membership.left_on
    if last is None:
        return
    center_id, org_id = membership.center_id, membership.org_id
    seats = await queries.seats_held_for_update(session, center_id, org_id, last)
    _end_seats(session, actor, center_id, seats, last, "membership ended")
    held = await queries.votes_held_for_update(session, center_id, org_id)
    await end_votes(session, actor, center_id, held, last, "membership ended")


async def end_center(
    session: AsyncSession, actor: Actor, center_id: UUID, last_on: date, reason: str
) -> None:
    """End all that rests on a centre that has ended: memberships, every seat, every vote (C2).

    `last_on` is the day on which it ended, included. The caller holds the centre's lock, and
    announces it. What its members own, license and owe each other stays for the settlement.
    """
    await memberships.close_all(session, actor, center_id, last_on, reason)
    seats = await queries.seats_of_center_for_update(session, center_id, last_on)
    _end_seats(session, actor, center_id, seats, last_on, reason)
    held = await queries.votes_of_center_for_update(session, center_id)
    await end_votes(session, actor, center_id, held, last_on, reason)


def _end_seats(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    seats: Sequence[BodySeat],
    last_on: date,
    reason: str,
) -> None:
    for seat in seats:
        # A seat that begins after the last day never began.
        seat.until_on = max(last_on, seat.from_on)
        seat.end_reason = reason
        record(
            session,
            actor,
            "seat.ended",
            seat.id,
            center_id=center_id,
            reason=seat.end_reason,
            after={"until_on": seat.until_on},
            body_id=seat.body_id,
            until_on=seat.until_on,
        )
