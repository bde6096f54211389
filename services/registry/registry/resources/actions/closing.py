"""What is shared at a centre closes when its owner has left it, or when the centre ended (C2)."""

from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from registry.resources import queries, rules
from registry.resources.actions.booking import tell
from registry.resources.rules import BookingEvent
from registry.resources.tables import ServiceOffering, SharedResource
from shared.auth import Actor
from shared.events import record

LEFT: Final = "owner no longer in the centre"
USER_LEFT: Final = "user no longer in the centre"


async def close_left(
    session: AsyncSession, actor: Actor, today: date, now: datetime, limit: int
) -> int:
    """Close what is open of owners that have left and of centres that have ended; give how many.

    Bookings to come are cancelled, also those of members who have left of what members share; one
    that is under way goes on, and its use is still logged.
    """
    shared = await queries.resources_left(session, today, limit)
    offered = await queries.offerings_left(session, today, limit)
    for resource in shared:
        _close(session, actor, resource)
    for offering in offered:
        _close(session, actor, offering)
    booked = await queries.bookings_left(session, today, now, limit)
    for booking, wanted, shared_still in booked:
        before = booking.model_dump()
        booking.state = rules.MOVES[booking.state, BookingEvent.CANCEL]
        booking.reason, booking.fee_fen = USER_LEFT if shared_still else LEFT, 0
        booking.version += 1
        tell(session, actor, wanted, "booking.cancelled", before, booking)
    await session.flush()
    return len(shared) + len(offered) + len(booked)


def _close(session: AsyncSession, actor: Actor, row: SharedResource | ServiceOffering) -> None:
    before = row.model_dump()
    row.is_open = False
    row.version += 1
    record(
        session,
        actor,
        "resource.changed" if isinstance(row, SharedResource) else "offering.changed",
        row.id,
        center_id=row.center_id,
        reason=LEFT,
        before=before,
        after=row.model_dump(),
        fields=["is_open"],
    )
