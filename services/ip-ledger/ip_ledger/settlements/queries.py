"""What is read of use between members: by either side, who acts for the centre, and officials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, true, update
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.settlements.tables import (
    SharedUse,
    UseSettlement,
    UseSettlementConfirmation,
    UseSettlementLine,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


@dataclass(frozen=True, slots=True)
class WholeSettlement:
    """A settlement with its uses and confirmations."""

    row: UseSettlement
    uses: Sequence[SharedUse]
    confirmations: Sequence[UseSettlementConfirmation]

    @property
    def confirmed(self) -> dict[UUID, UUID]:
        """Map each side that has confirmed to the person who did."""
        return {one.org_id: one.person_id for one in self.confirmations}


def _visible(
    actor: Actor, center_id: Mapped[UUID], one: Mapped[UUID], other: Mapped[UUID]
) -> ColumnElement[bool]:
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return false()
    led = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return or_(one.in_(actor.org_ids), other.in_(actor.org_ids), center_id.in_(led))


def visible_uses(
    actor: Actor, center_id: UUID | None = None, org_id: UUID | None = None
) -> SelectOfScalar[SharedUse]:
    """Give the select of the uses that the actor may see (X04)."""
    row = SharedUse
    statement = select(row).where(
        _visible(actor, col(row.center_id), col(row.provider_org_id), col(row.user_org_id))
    )
    if center_id is not None:
        statement = statement.where(col(row.center_id) == center_id)
    if org_id is not None:
        named = or_(col(row.provider_org_id) == org_id, col(row.user_org_id) == org_id)
        statement = statement.where(named)
    return statement


async def visible_use(session: AsyncSession, actor: Actor, use_id: UUID) -> SharedUse:
    """Give a use that the actor may see, else NOT_FOUND."""
    statement = visible_uses(actor).where(col(SharedUse.id) == use_id)
    return found(await session.scalar(statement))


async def is_undone(session: AsyncSession, use_id: UUID) -> bool:
    """Tell whether a use has been undone."""
    undoing = select(SharedUse.id).where(col(SharedUse.undoes_id) == use_id)
    return await session.scalar(undoing) is not None


async def unsettled_uses(
    session: AsyncSession, center_id: UUID, pair: tuple[UUID, UUID], days: tuple[date, date]
) -> list[SharedUse]:
    """Give a pair's uses of these days that no living settlement counts."""
    counted = exists().where(
        col(UseSettlementLine.use_id) == col(SharedUse.id), col(UseSettlementLine.is_live)
    )
    rows = await session.scalars(
        select(SharedUse)
        .where(
            col(SharedUse.center_id) == center_id,
            col(SharedUse.provider_org_id).in_(pair),
            col(SharedUse.user_org_id).in_(pair),
            col(SharedUse.used_on).between(*days),
            ~counted,
        )
        .order_by(col(SharedUse.used_on), col(SharedUse.id))
    )
    return list(rows)


def visible_settlements(
    actor: Actor, center_id: UUID | None = None, org_id: UUID | None = None
) -> SelectOfScalar[UseSettlement]:
    """Give the select of the settlements that the actor may see (X04)."""
    row = UseSettlement
    statement = select(row).where(
        _visible(actor, col(row.center_id), col(row.first_org_id), col(row.second_org_id))
    )
    if center_id is not None:
        statement = statement.where(col(row.center_id) == center_id)
    if org_id is not None:
        named = or_(col(row.first_org_id) == org_id, col(row.second_org_id) == org_id)
        statement = statement.where(named)
    return statement


async def settlement_for_update(
    session: AsyncSession, actor: Actor, settlement_id: UUID
) -> WholeSettlement:
    """Load and lock a settlement that the actor may see, else NOT_FOUND."""
    statement = visible_settlements(actor).where(col(UseSettlement.id) == settlement_id)
    row = found(await session.scalar(statement.with_for_update()))
    return (await with_parts(session, [row]))[0]


async def visible_settlement(
    session: AsyncSession, actor: Actor, settlement_id: UUID
) -> WholeSettlement:
    """Give a settlement that the actor may see, else NOT_FOUND."""
    statement = visible_settlements(actor).where(col(UseSettlement.id) == settlement_id)
    row = found(await session.scalar(statement))
    return (await with_parts(session, [row]))[0]


async def with_parts(session: AsyncSession, rows: Iterable[UseSettlement]) -> list[WholeSettlement]:
    """Add their uses and confirmations: two questions, however many they are."""
    listed = list(rows)
    ids = [row.id for row in listed]
    lines = await session.execute(
        select(UseSettlementLine.settlement_id, SharedUse)
        .join(SharedUse, col(SharedUse.id) == col(UseSettlementLine.use_id))
        .where(col(UseSettlementLine.settlement_id).in_(ids))
        .order_by(col(SharedUse.used_on), col(SharedUse.id))
    )
    uses: dict[UUID, list[SharedUse]] = {key: [] for key in ids}
    for settlement_id, use in lines:
        uses[settlement_id].append(use)
    given = await session.scalars(
        select(UseSettlementConfirmation)
        .where(col(UseSettlementConfirmation.settlement_id).in_(ids))
        .order_by(col(UseSettlementConfirmation.id))
    )
    confirmations: dict[UUID, list[UseSettlementConfirmation]] = {key: [] for key in ids}
    for one in given:
        confirmations[one.settlement_id].append(one)
    return [WholeSettlement(row, uses[row.id], confirmations[row.id]) for row in listed]


async def let_go(session: AsyncSession, settlement_id: UUID) -> None:
    """Let other settlements count the uses of one that is contested."""
    await session.execute(
        update(UseSettlementLine)
        .where(col(UseSettlementLine.settlement_id) == settlement_id)
        .values(is_live=False)
    )
