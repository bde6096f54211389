"""What is read of families of rights: whoever may see one right may see its kin."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Uuid, literal, update
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger.assets import queries
from ip_ledger.assets.family_rules import Relative
from ip_ledger.assets.tables import Asset, AssetKinship
from shared.auth import Actor
from shared.rules import found


def relative(asset: Asset) -> Relative:
    """Give an asset as far as its descent asks for it."""
    return Relative(asset.id, asset.center_id, asset.kind, asset.jurisdiction, asset.filed_on)


async def above(session: AsyncSession, asset_id: UUID) -> dict[UUID, date | None]:
    """Give what a right comes from, near and far, with itself: the day of filing of each."""
    line = rows_of(literal(asset_id, Uuid()).label("id")).cte("above", recursive=True)
    line = line.union(
        rows_of(col(AssetKinship.parent_id))
        .join(line, line.c.id == col(AssetKinship.asset_id))
        .where(col(AssetKinship.withdrawn_at).is_(None))
    )
    rows = await session.execute(
        rows_of(col(Asset.id), col(Asset.filed_on)).where(col(Asset.id).in_(rows_of(line.c.id)))
    )
    return {row[0]: row[1] for row in rows}


async def joined_with(session: AsyncSession, asset_id: UUID) -> set[UUID]:
    """Name everything that kinships join with a right, itself included."""
    family = rows_of(literal(asset_id, Uuid()).label("id")).cte("family", recursive=True)
    kin = select(AssetKinship.asset_id, AssetKinship.parent_id).where(
        col(AssetKinship.withdrawn_at).is_(None)
    )
    ties = (
        kin.with_only_columns(
            col(AssetKinship.asset_id).label("one"), col(AssetKinship.parent_id).label("other")
        )
        .union_all(kin.with_only_columns(col(AssetKinship.parent_id), col(AssetKinship.asset_id)))
        .subquery("ties")
    )
    family = family.union(rows_of(ties.c.other).join(family, family.c.id == ties.c.one))
    return set(await session.scalars(rows_of(family.c.id)))


async def standing(session: AsyncSession, asset_id: UUID, parent_id: UUID) -> AssetKinship | None:
    """Give the kinship of two rights that stands, if there is one."""
    return await session.scalar(
        select(AssetKinship).where(
            col(AssetKinship.asset_id) == asset_id,
            col(AssetKinship.parent_id) == parent_id,
            col(AssetKinship.withdrawn_at).is_(None),
        )
    )


async def kinship_of(session: AsyncSession, asset_id: UUID, kinship_id: UUID) -> AssetKinship:
    """Load and lock a kinship of a right, else NOT_FOUND; who may see it was asked before."""
    statement = select(AssetKinship).where(
        col(AssetKinship.id) == kinship_id, col(AssetKinship.asset_id) == asset_id
    )
    return found(await session.scalar(statement.with_for_update()))


async def kinships_among(
    session: AsyncSession, asset_ids: Collection[UUID]
) -> Sequence[AssetKinship]:
    """Give the kinships that stand among some rights, in the order of recording."""
    rows = await session.scalars(
        select(AssetKinship)
        .where(col(AssetKinship.asset_id).in_(asset_ids), col(AssetKinship.withdrawn_at).is_(None))
        .order_by(col(AssetKinship.id))
    )
    return rows.all()


async def members(session: AsyncSession, actor: Actor, asset: Asset, day: date) -> Sequence[Asset]:
    """Give the rights of an asset's family that the actor may see, the first filed first."""
    if asset.family_id is None:
        return [asset]
    rows = await session.scalars(
        select(Asset)
        .where(col(Asset.family_id) == asset.family_id, queries.visible(actor, day))
        .order_by(col(Asset.filed_on), col(Asset.id))
    )
    return rows.all()


async def put_in_family(
    session: AsyncSession, asset_ids: Collection[UUID], family_id: UUID | None
) -> None:
    """Say to which family some rights belong, in one statement."""
    await session.execute(
        update(Asset).where(col(Asset.id).in_(asset_ids)).values(family_id=family_id)
    )
