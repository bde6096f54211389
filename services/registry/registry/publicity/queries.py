"""What is read of publicity and awards, and who may see what.

Officials and services see all; whoever speaks for a centre sees its own from the first word on;
everyone else sees what is released or published (X04).
"""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.tables import Center
from registry.facts.tables import Fact
from registry.publicity.rules import (
    APPROVE_AWARD,
    RELEASE,
    REVIEW_AWARD,
    AwardState,
    ItemState,
)
from registry.publicity.tables import Award, PublicityItem
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind


def own_centers(actor: Actor) -> SelectOfScalar[UUID]:
    """Select the centres for which the actor's organization speaks."""
    return select(Center.id).where(spoken_for_by(actor.org_ids))


def items(
    actor: Actor, *, center_id: UUID | None = None, state: ItemState | None = None
) -> SelectOfScalar[PublicityItem]:
    """Select the publicity items that the actor may see."""
    statement = select(PublicityItem)
    if not actor.has("official", "service"):
        statement = statement.where(
            or_(
                col(PublicityItem.state) == ItemState.RELEASED,
                col(PublicityItem.center_id).in_(own_centers(actor)),
            )
        )
    if center_id is not None:
        statement = statement.where(col(PublicityItem.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(PublicityItem.state) == state)
    return statement


async def item_seen(session: AsyncSession, actor: Actor, item_id: UUID) -> PublicityItem:
    """Give a publicity item that the actor may see."""
    return found(await session.scalar(items(actor).where(col(PublicityItem.id) == item_id)))


async def item_for_update(session: AsyncSession, actor: Actor, item_id: UUID) -> PublicityItem:
    """Load and lock a publicity item that the actor may see."""
    statement = items(actor).where(col(PublicityItem.id) == item_id).with_for_update()
    return found(await session.scalar(statement))


def cases() -> SelectOfScalar[PublicityItem]:
    """Select the typical cases that everyone reads (A157)."""
    return select(PublicityItem).where(
        col(PublicityItem.state) == ItemState.RELEASED, col(PublicityItem.typical_case)
    )


async def case_once_public(session: AsyncSession, item_id: UUID) -> PublicityItem:
    """Give a typical case that is or was public; what never was does not exist."""
    statement = select(PublicityItem).where(
        col(PublicityItem.id) == item_id,
        col(PublicityItem.typical_case),
        col(PublicityItem.released_at).is_not(None),
    )
    return found(await session.scalar(statement))


async def speaks_for(session: AsyncSession, actor: Actor, center_id: UUID) -> bool:
    """Tell whether the actor's organization speaks for a centre."""
    statement = own_centers(actor).where(col(Center.id) == center_id)
    return await session.scalar(statement) is not None


async def facts_of(
    session: AsyncSession, center_id: UUID, fact_ids: Collection[UUID]
) -> dict[UUID, Fact]:
    """Give those of the facts that are a centre's own."""
    statement = select(Fact).where(col(Fact.id).in_(fact_ids), col(Fact.center_id) == center_id)
    return {row.id: row for row in (await session.scalars(statement)).all()}


async def newest_cases(session: AsyncSession, most: int) -> Sequence[PublicityItem]:
    """Give the typical cases that were released last, the newest first."""
    newest = (col(PublicityItem.released_at).desc(), col(PublicityItem.id).desc())
    return (await session.scalars(cases().order_by(*newest).limit(most))).all()


async def centers_named(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, tuple[str, str]]:
    """Give code and name of centres."""
    statement = select(Center.id, Center.code, Center.name).where(col(Center.id).in_(center_ids))
    return {row[0]: (row[1] or "", row[2]) for row in (await session.execute(statement)).all()}


def awards(
    actor: Actor | None, *, center_id: UUID | None = None, state: AwardState | None = None
) -> SelectOfScalar[Award]:
    """Select the awards that the actor may see; without one, those that everyone reads."""
    statement = select(Award)
    if actor is None:
        statement = statement.where(col(Award.state) == AwardState.PUBLISHED)
    elif not actor.has("official", "service"):
        statement = statement.where(
            or_(
                col(Award.state) == AwardState.PUBLISHED,
                col(Award.center_id).in_(own_centers(actor)),
            )
        )
    if center_id is not None:
        statement = statement.where(col(Award.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(Award.state) == state)
    return statement


async def award_seen(session: AsyncSession, actor: Actor, award_id: UUID) -> Award:
    """Give an award that the actor may see."""
    return found(await session.scalar(awards(actor).where(col(Award.id) == award_id)))


async def award_for_update(session: AsyncSession, award_id: UUID) -> Award:
    """Load and lock an award, for officials."""
    return found(
        await session.scalar(select(Award).where(col(Award.id) == award_id).with_for_update())
    )


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what waits to be reviewed, approved or released by the caller.

    What is to be published has a last day, and stands among the disclosures.
    """
    del today  # Nothing of it has a last day.
    tasks: list[Task] = []
    if actor.has("approver"):
        statement = (
            select(PublicityItem)
            .where(
                col(PublicityItem.state) == ItemState.PROPOSED,
                col(PublicityItem.written_by) != actor.person_id,
            )
            .order_by(col(PublicityItem.id))
            .limit(MOST_TASKS)
        )
        rows = (await session.scalars(statement)).all()
        tasks += [Task(RELEASE, row.id, row.center_id) for row in rows]
        reviewed = col(Award.reviewed_by) != actor.person_id
        tasks += await _awards(session, AwardState.REVIEWED, APPROVE_AWARD, reviewed)
    if actor.has("reviewer"):
        tasks += await _awards(session, AwardState.NOMINATED, REVIEW_AWARD)
    return tasks


async def _awards(
    session: AsyncSession, state: AwardState, kind: TaskKind, *more: ColumnElement[bool]
) -> list[Task]:
    statement = select(Award).where(col(Award.state) == state, *more)
    ordered = statement.order_by(col(Award.id)).limit(MOST_TASKS)
    return [Task(kind, row.id, row.center_id) for row in (await session.scalars(ordered)).all()]
