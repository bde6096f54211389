"""What a member's end means for the bodies: its seats and its votes end with its last day."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.governance import queries
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
    content: Expulsion,
    today: date,
) -> Membership:
    """Put a member of a locked centre out, upon a resolution of its own that was carried (A078).

    Raises `Refused`: NOT_FOUND, NOTICE_TOO_SHORT, RESOLUTION_MISSING or STATE_CONFLICT.
    """
    membership = await membership_of_center_for_update(session, center_id, membership_id)
    return await memberships.expel(session, actor, membership, content, today)


async def end_for(session: AsyncSession, actor: Actor, membership: Membership) -> None:
    """End the seats and the votes held for a member that has left, as of its last day (A049).

    Independent seats stay: their holders sit there for nobody. The table of votes then no longer
    sums to the whole, and its centre has to set it anew.
    """
    last = membership.left_on
    if last is None:
        return
    for seat in await queries.seats_held_for_update(
        session, membership.center_id, membership.org_id, last
    ):
        # A seat that begins after the last day never began.
        seat.until_on = max(last, seat.from_on)
        seat.end_reason = "membership ended"
        record(
            session,
            actor,
            "seat.ended",
            seat.id,
            center_id=membership.center_id,
            reason=seat.end_reason,
            after={"until_on": seat.until_on},
            body_id=seat.body_id,
            until_on=seat.until_on,
        )
    held = await queries.votes_held_for_update(session, membership.center_id, membership.org_id)
    ended: dict[str, Any] = {row.organ.value: row.share_ppm for row in held}
    for row in held:
        await session.delete(row)
    if ended:
        record(
            session,
            actor,
            "votes.ended",
            membership.center_id,
            center_id=membership.center_id,
            before=ended,
            after={},
            holder_org_id=membership.org_id,
            votes=ended,
        )
