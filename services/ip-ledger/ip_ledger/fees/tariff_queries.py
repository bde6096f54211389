"""What is read of tariffs: those in force by all, proposed ones by officials."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger.assets.tables import Asset
from ip_ledger.fees.rules import STANDING
from ip_ledger.fees.tables import FeeTariff
from ip_ledger.fees.tariff_rules import Tariff, TariffState
from shared.auth import Actor
from shared.rules import found


async def in_force(session: AsyncSession) -> list[Tariff]:
    """Give every version that is, was or will be in force: they are few, and read whole."""
    rows = await session.scalars(
        select(FeeTariff)
        .where(col(FeeTariff.state) == TariffState.IN_FORCE)
        .order_by(col(FeeTariff.jurisdiction), col(FeeTariff.effective_from))
    )
    return [
        Tariff(
            row.id, row.jurisdiction, row.law, row.effective_from, row.effective_until,
            row.is_confirmed, row.reliefs, row.schedules,
        )
        for row in rows
    ]  # fmt: skip


def visible_tariffs(
    actor: Actor, jurisdiction: str | None, state: TariffState | None
) -> SelectOfScalar[FeeTariff]:
    """Give the select of the tariffs that the actor may see."""
    statement = select(FeeTariff)
    if not actor.is_official:
        statement = statement.where(col(FeeTariff.state) == TariffState.IN_FORCE)
    if jurisdiction is not None:
        statement = statement.where(col(FeeTariff.jurisdiction) == jurisdiction)
    return statement if state is None else statement.where(col(FeeTariff.state) == state)


async def visible_tariff(session: AsyncSession, actor: Actor, tariff_id: UUID) -> FeeTariff:
    """Give one tariff that the actor may see, else NOT_FOUND."""
    statement = visible_tariffs(actor, None, None).where(col(FeeTariff.id) == tariff_id)
    return found(await session.scalar(statement))


async def tariff_for_update(session: AsyncSession, tariff_id: UUID) -> FeeTariff:
    """Load and lock a tariff, else NOT_FOUND."""
    statement = select(FeeTariff).where(col(FeeTariff.id) == tariff_id)
    return found(await session.scalar(statement.with_for_update()))


async def last_for_update(session: AsyncSession, jurisdiction: str) -> FeeTariff | None:
    """Load and lock the latest version of an office that is, or will be, in force."""
    return await session.scalar(
        select(FeeTariff)
        .where(
            col(FeeTariff.jurisdiction) == jurisdiction,
            col(FeeTariff.state) == TariffState.IN_FORCE,
        )
        .order_by(col(FeeTariff.effective_from).desc())
        .limit(1)
        .with_for_update()
    )


async def last_edition(session: AsyncSession, jurisdiction: str) -> int:
    """Give the number of an office's latest version, 0 when there is none."""
    statement = rows_of(func.max(col(FeeTariff.edition))).where(
        col(FeeTariff.jurisdiction) == jurisdiction
    )
    return await session.scalar(statement) or 0


async def look_again(session: AsyncSession, jurisdiction: str, now: datetime) -> None:
    """Let the clerk look at every right that stands at an office: one statement."""
    await session.execute(
        update(Asset)
        .where(
            col(Asset.jurisdiction) == jurisdiction,
            col(Asset.state).in_(STANDING),
        )
        .values(next_look_at=now)
    )
