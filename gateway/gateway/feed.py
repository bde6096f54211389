"""Who sees which of the gateway's events: services and auditors all, nobody else any."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Actor
from shared.events.paging import FeedScope


async def feed_scopes(session: AsyncSession, actors: Sequence[Actor]) -> list[FeedScope]:
    """Tell which events each sees; programs and grants are no business of members."""
    del session
    return [FeedScope(everything=actor.has("service", "auditor", "admin")) for actor in actors]
