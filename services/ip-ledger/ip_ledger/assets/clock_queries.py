"""Versions on two clocks, of owners or of inventors: what holds when, as believed when."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, func, literal, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger.assets.ownership_rules import Period
from ip_ledger.assets.tables import InventorVersion, OwnershipVersion
from shared.database import InstantColumn

Kept = OwnershipVersion | InventorVersion


def believed(kind: type[Kept], as_of: datetime | None) -> ColumnElement[bool]:
    """Give the condition that a version was believed then; None means now."""
    known: Any = col(kind.known_during)
    if as_of is None:
        return func.upper_inf(known)
    held: ColumnElement[bool] = known.op("@>", is_comparison=True)(literal(as_of, InstantColumn()))
    return held


def covers(kind: type[Kept], day: date) -> ColumnElement[bool]:
    """Give the condition that a version covers a day."""
    valid: Any = col(kind.valid_during)
    held: ColumnElement[bool] = valid.op("@>", is_comparison=True)(literal(day, Date()))
    return held


async def periods_of(session: AsyncSession, kind: type[Kept], asset_id: UUID) -> list[Period]:
    """Give the periods of an asset's versions as known now, in order."""
    rows: Any = await session.scalars(
        select(kind)
        .where(col(kind.asset_id) == asset_id, believed(kind, None))
        .order_by(func.lower(col(kind.valid_during)).nulls_first())
    )
    return [Period(row.id, row.valid_from, row.valid_before) for row in rows]


async def declare_instant(session: AsyncSession, at: datetime) -> None:
    """Say the transaction's instant to the database, which holds every version to it."""
    await session.execute(
        select(func.set_config("zhichuang.instant", at.isoformat(), literal(value=True)))
    )


async def end_belief(session: AsyncSession, row: Kept, at: datetime) -> None:
    """End the belief in a version: all that may ever change of it."""
    kind = type(row)
    await session.execute(
        update(kind)
        .where(col(kind.id) == row.id)
        .values(known_during=Range(row.known_from, at, bounds="[)"))
        .execution_options(synchronize_session=False)
    )
    # The row in memory still says that it is believed; nobody may read it so.
    session.expunge(row)
