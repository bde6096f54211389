"""What is read of a portfolio, and who may: whoever may see the asset, or belongs to the centre."""

from datetime import date
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.assets import queries as assets
from ip_ledger.assets.tables import Asset
from ip_ledger.contracts.tables import License
from ip_ledger.portfolio.rules import STANDING_LICENSES, Place
from ip_ledger.portfolio.tables import (
    AssetBranch,
    BackgroundRight,
    LayoutLine,
    LayoutPlan,
    ProtectionEvent,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


def visible_rights(
    actor: Actor, day: date, center_id: UUID | None = None
) -> SelectOfScalar[BackgroundRight]:
    """Give the select of declared rights of the actor's centres."""
    center = exists().where(
        col(DirectoryCenter.id) == col(BackgroundRight.center_id), tenancy.may_read(actor, day)
    )
    statement = select(BackgroundRight).where(center)
    if center_id is not None:
        statement = statement.where(col(BackgroundRight.center_id) == center_id)
    return statement


async def right_for_update(
    session: AsyncSession, actor: Actor, right_id: UUID, day: date
) -> BackgroundRight:
    """Load and lock a declared right that the actor may see, else NOT_FOUND."""
    statement = visible_rights(actor, day).where(col(BackgroundRight.id) == right_id)
    return found(await session.scalar(statement.with_for_update()))


async def licensed(session: AsyncSession, license_ids: set[UUID], day: date) -> set[UUID]:
    """Name those of the licenses that stand, and whose term is not over."""
    rows = await session.execute(
        rows_of(col(License.id)).where(
            col(License.id).in_(license_ids),
            col(License.state).in_(STANDING_LICENSES),
            (col(License.term_until).is_(None)) | (col(License.term_until) >= day),
        )
    )
    return {row[0] for row in rows}


async def latest_plan(session: AsyncSession, center_id: UUID, year: int) -> LayoutPlan | None:
    """Give the version of a year's plan that counts."""
    statement = (
        select(LayoutPlan)
        .where(col(LayoutPlan.center_id) == center_id, col(LayoutPlan.year) == year)
        .order_by(col(LayoutPlan.version).desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def planned(session: AsyncSession, plan_id: UUID) -> dict[Place, int]:
    """Give what a plan wants, place by place."""
    rows = await session.scalars(select(LayoutLine).where(col(LayoutLine.plan_id) == plan_id))
    return {Place(row.branch, row.jurisdiction, row.kind): row.planned for row in rows}


async def filed(
    session: AsyncSession, center_id: UUID, from_on: date, until_on: date
) -> list[tuple[Place, UUID, UUID]]:
    """Give what a centre filed in some days, with its place; rights brought in are left out.

    The last id is that of its family, its own where it has no kin: one invention, however often
    it was filed.
    """
    rows = await session.execute(
        rows_of(Asset, col(AssetBranch.branch))
        .outerjoin(AssetBranch, col(AssetBranch.asset_id) == col(Asset.id))
        .where(
            col(Asset.center_id) == center_id,
            col(Asset.filed_on) >= from_on,
            col(Asset.filed_on) <= until_on,
            col(Asset.is_background).is_(False),
        )
        .order_by(col(Asset.id))
    )
    return [
        (Place(branch, asset.jurisdiction, asset.kind), asset.id, asset.family_id or asset.id)
        for asset, branch in rows
    ]


async def branch_for_update(session: AsyncSession, asset_id: UUID) -> AssetBranch | None:
    """Load and lock the branch of an asset, if it has one; the asset's lock is held."""
    return await session.get(AssetBranch, asset_id, with_for_update=True)


def visible_protection(
    actor: Actor, day: date, asset_id: UUID | None, center_id: UUID | None
) -> SelectOfScalar[ProtectionEvent]:
    """Give the select of events about assets that the actor may see."""
    statement = (
        select(ProtectionEvent)
        .join(Asset, col(Asset.id) == col(ProtectionEvent.asset_id))
        .where(assets.visible(actor, day))
    )
    if asset_id is not None:
        statement = statement.where(col(ProtectionEvent.asset_id) == asset_id)
    if center_id is not None:
        statement = statement.where(col(ProtectionEvent.center_id) == center_id)
    return statement
