"""Telling the other services what changed."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.directory import queries
from shared.auth import Actor
from shared.events import record


async def announce_center(session: AsyncSession, actor: Actor, center_id: UUID) -> None:
    """Tell the other services what to keep of a centre, after it or its memberships changed.

    The whole entry goes out, so that a copy needs no history to be right.
    """
    await session.flush()
    entry = await queries.center_entry(session, center_id)
    record(session, actor, "directory.center", center_id, center_id=center_id, entry=entry)
