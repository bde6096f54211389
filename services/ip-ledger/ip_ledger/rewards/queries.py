"""What is read of rewards, and who may see them: officials, the centre, and who owes them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.assets import inventor_queries as inventors
from ip_ledger.assets.rules import PATENTS
from ip_ledger.assets.tables import (
    Asset,
    AssetInventor,
    InventorVersion,
    OwnershipLine,
    OwnershipVersion,
)
from ip_ledger.rewards.rules import INCENTIVES, Maker, RewardKind, State
from ip_ledger.rewards.tables import (
    InventorPayment,
    InventorReward,
    OwnUse,
    OwnUseYear,
    RewardOffset,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

PAY_INVENTOR: Final = TaskKind(
    "pay_inventor",
    "支付职务发明人奖励报酬",
    "Pay an inventor what is owed",
    INCENTIVES,
    "POST",
    "/v1/ip-ledger/inventor-rewards/{id}/payments",
)


def _visible(actor: Actor, center_id: Mapped[UUID], owner_id: Mapped[UUID]) -> ColumnElement[bool]:
    """Other owners do not see what one owes its inventors (X04)."""
    if actor.is_official:
        return true()
    if actor.org_id is None:
        return false()
    own = rows_of(col(DirectoryCenter.id)).where(tenancy.acts_for(actor.org_ids))
    return or_(owner_id.in_(actor.org_ids), center_id.in_(own))


def visible_rewards(
    actor: Actor,
    **filters: object,
) -> SelectOfScalar[InventorReward]:
    """Give the select of the rewards that the actor may see."""
    row = InventorReward
    statement = select(row).where(_visible(actor, col(row.center_id), col(row.owner_id)))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(row, name) == value)
    return statement


async def visible_reward(session: AsyncSession, actor: Actor, reward_id: UUID) -> InventorReward:
    """Give a reward that the actor may see, else NOT_FOUND."""
    statement = visible_rewards(actor, id=reward_id)
    return found(await session.scalar(statement))


async def reward_for_update(session: AsyncSession, actor: Actor, reward_id: UUID) -> InventorReward:
    """Load and lock a reward that the actor may see, else NOT_FOUND."""
    statement = visible_rewards(actor, id=reward_id).with_for_update()
    return found(await session.scalar(statement))


async def rewards_of_source(session: AsyncSession, source_id: UUID) -> list[InventorReward]:
    """Load and lock the rewards that a run made."""
    rows = await session.scalars(
        select(InventorReward)
        .where(col(InventorReward.source_id) == source_id)
        .order_by(col(InventorReward.id))
        .with_for_update()
    )
    return list(rows)


async def standing_for_update(
    session: AsyncSession, asset_id: UUID, owner_ids: Iterable[UUID]
) -> list[InventorReward]:
    """Load and lock what owners owe for an asset by themselves, and no run: by source, in order."""
    rows = await session.scalars(
        select(InventorReward)
        .where(
            col(InventorReward.asset_id) == asset_id,
            col(InventorReward.owner_id).in_(set(owner_ids)),
            col(InventorReward.kind) != RewardKind.REMUNERATION,
            col(InventorReward.state) != State.CANCELLED,
        )
        .order_by(col(InventorReward.id))
        .with_for_update()
    )
    return list(rows)


async def years_by_id(session: AsyncSession, ids: Iterable[UUID | None]) -> dict[UUID, int]:
    """Give the years of own use by their ids."""
    rows = await session.execute(
        rows_of(col(OwnUseYear.id), col(OwnUseYear.year)).where(
            col(OwnUseYear.id).in_({one for one in ids if one is not None})
        )
    )
    return {row[0]: row[1] for row in rows}


async def overpaid(
    session: AsyncSession, asset_ids: Iterable[UUID]
) -> list[tuple[InventorReward, int]]:
    """Give cancelled rewards of assets with what of their payments settles nothing yet, locked."""
    used = (
        select(func.coalesce(func.sum(col(RewardOffset.amount_fen)), 0))
        .where(col(RewardOffset.from_id) == col(InventorReward.id))
        .correlate(InventorReward)
        .scalar_subquery()
    )
    left = col(InventorReward.paid_fen) + col(InventorReward.offset_fen) - used
    rows = await session.scalars(
        select(InventorReward)
        .where(
            col(InventorReward.asset_id).in_(set(asset_ids)),
            col(InventorReward.state) == State.CANCELLED,
            left > 0,
        )
        .order_by(col(InventorReward.id))
        .with_for_update()
    )
    found = list(rows)
    spent = await session.execute(
        rows_of(col(RewardOffset.from_id), func.sum(col(RewardOffset.amount_fen)))
        .where(col(RewardOffset.from_id).in_([row.id for row in found]))
        .group_by(col(RewardOffset.from_id))
    )
    gone = {row[0]: int(row[1]) for row in spent}
    return [(row, row.paid_fen + row.offset_fen - gone.get(row.id, 0)) for row in found]


async def payments_of(
    session: AsyncSession, reward_ids: Iterable[UUID]
) -> dict[UUID, list[InventorPayment]]:
    """Give the payments of rewards, in their order."""
    rows = await session.scalars(
        select(InventorPayment)
        .where(col(InventorPayment.reward_id).in_(list(reward_ids)))
        .order_by(col(InventorPayment.paid_on), col(InventorPayment.id))
    )
    grouped: dict[UUID, list[InventorPayment]] = {}
    for row in rows:
        grouped.setdefault(row.reward_id, []).append(row)
    return grouped


async def makers_on(
    session: AsyncSession, wanted: Iterable[tuple[UUID, date]]
) -> dict[tuple[UUID, date], list[Maker]]:
    """Give who made assets for days, in order, as known now: one question, however many."""
    known = await inventors.inventors_on_days(session, wanted)
    return {
        place: [
            Maker(row.person_id, row.org_id, row.share_ppm, row.is_head_of_unit) for row in rows
        ]
        for place, rows in known.items()
    }


async def granted_without_bonus(
    session: AsyncSession, actor: Actor, center_id: UUID | None, granted_from: date
) -> list[tuple[Asset, UUID]]:
    """Give granted patents with each owner that employs inventors and gave them no bonus yet."""
    given = exists().where(
        col(InventorReward.asset_id) == col(Asset.id),
        col(InventorReward.owner_id) == col(AssetInventor.org_id),
        col(InventorReward.kind) == RewardKind.GRANT_BONUS,
        col(InventorReward.state) != State.CANCELLED,
    )
    owns = exists().where(
        col(OwnershipVersion.asset_id) == col(Asset.id),
        func.upper_inf(col(OwnershipVersion.known_during)),
        col(OwnershipLine.version_id) == col(OwnershipVersion.id),
        col(OwnershipLine.owner_id) == col(AssetInventor.org_id),
    )
    statement = (
        rows_of(Asset, col(AssetInventor.org_id))
        .join(InventorVersion, col(InventorVersion.asset_id) == col(Asset.id))
        .join(AssetInventor, col(AssetInventor.version_id) == col(InventorVersion.id))
        .where(
            inventors.known_at(None),
            inventors.covering(col(Asset.granted_on)),
            col(Asset.kind).in_(PATENTS),
            col(Asset.granted_on) >= granted_from,
            ~given,
            owns,
            _visible(actor, col(Asset.center_id), col(AssetInventor.org_id)),
        )
        .distinct()
        .order_by(col(Asset.id), col(AssetInventor.org_id))
        .limit(500)
    )
    if center_id is not None:
        statement = statement.where(col(Asset.center_id) == center_id)
    return [(asset, org_id) for asset, org_id in await session.execute(statement)]


async def visible_use(session: AsyncSession, actor: Actor, use_id: UUID) -> OwnUse:
    """Give an own use that the actor may see, else NOT_FOUND."""
    statement = select(OwnUse).where(
        col(OwnUse.id) == use_id, _visible(actor, col(OwnUse.center_id), col(OwnUse.owner_id))
    )
    return found(await session.scalar(statement))


async def years_of(session: AsyncSession, use_id: UUID) -> Sequence[OwnUseYear]:
    """Give the years of an own use, in order."""
    rows = await session.scalars(
        select(OwnUseYear).where(col(OwnUseYear.use_id) == use_id).order_by(col(OwnUseYear.year))
    )
    return rows.all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what the caller's organization owes its inventors still, by its last day (D12.7)."""
    del today  # What is overdue stays until it is paid.
    if actor.org_id is None or not actor.has("member"):
        return []
    statement = (
        select(InventorReward)
        .where(
            col(InventorReward.owner_id).in_(actor.org_ids),
            col(InventorReward.state).in_((State.DUE, State.PARTLY_PAID)),
        )
        .order_by(col(InventorReward.due_on), col(InventorReward.id))
        .limit(MOST_TASKS)
    )
    return [
        Task(PAY_INVENTOR, row.id, row.center_id, row.due_on)
        for row in await session.scalars(statement)
    ]
