"""What the registry's feed tells the copy."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from shared.directory.storing import (
    store_center,
    store_days,
    store_organizations,
    store_policy,
)
from shared.events.consuming import Handler, OfMany, ReceivedEvent


async def on_center(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a centre as the event gives it."""
    await store_center(session, event.data["entry"], event.position)


async def on_organizations(session: AsyncSession, events: Sequence[ReceivedEvent]) -> None:
    """Keep organizations as the events give them."""
    await store_organizations(session, [(one.data["entry"], one.position) for one in events])


async def on_policy(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a policy version as the event gives it."""
    await store_policy(session, event.data)


async def on_days(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep declared days as the event gives them."""
    await store_days(session, event.data["days"], event.position)


CONSUMES: Final[Mapping[str, Handler]] = {
    "directory.center": on_center,
    "directory.organization": OfMany(on_organizations),
    "policy.published": on_policy,
    "calendar.changed": on_days,
}
