"""What is read of assets and their ownership, and who may see them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, true
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.assets.clock_queries import believed, covers, periods_of
from ip_ledger.assets.ownership_rules import Period
from ip_ledger.assets.proposal_rules import OwnerAnswer
from ip_ledger.assets.rules import Absence
from ip_ledger.assets.tables import (
    Asset,
    AssetFilingPosition,
    OwnershipConsent,
    OwnershipLine,
    OwnershipProposal,
    OwnershipVersion,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Owned:
    """Who owns an asset on a day, as known at an instant; `shares` are in ppm.

    `origin_id` stays when the version is restated over fewer days, so that it tells whether
    the shares that something was computed from have changed.
    """

    version_id: UUID
    asset_id: UUID
    center_id: UUID
    shares: tuple[tuple[UUID, int], ...]
    origin_id: UUID
    number: int
    valid_from: date
    valid_until: date | None
    agreement_id: UUID | None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of ownership with its lines, the largest share first."""

    row: OwnershipVersion
    lines: Sequence[OwnershipLine]


def visible(actor: Actor, day: date) -> ColumnElement[bool]:
    """Give the condition on `Asset` that the actor may see it.

    An owner keeps seeing what it owned, also after it has left the centre (X04).
    """
    if actor.is_official or actor.has("service"):
        return true()
    center = exists().where(
        col(DirectoryCenter.id) == col(Asset.center_id), tenancy.belongs(actor, day)
    )
    owner = exists().where(
        col(OwnershipVersion.asset_id) == col(Asset.id),
        col(OwnershipLine.version_id) == col(OwnershipVersion.id),
        col(OwnershipLine.owner_id).in_(actor.org_ids),
    )
    return or_(center, owner)


async def visible_asset(session: AsyncSession, actor: Actor, asset_id: UUID, day: date) -> Asset:
    """Give an asset that the actor may see, else NOT_FOUND."""
    return found(
        await session.scalar(select(Asset).where(col(Asset.id) == asset_id, visible(actor, day)))
    )


async def asset_for_update(session: AsyncSession, actor: Actor, asset_id: UUID, day: date) -> Asset:
    """Load and lock an asset that the actor may see, else NOT_FOUND."""
    statement = select(Asset).where(col(Asset.id) == asset_id, visible(actor, day))
    return found(await session.scalar(statement.with_for_update()))


def visible_assets(
    actor: Actor,
    day: date,
    **filters: Any,  # noqa: ANN401 - column values
) -> SelectOfScalar[Asset]:
    """Give the select of the assets that the actor may see."""
    statement = select(Asset).where(visible(actor, day))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(Asset, name) == value)
    return statement


async def asset(session: AsyncSession, asset_id: UUID) -> Asset | None:
    """Give an asset whoever asks, for other features' rules."""
    return await session.get(Asset, asset_id)


async def of_center(
    session: AsyncSession, center_id: UUID, asset_ids: Iterable[UUID]
) -> frozenset[UUID]:
    """Name those of the assets that are a centre's."""
    statement = select(Asset.id).where(
        col(Asset.center_id) == center_id, col(Asset.id).in_(set(asset_ids))
    )
    return frozenset(await session.scalars(statement))


async def asset_locked(session: AsyncSession, asset_id: UUID) -> Asset | None:
    """Give an asset whoever asks, with its lock."""
    statement = select(Asset).where(col(Asset.id) == asset_id)
    return await session.scalar(
        statement.with_for_update().execution_options(populate_existing=True)
    )


async def assets_by_number(
    session: AsyncSession, numbers: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Asset]:
    """Give the assets that bear one of these numbers, by office and number."""
    rows = await session.scalars(
        select(Asset).where(col(Asset.number).in_([number for _, number in numbers]))
    )
    return {(row.jurisdiction, str(row.number)): row for row in rows}


async def assets_by_reference(
    session: AsyncSession, org_id: UUID, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Asset]:
    """Give an organization's assets that bear its references, by centre and reference."""
    rows = await session.scalars(
        select(Asset).where(
            col(Asset.submitted_by_org_id) == org_id,
            col(Asset.center_id).in_({center_id for center_id, _ in keys}),
            col(Asset.external_id).in_([reference for _, reference in keys]),
        )
    )
    return {(row.center_id, str(row.external_id)): row for row in rows}


def known_at(as_of: datetime | None) -> ColumnElement[bool]:
    """Give the condition on `OwnershipVersion` that it was believed then; None means now."""
    return believed(OwnershipVersion, as_of)


def valid_on(day: date) -> ColumnElement[bool]:
    """Give the condition on `OwnershipVersion` that it covers a day."""
    return covers(OwnershipVersion, day)


async def version_on(
    session: AsyncSession, asset_id: UUID, day: date, as_of: datetime | None = None
) -> Version | None:
    """Give the version that says who owned an asset on a day, as known then or now."""
    row = await session.scalar(
        select(OwnershipVersion).where(
            col(OwnershipVersion.asset_id) == asset_id, valid_on(day), known_at(as_of)
        )
    )
    return None if row is None else (await with_lines(session, [row]))[0]


async def ownership_on(
    session: AsyncSession, asset_id: UUID, day: date, as_of: datetime | None = None
) -> Owned | None:
    """Give who owns an asset on a day; `as_of` None means as known now."""
    version = await version_on(session, asset_id, day, as_of)
    owner = await session.get(Asset, asset_id)
    if version is None or owner is None:
        return None
    return _owned(version, owner.center_id)


async def ownership_on_days(
    session: AsyncSession,
    wanted: Iterable[tuple[UUID, date]],
    as_of: datetime | None = None,
) -> dict[tuple[UUID, date], Owned]:
    """Give who owns assets on days: two questions, however many; absent where nobody does."""
    pairs = set(wanted)
    versions = await session.execute(
        rows_of(OwnershipVersion, col(Asset.center_id))
        .join(Asset, col(Asset.id) == col(OwnershipVersion.asset_id))
        .where(
            col(OwnershipVersion.asset_id).in_({asset_id for asset_id, _ in pairs}),
            known_at(as_of),
        )
    )
    rows = [(row, center_id) for row, center_id in versions]
    whole = await with_lines(session, [row for row, _ in rows])
    owned = {}
    for version, (row, center_id) in zip(whole, rows, strict=True):
        for asset_id, day in pairs:
            before = row.valid_before
            if asset_id == row.asset_id and row.valid_from <= day and (not before or day < before):
                owned[asset_id, day] = _owned(version, center_id)
    return owned


async def owners_until(
    session: AsyncSession, asset_ids: Collection[UUID]
) -> dict[UUID, list[tuple[UUID, date | None]]]:
    """Give everybody known to own some assets, with the first day on which that is over."""
    rows = await session.execute(
        rows_of(OwnershipVersion, col(OwnershipLine.owner_id))
        .join(OwnershipLine, col(OwnershipLine.version_id) == col(OwnershipVersion.id))
        .where(col(OwnershipVersion.asset_id).in_(asset_ids), known_at(None))
    )
    owners: dict[UUID, list[tuple[UUID, date | None]]] = {}
    for version, owner_id in rows:
        owners.setdefault(version.asset_id, []).append((owner_id, version.valid_before))
    return owners


def _owned(version: Version, center_id: UUID) -> Owned:
    row = version.row
    return Owned(
        version_id=row.id,
        asset_id=row.asset_id,
        center_id=center_id,
        shares=tuple((line.owner_id, line.ppm) for line in version.lines),
        origin_id=row.origin_id,
        number=row.number,
        valid_from=row.valid_from,
        valid_until=until_of(row),
        agreement_id=row.agreement_id,
    )


def until_of(row: OwnershipVersion) -> date | None:
    """Give the last day that a version covers, None while nothing follows."""
    return None if row.valid_before is None else row.valid_before - timedelta(days=1)


async def known_periods(session: AsyncSession, asset_id: UUID) -> list[Period]:
    """Give the periods of an asset's ownership as known now, in order."""
    return await periods_of(session, OwnershipVersion, asset_id)


async def owners_from(session: AsyncSession, asset_id: UUID, day: date) -> list[UUID]:
    """Name who owns an asset on a day or comes to own it later, as known now, each once."""
    before: Any = func.upper(col(OwnershipVersion.valid_during))
    owners = await session.scalars(
        select(col(OwnershipLine.owner_id))
        .join(OwnershipVersion, col(OwnershipVersion.id) == col(OwnershipLine.version_id))
        .where(
            col(OwnershipVersion.asset_id) == asset_id,
            known_at(None),
            or_(before.is_(None), before > day),
        )
    )
    return sorted(set(owners))


async def days_gone(
    session: AsyncSession, asset_ids: Collection[UUID]
) -> dict[UUID, tuple[Absence, ...]]:
    """Give the days on which each right was gone."""
    rows = await session.scalars(select(Asset).where(col(Asset.id).in_(asset_ids)))
    return {row.id: row.days_gone for row in rows}


async def consenting(session: AsyncSession, asset_id: UUID, change_sha256: str) -> set[UUID]:
    """Name who has consented to a change by its own account."""
    rows = await session.scalars(
        select(col(OwnershipConsent.org_id)).where(
            col(OwnershipConsent.asset_id) == asset_id,
            col(OwnershipConsent.change_sha256) == change_sha256,
            col(OwnershipConsent.answer) == OwnerAnswer.CONSENT,
        )
    )
    return set(rows)


async def answers_of(
    session: AsyncSession, proposals: Sequence[OwnershipProposal]
) -> dict[str, list[OwnershipConsent]]:
    """Give what owners said to changes, by the hash of each."""
    rows = await session.scalars(
        select(OwnershipConsent)
        .where(
            col(OwnershipConsent.asset_id).in_({one.asset_id for one in proposals}),
            col(OwnershipConsent.change_sha256).in_({one.change_sha256 for one in proposals}),
        )
        .order_by(col(OwnershipConsent.given_at), col(OwnershipConsent.id))
    )
    grouped: dict[str, list[OwnershipConsent]] = {}
    for row in rows:
        grouped.setdefault(row.change_sha256, []).append(row)
    return grouped


def visible_proposals(
    actor: Actor, day: date, asset_id: UUID | None = None
) -> SelectOfScalar[OwnershipProposal]:
    """Give the select of the changes on their way to assets that the actor may see."""
    statement = (
        select(OwnershipProposal)
        .join(Asset, col(Asset.id) == col(OwnershipProposal.asset_id))
        .where(visible(actor, day))
    )
    if asset_id is not None:
        statement = statement.where(col(OwnershipProposal.asset_id) == asset_id)
    return statement


async def visible_proposal(
    session: AsyncSession, actor: Actor, proposal_id: UUID, day: date
) -> OwnershipProposal:
    """Give a change on its way that the actor may see, else NOT_FOUND."""
    statement = visible_proposals(actor, day).where(col(OwnershipProposal.id) == proposal_id)
    return found(await session.scalar(statement))


async def proposal_for_update(session: AsyncSession, proposal_id: UUID) -> OwnershipProposal:
    """Load and lock a change on its way; who may see it was asked before."""
    statement = select(OwnershipProposal).where(col(OwnershipProposal.id) == proposal_id)
    statement = statement.with_for_update().execution_options(populate_existing=True)
    return found(await session.scalar(statement))


async def filing_positions(
    session: AsyncSession, asset_ids: Sequence[UUID]
) -> dict[UUID, list[AssetFilingPosition]]:
    """Give what joint developers said about filing, by asset."""
    rows = await session.scalars(
        select(AssetFilingPosition)
        .where(col(AssetFilingPosition.asset_id).in_(asset_ids))
        .order_by(col(AssetFilingPosition.asset_id), col(AssetFilingPosition.org_id))
    )
    grouped: dict[UUID, list[AssetFilingPosition]] = {}
    for row in rows:
        grouped.setdefault(row.asset_id, []).append(row)
    return grouped


async def version_by_id(session: AsyncSession, version_id: UUID) -> Version | None:
    """Give a version with its lines."""
    row = await session.get(OwnershipVersion, version_id, populate_existing=True)
    return None if row is None else (await with_lines(session, [row]))[0]


async def last_number(session: AsyncSession, asset_id: UUID) -> int:
    """Give the number of an asset's newest version, 0 when there is none."""
    statement = select(func.max(col(OwnershipVersion.number))).where(
        col(OwnershipVersion.asset_id) == asset_id
    )
    return await session.scalar(statement) or 0


def versions_known(
    asset_id: UUID, as_of: datetime | None, *, everything: bool
) -> SelectOfScalar[OwnershipVersion]:
    """Give the select of an asset's versions: as known then or now, or all there ever were."""
    statement = select(OwnershipVersion).where(col(OwnershipVersion.asset_id) == asset_id)
    return statement if everything else statement.where(known_at(as_of))


async def known_versions(
    session: AsyncSession, asset_id: UUID, as_of: datetime | None
) -> list[Version]:
    """Give an asset's versions as known then or now, the earliest days first."""
    rows = await session.scalars(
        versions_known(asset_id, as_of, everything=False).order_by(
            func.lower(col(OwnershipVersion.valid_during))
        )
    )
    return await with_lines(session, list(rows))


async def with_lines(session: AsyncSession, rows: Sequence[OwnershipVersion]) -> list[Version]:
    """Add their lines to versions: one query, however many they are."""
    lines = list(
        await session.scalars(
            select(OwnershipLine)
            .where(col(OwnershipLine.version_id).in_([row.id for row in rows]))
            .order_by(col(OwnershipLine.ppm).desc(), col(OwnershipLine.owner_id))
        )
    )
    return [Version(row, [line for line in lines if line.version_id == row.id]) for row in rows]
