"""Who sees which of the gateway's events: services and auditors all, nobody else any."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Actor
from shared.events.paging import FeedScope


async def feed_scope(session: AsyncSession, actor: Actor) -> FeedScope:
    """Tell which events an actor sees; programs and grants are no business of members."""
    del session
    return FeedScope(everything=actor.has("service", "auditor", "admin"))
