"""What is read of who made assets, on both clocks; whoever sees the asset sees its inventors."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger.assets.clock_queries import believed, covers, periods_of
from ip_ledger.assets.ownership_rules import Period
from ip_ledger.assets.queries import visible
from ip_ledger.assets.tables import (
    Asset,
    AssetInventor,
    InventorChange,
    InventorConsent,
    InventorPerson,
    InventorVersion,
)
from shared.auth import Actor
from shared.http import naming
from shared.rules import found

Named = tuple[AssetInventor, str | None]
MOST_ASSETS: Final = 1_000


def known_at(as_of: datetime | None) -> ColumnElement[bool]:
    """Give the condition on `InventorVersion` that it was believed then; None means now."""
    return believed(InventorVersion, as_of)


def covering(day: Mapped[date | None]) -> ColumnElement[bool]:
    """Give the condition on `InventorVersion` that it covers the day of another column."""
    valid: Any = col(InventorVersion.valid_during)
    held: ColumnElement[bool] = valid.op("@>", is_comparison=True)(day)
    return held


def valid_on(day: date | None) -> ColumnElement[bool]:
    """Give the condition on `InventorVersion` that it covers a day; None: the last days."""
    if day is None:
        return func.upper_inf(col(InventorVersion.valid_during))
    return covers(InventorVersion, day)


async def version_on(
    session: AsyncSession, asset_id: UUID, day: date | None, as_of: datetime | None = None
) -> InventorVersion | None:
    """Give the list that says who made an asset, for a day, as known then or now."""
    return await session.scalar(
        select(InventorVersion).where(
            col(InventorVersion.asset_id) == asset_id, valid_on(day), known_at(as_of)
        )
    )


async def parts_of(session: AsyncSession, version_id: UUID) -> list[AssetInventor]:
    """Give the persons of a list, in order."""
    rows = await session.scalars(
        select(AssetInventor)
        .where(col(AssetInventor.version_id) == version_id)
        .order_by(col(AssetInventor.place))
    )
    return list(rows)


async def inventors_of(session: AsyncSession, asset_id: UUID) -> list[AssetInventor]:
    """Give an asset's inventors in order; their shares sum to 1,000,000 ppm, if there are any."""
    rows = await session.scalars(
        select(AssetInventor)
        .join(InventorVersion, col(InventorVersion.id) == col(AssetInventor.version_id))
        .where(col(InventorVersion.asset_id) == asset_id, valid_on(None), known_at(None))
        .order_by(col(AssetInventor.place))
    )
    return list(rows)


async def inventors_with_names(
    session: AsyncSession, asset_ids: Collection[UUID]
) -> dict[UUID, list[Named]]:
    """Give the inventors of assets, as known now, with the names that are still kept."""
    rows = await session.execute(
        rows_of(col(InventorVersion.asset_id), AssetInventor)
        .join(AssetInventor, col(AssetInventor.version_id) == col(InventorVersion.id))
        .where(col(InventorVersion.asset_id).in_(asset_ids), valid_on(None), known_at(None))
        .order_by(col(AssetInventor.place))
    )
    made = [(asset_id, inventor) for asset_id, inventor in rows]
    names = await names_of(session, [inventor.person_id for _, inventor in made])
    grouped: dict[UUID, list[Named]] = {asset_id: [] for asset_id in asset_ids}
    for asset_id, inventor in made:
        grouped[asset_id].append((inventor, names.get(inventor.person_id)))
    return grouped


async def named_parts(session: AsyncSession, version_id: UUID) -> list[Named]:
    """Give the persons of a list in order, with the names that are still kept."""
    rows = await parts_of(session, version_id)
    names = await names_of(session, [inventor.person_id for inventor in rows])
    return [(inventor, names.get(inventor.person_id)) for inventor in rows]


async def inventors_on_days(
    session: AsyncSession, wanted: Iterable[tuple[UUID, date]]
) -> dict[tuple[UUID, date], list[AssetInventor]]:
    """Give who made assets for days, in order, as known now: one question, however many."""
    pairs = set(wanted)
    rows = await session.execute(
        rows_of(InventorVersion, AssetInventor)
        .join(AssetInventor, col(AssetInventor.version_id) == col(InventorVersion.id))
        .where(col(InventorVersion.asset_id).in_({asset for asset, _ in pairs}), known_at(None))
        .order_by(col(AssetInventor.place))
    )
    lists: dict[UUID, list[tuple[date, date | None, AssetInventor]]] = {}
    for version, inventor in rows:
        lists.setdefault(version.asset_id, []).append(
            (version.valid_from, version.valid_before, inventor)
        )
    return {
        (asset, day): [
            inventor
            for first, before, inventor in lists.get(asset, ())
            if first <= day and (before is None or day < before)
        ]
        for asset, day in pairs
    }


async def known_periods(session: AsyncSession, asset_id: UUID) -> list[Period]:
    """Give the periods of an asset's lists as known now, in order."""
    return await periods_of(session, InventorVersion, asset_id)


async def last_version(session: AsyncSession, asset_id: UUID) -> InventorVersion | None:
    """Give the newest list of an asset, whatever its days."""
    return await session.scalar(
        select(InventorVersion)
        .where(col(InventorVersion.asset_id) == asset_id)
        .order_by(col(InventorVersion.number).desc())
        .limit(1)
    )


async def version_by_id(session: AsyncSession, version_id: UUID) -> InventorVersion:
    """Give a list, read anew."""
    return found(await session.get(InventorVersion, version_id, populate_existing=True))


def visible_changes(
    actor: Actor, day: date, asset_id: UUID | None = None
) -> SelectOfScalar[InventorChange]:
    """Give the select of the changes to inventors of assets that the actor may see."""
    statement = (
        select(InventorChange)
        .join(Asset, col(Asset.id) == col(InventorChange.asset_id))
        .where(visible(actor, day))
    )
    if asset_id is not None:
        statement = statement.where(col(InventorChange.asset_id) == asset_id)
    return statement


async def visible_change(
    session: AsyncSession, actor: Actor, change_id: UUID, day: date
) -> InventorChange:
    """Give a change that the actor may see, else NOT_FOUND."""
    statement = visible_changes(actor, day).where(col(InventorChange.id) == change_id)
    return found(await session.scalar(statement))


async def change_for_update(session: AsyncSession, change_id: UUID) -> InventorChange:
    """Load and lock a change; who may see it was asked before."""
    statement = select(InventorChange).where(col(InventorChange.id) == change_id)
    statement = statement.with_for_update().execution_options(populate_existing=True)
    return found(await session.scalar(statement))


async def answers_of(
    session: AsyncSession, change_ids: Collection[UUID]
) -> dict[UUID, list[InventorConsent]]:
    """Give what was said to changes, in order."""
    rows = await session.scalars(
        select(InventorConsent)
        .where(col(InventorConsent.change_id).in_(change_ids))
        .order_by(col(InventorConsent.given_at), col(InventorConsent.org_id))
    )
    grouped: dict[UUID, list[InventorConsent]] = {change_id: [] for change_id in change_ids}
    for row in rows:
        grouped[row.change_id].append(row)
    return grouped


def _is_unit_of(actor: Actor) -> ColumnElement[bool]:
    """Give the condition on `InventorPerson` that a list ever named the person as the actor's."""
    return exists().where(
        col(AssetInventor.person_id) == col(InventorPerson.id),
        col(AssetInventor.org_id).in_(actor.org_ids),
    )


async def person_seen(session: AsyncSession, actor: Actor, person_id: UUID) -> InventorPerson:
    """Give a person whom the actor's organization employs by any list, else NOT_FOUND.

    Officials see every person.
    """
    statement = select(InventorPerson).where(col(InventorPerson.id) == person_id)
    if not actor.is_official:
        statement = statement.where(_is_unit_of(actor))
    return found(await session.scalar(statement))


async def person_for_update(session: AsyncSession, actor: Actor, person_id: UUID) -> InventorPerson:
    """Load and lock a person of the actor's own organization, else NOT_FOUND."""
    statement = select(InventorPerson).where(
        col(InventorPerson.id) == person_id, _is_unit_of(actor)
    )
    return found(await session.scalar(statement.with_for_update()))


async def assets_of_person(session: AsyncSession, person_id: UUID) -> list[tuple[UUID, int]]:
    """Give the assets that a person is known now to have made, with the parts."""
    rows = await session.execute(
        rows_of(col(InventorVersion.asset_id), col(AssetInventor.share_ppm))
        .join(InventorVersion, col(InventorVersion.id) == col(AssetInventor.version_id))
        .where(col(AssetInventor.person_id) == person_id, valid_on(None), known_at(None))
        .order_by(col(InventorVersion.asset_id))
        .limit(MOST_ASSETS)
    )
    return [(asset_id, ppm) for asset_id, ppm in rows]


async def assets_made_by(session: AsyncSession, person_id: UUID) -> Sequence[Asset]:
    """Load and lock, in one order, the assets among whose inventors a person ever was."""
    theirs = (
        select(col(InventorVersion.asset_id))
        .join(AssetInventor, col(AssetInventor.version_id) == col(InventorVersion.id))
        .where(col(AssetInventor.person_id) == person_id)
    )
    statement = select(Asset).where(col(Asset.id).in_(theirs)).order_by(col(Asset.id))
    return (await session.scalars(statement.with_for_update())).all()


async def names_of(session: AsyncSession, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give the names of persons that are still kept; whoever shows several reads them here.

    Where the answer is kept it keeps them too: then they are noted, and held until it is.
    """
    statement = (
        rows_of(col(InventorPerson.id), col(InventorPerson.name))
        .where(col(InventorPerson.id).in_(set(person_ids)))
        .order_by(col(InventorPerson.id))
    )
    if naming.is_kept(session):
        statement = statement.with_for_update(read=True)
    names = {
        person_id: name for person_id, name in await session.execute(statement) if name is not None
    }
    naming.note(session, names)
    return names
