"""What is read of centres: listed ones by everyone signed in, candidates by those concerned."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, column, false, or_, table
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import Stage
from registry.centers.tables import Center, Counter, StageChange
from shared.auth import Actor
from shared.rules import found


def centers(actor: Actor) -> SelectOfScalar[Center]:
    """Select the centres that the actor may see (X04).

    Listed centres are public. A candidate is seen by its lead sponsor, its legal entity, its
    members and those invited; by officials from its first submission on.
    """
    statement = select(Center)
    if actor.has("service"):
        return statement
    seen: list[ColumnElement[bool]] = [col(Center.listed_on).is_not(None), of_org(actor.org_id)]
    if actor.is_official:
        seen.append(col(Center.disclosed_at).is_not(None))
    return statement.where(or_(*seen))


# Memberships build upon centres, so that the arrow runs the other way: only the columns that make
# a candidate visible are read here.
MEMBERSHIP: Final = table("membership", column("center_id"), column("org_id"), column("state"))
OPEN_STATES: Final = ("invited", "confirmed", "active", "leaving")


def _with_open_membership(org_id: UUID) -> Select[tuple[UUID]]:
    return sa_select(MEMBERSHIP.c.center_id).where(
        MEMBERSHIP.c.org_id == org_id, MEMBERSHIP.c.state.in_(OPEN_STATES)
    )


def of_org(org_id: UUID | None) -> ColumnElement[bool]:
    """Give the condition that a centre concerns an organization.

    Who acts for none is concerned by none: comparing with nothing would find every centre that
    has no legal entity.
    """
    if org_id is None:
        return false()
    return or_(
        col(Center.lead_sponsor_id) == org_id,
        col(Center.legal_entity_id) == org_id,
        col(Center.id).in_(_with_open_membership(org_id)),
    )


async def is_taken(session: AsyncSession, entity_id: UUID | None, center_id: UUID) -> bool:
    """Tell whether another centre, applied for or listed, stands on this legal person."""
    if entity_id is None:
        return False
    statement = select(Center.id).where(
        col(Center.legal_entity_id) == entity_id,
        col(Center.id) != center_id,
        col(Center.disclosed_at).is_not(None),
        col(Center.stage).not_in((Stage.DELISTED, Stage.DISSOLVED)),
    )
    return await session.scalar(statement.limit(1)) is not None


async def center_seen(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Give a centre that the actor may see."""
    return found(await session.scalar(centers(actor).where(col(Center.id) == center_id)))


async def center_seen_for_update(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Load and lock a centre that the actor may see."""
    statement = centers(actor).where(col(Center.id) == center_id)
    return found(await session.scalar(statement.with_for_update()))


async def center_by_id(session: AsyncSession, center_id: UUID) -> Center | None:
    """Give a centre, whoever asks."""
    return await session.get(Center, center_id)


async def centers_by_id(session: AsyncSession, center_ids: Collection[UUID]) -> dict[UUID, Center]:
    """Give centres by id, whoever asks; unknown ids are left out."""
    rows = (await session.scalars(select(Center).where(col(Center.id).in_(center_ids)))).all()
    return {center.id: center for center in rows}


async def center_for_update(session: AsyncSession, center_id: UUID) -> Center:
    """Load and lock a centre, whoever asks."""
    statement = select(Center).where(col(Center.id) == center_id).with_for_update()
    return found(await session.scalar(statement.execution_options(populate_existing=True)))


async def stage_changes(session: AsyncSession, center_id: UUID) -> Sequence[StageChange]:
    """Give a centre's changes of stage, oldest first."""
    statement = (
        select(StageChange)
        .where(col(StageChange.center_id) == center_id)
        .order_by(col(StageChange.id))
    )
    return (await session.scalars(statement)).all()


async def next_number(session: AsyncSession, series: str) -> int:
    """Draw the next number of a series; the row stays locked until the commit."""
    drawn = (
        insert(Counter)
        .values(series=series, last=1)
        .on_conflict_do_update(index_elements=["series"], set_={"last": Counter.last + 1})
        .returning(col(Counter.last))
    )
    return int(found(await session.scalar(drawn)))
