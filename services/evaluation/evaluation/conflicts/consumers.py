"""The directory changes: members, entities and owners touch panels in the same transaction."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import actions, queries
from evaluation.conflicts.queries import Entry
from evaluation.experts import owner_queries
from evaluation.experts import queries as expert_queries
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
    """Keep an organization, and judge the seats again that its owner or successor may touch.

    Those are the seats over the centres behind which it stands, or whom it holds, and the seats
    of experts who are tied to it, or to whom it holds.
    """
    entry = event.data["entry"]
    org_id = UUID(str(entry["id"]))
    before = await queries.entry_of(session, org_id)
    await directory.CONSUMES[ORGANIZATION](session, event)
    after = await queries.entry_of(session, org_id)
    if after == before:
        # Another name or address ties nobody to anything.
        return
    await owner_queries.keep_former_codes(session, org_id, _former(entry["uscc"], before, after))
    touched = await owner_queries.held_by(session, org_id)
    centers = await queries.centers_behind(session, touched)
    experts = await expert_queries.tied_to(session, touched)
    if centers or experts:
        await actions.recheck(session, CLERK, expert_ids=experts, center_ids=centers)


def _former(told: str, before: Entry | None, after: Entry | None) -> set[str]:
    """Give the codes that were heard and are not borne today."""
    heard = {told} if before is None else {told, before.uscc}
    return heard if after is None else heard - {after.uscc}


CONSUMES: Final[Mapping[str, Handler]] = {
    **directory.CONSUMES,
    CENTER: on_center,
    ORGANIZATION: on_organization,
}
