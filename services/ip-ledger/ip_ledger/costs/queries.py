"""What is read of costs and of the money behind them, and who may see it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as rows_of
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger.assets import queries as assets
from ip_ledger.assets.tables import Asset
from ip_ledger.contributions import queries as contributions
from ip_ledger.contributions.tables import (
    Contribution,
    ContributionPayment,
    FundingRecord,
    FundingUndoing,
)
from ip_ledger.costs.rules import SourceKind, SourceMoney, Spent
from ip_ledger.costs.tables import AssetCost, AssetCostSource, MoneySource
from ip_ledger.costs.trail_rules import Earned
from ip_ledger.distributions.tables import DistributionLine, DistributionRun
from ip_ledger.revenue.tables import RevenueEvent, RevenueUndoing
from shared.auth import Actor
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Origin:
    """Where money came from: a member's contribution, or somebody outside."""

    source_id: UUID
    kind: SourceKind
    contribution_id: UUID | None
    org_id: UUID | None
    received_fen: int
    received_on: date
    held_in_trust: bool


def visible_costs(
    actor: Actor, day: date, asset_id: UUID | None, center_id: UUID | None
) -> SelectOfScalar[AssetCost]:
    """Give the select of what was spent on rights that the actor may see."""
    statement = (
        select(AssetCost)
        .join(Asset, col(Asset.id) == col(AssetCost.asset_id))
        .where(assets.visible(actor, day))
    )
    if asset_id is not None:
        statement = statement.where(col(AssetCost.asset_id) == asset_id)
    if center_id is not None:
        statement = statement.where(col(AssetCost.center_id) == center_id)
    return statement


async def visible_cost(session: AsyncSession, actor: Actor, cost_id: UUID, day: date) -> AssetCost:
    """Give a cost that the actor may see, else NOT_FOUND; it never changes, so nothing locks it."""
    statement = visible_costs(actor, day, None, None).where(col(AssetCost.id) == cost_id)
    return found(await session.scalar(statement))


async def by_reference(
    session: AsyncSession, center_id: UUID, external_id: str | None
) -> AssetCost | None:
    """Give the cost of a centre that bears a reference, if there is one."""
    if external_id is None:
        return None
    return await session.scalar(
        select(AssetCost).where(
            col(AssetCost.center_id) == center_id, col(AssetCost.external_id) == external_id
        )
    )


async def is_undone(session: AsyncSession, cost_id: UUID) -> bool:
    """Tell whether a cost has been undone."""
    statement = rows_of(col(AssetCost.id)).where(col(AssetCost.undoes_id) == cost_id)
    return await session.scalar(statement) is not None


async def money_of(
    session: AsyncSession, center_id: UUID, source_ids: Collection[UUID]
) -> dict[UUID, SourceMoney]:
    """Give the money of a centre that goes by these ids: payments, and funding from outside.

    The record of funding that stands for a member's payment is no second money, and what was undone
    is none at all.
    """
    payments = await session.execute(
        rows_of(ContributionPayment, col(Contribution.is_cash))
        .join(Contribution, col(Contribution.id) == col(ContributionPayment.contribution_id))
        .where(
            col(ContributionPayment.id).in_(source_ids),
            col(Contribution.center_id) == center_id,
            ~contributions.is_undone(col(ContributionPayment.id)),
        )
    )
    money = {
        row.id: SourceMoney(
            row.id, SourceKind.CONTRIBUTION, row.amount_fen, row.paid_on,
            in_kind=not is_cash and not row.held_in_trust,
        )
        for row, is_cash in payments
    }  # fmt: skip
    funding = await session.scalars(
        select(FundingRecord).where(
            col(FundingRecord.id).in_(source_ids),
            col(FundingRecord.center_id) == center_id,
            col(FundingRecord.contribution_payment_id).is_(None),
            ~exists().where(col(FundingUndoing.funding_id) == col(FundingRecord.id)),
        )
    )
    return money | {
        row.id: SourceMoney(row.id, SourceKind.FUNDING, row.amount_fen, row.received_on)
        for row in funding
    }


async def sources_for_update(
    session: AsyncSession, center_id: UUID, money: Mapping[UUID, SourceMoney]
) -> dict[UUID, MoneySource]:
    """Lock how much of some money is spent, in the order of ids; what is new is spent by nothing.

    The row of a source makes two costs at once wait, and holds that no money is spent twice.
    """
    if not money:
        return {}
    new = [
        {
            "source_id": one.source_id, "center_id": center_id, "kind": one.kind,
            "received_fen": one.received_fen, "spent_fen": 0,
        }
        for one in money.values()
    ]  # fmt: skip
    await session.execute(postgresql.insert(MoneySource).values(new).on_conflict_do_nothing())
    rows = await session.scalars(
        select(MoneySource)
        .where(col(MoneySource.source_id).in_(list(money)))
        .order_by(col(MoneySource.source_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.source_id: row for row in rows}


async def parts_of(
    session: AsyncSession, cost_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, int]]:
    """Give what each source paid of some costs."""
    rows = await session.scalars(
        select(AssetCostSource)
        .where(col(AssetCostSource.cost_id).in_(cost_ids))
        .order_by(col(AssetCostSource.cost_id), col(AssetCostSource.source_id))
    )
    parts: dict[UUID, dict[UUID, int]] = {cost_id: {} for cost_id in cost_ids}
    for row in rows:
        parts[row.cost_id][row.source_id] = row.amount_fen
    return parts


async def costs_of(
    session: AsyncSession, asset_ids: Collection[UUID], as_of: datetime | None
) -> tuple[list[AssetCost], list[Spent]]:
    """Give what was spent on some rights, as known then or now, the earliest first."""
    statement = select(AssetCost).where(col(AssetCost.asset_id).in_(asset_ids))
    if as_of is not None:
        statement = statement.where(col(AssetCost.recorded_at) <= as_of)
    ordered = statement.order_by(col(AssetCost.spent_on), col(AssetCost.id))
    rows = list(await session.scalars(ordered))
    parts = await parts_of(session, [row.id for row in rows])
    return rows, [
        Spent(row.id, row.asset_id, row.spent_on, row.amount_fen, parts[row.id]) for row in rows
    ]


async def assets_paid_by(session: AsyncSession, source_ids: Collection[UUID]) -> set[UUID]:
    """Name the rights on which some money was spent."""
    rows = await session.scalars(
        rows_of(col(AssetCost.asset_id))
        .join(AssetCostSource, col(AssetCostSource.cost_id) == col(AssetCost.id))
        .where(col(AssetCostSource.source_id).in_(source_ids))
        .distinct()
    )
    return set(rows)


async def income_of(
    session: AsyncSession, asset_ids: Collection[UUID], as_of: datetime | None
) -> list[Earned]:
    """Give what some rights earned and what was paid of it, as known then or now.

    A run that was undone counts with the one that undid it: together they paid nothing.
    """
    undone = exists().where(col(RevenueUndoing.event_id) == col(RevenueEvent.id))
    if as_of is not None:
        undone = undone.where(col(RevenueUndoing.undone_at) <= as_of)
    statement = select(RevenueEvent).where(col(RevenueEvent.asset_id).in_(asset_ids), ~undone)
    if as_of is not None:
        statement = statement.where(col(RevenueEvent.recorded_at) <= as_of)
    ordered = statement.order_by(col(RevenueEvent.received_on), col(RevenueEvent.id))
    rows = list(await session.scalars(ordered))
    paid = await _paid(session, [row.id for row in rows], as_of)
    return [
        Earned(
            row.id, row.asset_id, row.received_on, row.net_fen, paid.get(row.id, {}),
            row.trustee_org_id,
        )
        for row in rows
    ]  # fmt: skip


async def _paid(
    session: AsyncSession, event_ids: Sequence[UUID], as_of: datetime | None
) -> dict[UUID, dict[UUID, int]]:
    amount = func.sum(col(DistributionLine.amount_fen))
    statement = (
        rows_of(col(DistributionLine.event_id), col(DistributionLine.payee_id), amount)
        .join(DistributionRun, col(DistributionRun.id) == col(DistributionLine.run_id))
        .where(
            col(DistributionLine.event_id).in_(event_ids),
            col(DistributionRun.paid_at).is_not(None),
        )
        .group_by(col(DistributionLine.event_id), col(DistributionLine.payee_id))
        .having(amount != 0)
        .order_by(col(DistributionLine.event_id), col(DistributionLine.payee_id))
    )
    if as_of is not None:
        statement = statement.where(col(DistributionRun.paid_at) <= as_of)
    paid: dict[UUID, dict[UUID, int]] = {}
    for event_id, payee_id, fen in await session.execute(statement):
        paid.setdefault(event_id, {})[payee_id] = int(fen)
    return paid


async def origins(session: AsyncSession, source_ids: Iterable[UUID]) -> dict[UUID, Origin]:
    """Tell where some money came from."""
    wanted = list(source_ids)
    payments = await session.execute(
        rows_of(ContributionPayment, col(Contribution.org_id))
        .join(Contribution, col(Contribution.id) == col(ContributionPayment.contribution_id))
        .where(col(ContributionPayment.id).in_(wanted))
    )
    known = {
        row.id: Origin(
            row.id, SourceKind.CONTRIBUTION, row.contribution_id, org_id, row.amount_fen,
            row.paid_on, row.held_in_trust,
        )
        for row, org_id in payments
    }  # fmt: skip
    funding = await session.scalars(select(FundingRecord).where(col(FundingRecord.id).in_(wanted)))
    return known | {
        row.id: Origin(
            row.id, SourceKind.FUNDING, None, row.provider_org_id, row.amount_fen,
            row.received_on, row.held_in_trust,
        )
        for row in funding
    }  # fmt: skip


async def visible_event(
    session: AsyncSession, actor: Actor, event_id: UUID, day: date
) -> RevenueEvent:
    """Give an income of a right that the actor may see, else NOT_FOUND."""
    return found(
        await session.scalar(
            select(RevenueEvent)
            .join(Asset, col(Asset.id) == col(RevenueEvent.asset_id))
            .where(col(RevenueEvent.id) == event_id, assets.visible(actor, day))
        )
    )
