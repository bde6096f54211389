"""Which organization a code or an id means today, and who holds it, by the copy of the directory.

An organization is known by every code that it ever bore.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, func, literal, or_
from sqlalchemy import select as select_rows
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.experts.tables import FormerOrganizationCode
from shared.directory import DirectoryOrganization

LONGEST_CHAIN: Final = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """An organization with its code of today; `owners` hold it, the nearest first."""

    org_id: UUID
    uscc: str
    owners: tuple[str, ...]


async def meant_by(
    session: AsyncSession, org_ids: Collection[UUID], codes: Collection[str]
) -> tuple[dict[UUID, Standing], dict[str, Standing]]:
    """Give organizations by id and by a code of any time; those unknown here are absent.

    Each is held by whoever holds those that stand or stood in its place.
    """
    told = (col(DirectoryOrganization.id), col(DirectoryOrganization.uscc))
    present = select_rows(*told, col(DirectoryOrganization.uscc)).where(
        or_(
            col(DirectoryOrganization.id).in_(org_ids),
            col(DirectoryOrganization.uscc).in_(codes),
        )
    )
    former = (
        select_rows(*told, col(FormerOrganizationCode.uscc))
        .join(
            FormerOrganizationCode,
            col(FormerOrganizationCode.org_id) == col(DirectoryOrganization.id),
        )
        .where(col(FormerOrganizationCode.uscc).in_(codes))
    )
    # A code that somebody bears today comes last, and stays.
    rows = [*(await session.execute(former)), *(await session.execute(present))]
    if not rows:
        return {}, {}
    kin = await kin_by_organization(session, {org_id for org_id, _, _ in rows})
    above = await _owners_above(session, {one for together in kin.values() for one in together})
    by_id = {
        org_id: Standing(org_id, code, _joined(org_id, kin, above)) for org_id, code, _ in rows
    }
    return by_id, {named: by_id[org_id] for org_id, _, named in rows}


def _joined(
    org_id: UUID, kin: Mapping[UUID, Collection[UUID]], above: Mapping[UUID, Iterable[str]]
) -> tuple[str, ...]:
    others = sorted(kin.get(org_id, ()), key=lambda one: (one != org_id, one))
    return tuple(dict.fromkeys(code for one in others for code in above.get(one, ())))


async def standing_of(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Give organizations by id, each with its own owners; those unknown here are absent."""
    codes = select_rows(col(DirectoryOrganization.id), col(DirectoryOrganization.uscc)).where(
        col(DirectoryOrganization.id).in_(org_ids)
    )
    rows = list(await session.execute(codes))
    above = await _owners_above(session, org_ids) if rows else {}
    return {org_id: Standing(org_id, code, tuple(above.get(org_id, ()))) for org_id, code in rows}


async def kin_by_organization(
    session: AsyncSession, org_ids: Collection[UUID]
) -> dict[UUID, set[UUID]]:
    """Name, for each organization, those that stand or stood where it does by succession."""
    same: dict[UUID, set[UUID]] = defaultdict(set)
    for org_id, standing in await session.execute(standing_together(org_ids)):
        same[standing].add(org_id)
    return {org_id: together for together in same.values() for org_id in together}


def standing_together(org_ids: Collection[UUID]) -> CompoundSelect[UUID, UUID]:
    """Select who stands or stood where some organizations do, each with who stands there today.

    Asked for in two parts, each by its index: where either would do, all of the copy is read.
    """
    bearer = func.coalesce(col(DirectoryOrganization.successor_id), col(DirectoryOrganization.id))
    bearers = select(bearer).where(col(DirectoryOrganization.id).in_(org_ids))
    rows = select_rows(col(DirectoryOrganization.id), bearer)
    return rows.where(col(DirectoryOrganization.id).in_(bearers)).union(
        rows.where(col(DirectoryOrganization.successor_id).in_(bearers))
    )


async def _owners_above(session: AsyncSession, org_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Climb from each organization to those that hold it; a ring of owners ends the climb."""
    above = (
        select(
            col(DirectoryOrganization.id).label("org_id"),
            col(DirectoryOrganization.parent_uscc).label("parent"),
            literal(1).label("height"),
        )
        .where(
            col(DirectoryOrganization.id).in_(org_ids),
            col(DirectoryOrganization.parent_uscc).is_not(None),
        )
        .cte("above", recursive=True)
    )
    next_up = select(
        above.c.org_id, col(DirectoryOrganization.parent_uscc), above.c.height + 1
    ).where(
        col(DirectoryOrganization.uscc) == above.c.parent,
        col(DirectoryOrganization.parent_uscc).is_not(None),
        above.c.height < LONGEST_CHAIN,
    )
    chain = above.union(next_up)
    found = (
        select_rows(chain.c.org_id, chain.c.parent)
        .group_by(chain.c.org_id, chain.c.parent)
        .order_by(func.min(chain.c.height), chain.c.parent)
    )
    owners: dict[UUID, list[str]] = {}
    for org_id, parent in await session.execute(found):
        owners.setdefault(org_id, []).append(parent)
    return owners


async def held_by(session: AsyncSession, org_ids: Collection[UUID]) -> set[UUID]:
    """Name organizations, what they hold at any depth, and who stands in the place of these."""
    ids = {*await session.scalars(holdings(org_ids)), *org_ids}
    kin = await kin_by_organization(session, ids)
    return ids | {one for together in kin.values() for one in together}


def holdings(org_ids: Collection[UUID]) -> Select[tuple[UUID]]:
    """Select organizations with what they hold at any depth."""
    one, other = aliased(DirectoryOrganization), aliased(DirectoryOrganization)
    first: Any = (
        select_rows(col(one.id).label("id"), col(one.uscc).label("uscc"), literal(0).label("depth"))
        .where(col(one.id).in_(org_ids))
        .cte("held", recursive=True)
    )
    below = select_rows(col(other.id), col(other.uscc), first.c.depth + 1).where(
        col(other.parent_uscc) == first.c.uscc, first.c.depth < LONGEST_CHAIN
    )
    held = first.union(below)
    return select_rows(held.c.id).distinct()


async def codes_of(session: AsyncSession, org_ids: Collection[UUID]) -> set[str]:
    """Give every code that some organizations bear or bore."""
    present = select_rows(col(DirectoryOrganization.uscc)).where(
        col(DirectoryOrganization.id).in_(org_ids)
    )
    former = select_rows(col(FormerOrganizationCode.uscc)).where(
        col(FormerOrganizationCode.org_id).in_(org_ids)
    )
    return set(await session.scalars(present.union(former)))


async def keep_former_codes(session: AsyncSession, codes: Mapping[str, UUID]) -> None:
    """Keep codes with the organizations that bore them; those kept before stay as they are."""
    if codes:
        rows = [{"uscc": code, "org_id": codes[code]} for code in sorted(codes)]
        await session.execute(insert(FormerOrganizationCode).values(rows).on_conflict_do_nothing())
