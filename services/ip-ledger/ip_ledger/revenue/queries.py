"""What is read of income, and who may see it: officials, the centre, and the asset's owners."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.assets.tables import OwnershipLine, OwnershipVersion
from ip_ledger.revenue.tables import RevenueDeduction, RevenueEvent, RevenueUndoing
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


def visible(actor: Actor) -> ColumnElement[bool]:
    """Give the condition on `RevenueEvent` that the actor may see it.

    An owner, past or present, sees what its asset earned; other members do not (X04).
    """
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return ~true()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    owner = exists().where(
        col(OwnershipVersion.asset_id) == col(RevenueEvent.asset_id),
        col(OwnershipLine.version_id) == col(OwnershipVersion.id),
        col(OwnershipLine.owner_id).in_(actor.org_ids),
    )
    return or_(col(RevenueEvent.center_id).in_(own), owner)


async def visible_event(session: AsyncSession, actor: Actor, event_id: UUID) -> RevenueEvent:
    """Give an event that the actor may see, else NOT_FOUND."""
    statement = select(RevenueEvent).where(col(RevenueEvent.id) == event_id, visible(actor))
    return found(await session.scalar(statement))


def visible_events(actor: Actor, **filters: object) -> Select[Any]:
    """Give the select of the events that the actor may see."""
    statement = select(RevenueEvent).where(visible(actor))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(RevenueEvent, name) == value)
    return statement


async def events_of(
    session: AsyncSession, actor: Actor, event_ids: Sequence[UUID]
) -> list[RevenueEvent]:
    """Give the events that the actor may see, in the order asked for; others are left out."""
    rows = await session.scalars(
        select(RevenueEvent).where(col(RevenueEvent.id).in_(event_ids), visible(actor))
    )
    by_id = {row.id: row for row in rows}
    return [by_id[event_id] for event_id in event_ids if event_id in by_id]


async def deductions_of(
    session: AsyncSession, event_ids: Iterable[UUID]
) -> dict[UUID, list[RevenueDeduction]]:
    """Give the deductions of events, in their order."""
    rows = await session.scalars(
        select(RevenueDeduction)
        .where(col(RevenueDeduction.event_id).in_(list(event_ids)))
        .order_by(col(RevenueDeduction.event_id), col(RevenueDeduction.place))
    )
    grouped: dict[UUID, list[RevenueDeduction]] = {}
    for row in rows:
        grouped.setdefault(row.event_id, []).append(row)
    return grouped


async def undoings_of(
    session: AsyncSession, event_ids: Iterable[UUID]
) -> dict[UUID, RevenueUndoing]:
    """Give what was undone of some income, by event."""
    rows = await session.scalars(
        select(RevenueUndoing).where(col(RevenueUndoing.event_id).in_(list(event_ids)))
    )
    return {row.event_id: row for row in rows}
