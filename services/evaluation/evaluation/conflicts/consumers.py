"""The directory changes: members, entities and owners touch panels in the same transaction."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import actions, queries
from evaluation.conflicts.queries import Entry
from evaluation.experts import owner_queries
from evaluation.experts import queries as expert_queries
from shared import directory
from shared.auth import Actor
from shared.events import Handler, OfMany, ReceivedEvent

CLERK: Final = Actor.system("evaluation.conflicts")
CENTER: Final = "directory.center"
ORGANIZATION: Final = "directory.organization"


async def on_center(session: AsyncSession, event: ReceivedEvent) -> None:
    """Keep a centre with its members, and judge the panels over it again."""
    await directory.CONSUMES[CENTER](session, event)
    center_id = UUID(str(event.data["entry"]["id"]))
    await actions.recheck(session, CLERK, center_ids=[center_id])


async def on_organizations(session: AsyncSession, events: Sequence[ReceivedEvent]) -> None:
    """Keep organizations, and judge the seats again that their owners or successors may touch.

    Those are the seats over the centres behind which they stand, or whom they hold, and the seats
    of experts who are tied to them, or to whom they hold. An import brings a hundred thousand that
    touch nobody: however many events, the statements are as many.
    """
    codes = {UUID(str(one.data["entry"]["id"])): one.data["entry"]["uscc"] for one in events}
    before = await queries.entries_of(session, codes)
    await directory.on_organizations(session, events)
    after = await queries.entries_of(session, codes)
    # Another name or address ties nobody to anything.
    changed = {one: code for one, code in codes.items() if before.get(one) != after.get(one)}
    if not changed:
        return
    former = {
        code: one
        for one, told in changed.items()
        for code in _former(told, before.get(one), after.get(one))
    }
    await owner_queries.keep_former_codes(session, former)
    touched = await owner_queries.held_by(session, changed)
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
    ORGANIZATION: OfMany(on_organizations),
}
