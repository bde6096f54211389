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
    """Keep an organization, and judge the panels again that its owner or successor may touch."""
    org_id = UUID(str(event.data["entry"]["id"]))
    before = await queries.standing_of(session, org_id)
    await directory.CONSUMES[ORGANIZATION](session, event)
    if await queries.standing_of(session, org_id) == before:
        # Another name or address ties nobody to anything.
        return
    centers = await queries.centers_behind(session, org_id)
    if centers:
        await actions.recheck(session, CLERK, center_ids=centers)


CONSUMES: Final[Mapping[str, Handler]] = {
    **directory.CONSUMES,
    CENTER: on_center,
    ORGANIZATION: on_organization,
}
