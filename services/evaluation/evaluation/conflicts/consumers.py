"""The directory changes: members, entities and owners touch panels in the same transaction."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import actions, queries
from shared import directory
from shared.auth import Actor
from shared.events import Handler, ReceivedEvent

CLERK: Final = Actor.system("evaluation.conflicts")
CENTER: Final = "directory.center"
ORGANIZATION: Final = "directory.organization"


async def on_center(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a centre with its members, and judge the panels over it again."""
    await directory.CONSUMES[CENTER](session, event)
    center_id = UUID(str(event.data["entry"]["id"]))
    await actions.recheck(session, CLERK, center_ids=[center_id])


async def on_organization(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep an organization; one that stands behind a centre, or above one, touches panels."""
    await directory.CONSUMES[ORGANIZATION](session, event)
    if await queries.matters(session, UUID(str(event.data["entry"]["id"]))):
        await actions.recheck(session, CLERK)


CONSUMES: Final[Mapping[str, Handler]] = {
    **directory.CONSUMES,
    CENTER: on_center,
    ORGANIZATION: on_organization,
}
