"""Organizations and parks as they stand. The register holds no secrets: all callers see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, func, literal, union_all
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.organizations.rules import OrgType, ParkLevel
from registry.organizations.tables import FormerCode, Organization, Park
from shared.codes import uscc
from shared.rules import found

# Two owners entered at once could close a ring that neither of them sees.
OWNERS_LOCK: Final = 0x7A63_4F52_4700_0001


async def organization(session: AsyncSession, org_id: UUID) -> Organization | None:
    """Give an organization, if there is one of that id; one that was followed too."""
    return await session.get(Organization, org_id)


async def organization_found(session: AsyncSession, org_id: UUID) -> Organization:
    """Give an organization; an unknown one is NOT_FOUND."""
    return found(await organization(session, org_id))


async def survivor_found(session: AsyncSession, org_id: UUID) -> Organization:
    """Give an organization, or the one that stands in its place today."""
    asked = await organization_found(session, org_id)
    if asked.successor_id is None:
        return asked
    return await organization_found(session, asked.successor_id)


async def organization_for_update(session: AsyncSession, org_id: UUID) -> Organization:
    """Load and lock an organization."""
    statement = select(Organization).where(col(Organization.id) == org_id)
    return found(await session.scalar(statement.with_for_update()))


async def organizations_for_update(
    session: AsyncSession, org_ids: Collection[UUID]
) -> dict[UUID, Organization]:
    """Load and lock organizations, always by id, so that no two wait for each other."""
    statement = select(Organization).where(col(Organization.id).in_(org_ids))
    locked = statement.order_by(col(Organization.id)).with_for_update()
    return {row.id: row for row in (await session.scalars(locked)).all()}


async def held_for_update(session: AsyncSession, parent_uscc: str) -> Sequence[Organization]:
    """Load and lock the organizations that name a code as their owner's."""
    statement = select(Organization).where(col(Organization.parent_uscc) == parent_uscc)
    return (await session.scalars(statement.order_by(col(Organization.id)).with_for_update())).all()


async def held_by(session: AsyncSession, parent_uscc: str) -> Sequence[Organization]:
    """Give the organizations that name a code as their owner's, at most 500."""
    statement = select(Organization).where(
        col(Organization.parent_uscc) == parent_uscc, col(Organization.successor_id).is_(None)
    )
    return (await session.scalars(statement.order_by(col(Organization.id)).limit(500))).all()


def _bearer_of(code: str) -> Any:  # noqa: ANN401 - a select of ids
    """Select who bears or bore a code."""
    now = select(col(Organization.id)).where(col(Organization.uscc) == code)
    before = select(col(FormerCode.org_id)).where(col(FormerCode.uscc) == code)
    return union_all(now, before)


def _survivor_of(code: str) -> Any:  # noqa: ANN401 - a select of ids
    """Select who stands in the place of the bearer of a code."""
    return select(func.coalesce(col(Organization.successor_id), col(Organization.id))).where(
        col(Organization.id).in_(_bearer_of(code))
    )


def standing_for(org_id: SQLCoreOperations[Any]) -> ScalarSelect[UUID]:
    """Give who stands in the place of an organization today: its successor, or itself."""
    own = aliased(Organization)
    bearer = func.coalesce(col(own.successor_id), col(own.id))
    return select(bearer).where(col(own.id) == org_id).scalar_subquery()


async def organization_by_uscc(session: AsyncSession, code: str) -> Organization | None:
    """Give the organization of a code, in either case of letters.

    A former code, and the code of one that was followed, answer with who stands there today.
    """
    statement = select(Organization).where(
        col(Organization.id).in_(_survivor_of(uscc.normalized(code)))
    )
    organization: Organization | None = await session.scalar(statement)
    return organization


async def organizations_of(
    session: AsyncSession, org_ids: Collection[UUID]
) -> dict[UUID, Organization]:
    """Give organizations by id; unknown ids are left out."""
    statement = select(Organization).where(col(Organization.id).in_(org_ids))
    return {row.id: row for row in (await session.scalars(statement)).all()}


async def organizations_by_uscc(
    session: AsyncSession, codes: Collection[str]
) -> dict[str, Organization]:
    """Give organizations by code, former codes included; unknown codes are left out.

    One that was followed answers for itself here: its memberships stand under its own id.
    """
    statement = select(Organization).where(col(Organization.uscc).in_(codes))
    known = {row.uscc: row for row in (await session.scalars(statement)).all()}
    missing = [code for code in codes if code not in known]
    if not missing:
        return known
    former = (
        select(col(FormerCode.uscc), Organization)
        .join(Organization, col(Organization.id) == col(FormerCode.org_id))
        .where(col(FormerCode.uscc).in_(missing))
    )
    return known | {row[0]: row[1] for row in (await session.execute(former)).all()}


@dataclass(frozen=True, slots=True)
class Partner:
    """What the register says of the other side of a fact."""

    id: UUID
    is_sme: bool
    region_code: str


async def partners_by_uscc(session: AsyncSession, codes: Collection[str]) -> dict[str, Partner]:
    """Give organizations by code as `organizations_by_uscc` does, of each only what facts keep."""
    if not codes:
        return {}
    told = (col(Organization.id), col(Organization.is_sme), col(Organization.region_code))
    former = (
        sa_select(col(FormerCode.uscc), *told)
        .join(Organization, col(Organization.id) == col(FormerCode.org_id))
        .where(col(FormerCode.uscc).in_(codes))
    )
    own = sa_select(col(Organization.uscc), *told).where(col(Organization.uscc).in_(codes))
    # A code that is somebody's own comes last, and stays.
    return {
        code: Partner(org_id, is_sme, region_code)
        for statement in (former, own)
        for code, org_id, is_sme, region_code in (await session.execute(statement)).all()
    }


async def owners_of(session: AsyncSession, codes: Collection[str]) -> Mapping[str, str]:
    """Give every code above the given ones with its owner's, as far up as the register knows."""
    chain = (
        select(col(Organization.uscc).label("uscc"), col(Organization.parent_uscc).label("parent"))
        .where(col(Organization.uscc).in_(codes), col(Organization.parent_uscc).is_not(None))
        .cte("chain", recursive=True)
    )
    above = (
        select(col(Organization.uscc), col(Organization.parent_uscc))
        .join(chain, col(Organization.uscc) == chain.c.parent)
        .where(col(Organization.parent_uscc).is_not(None))
    )
    # UNION drops what was seen already, so that even a ring entered long ago ends the walk.
    whole = chain.union(above)
    rows = await session.execute(select(whole.c.uscc, whole.c.parent))
    return {row.uscc: row.parent for row in rows.all()}


async def lock_owners(session: AsyncSession) -> None:
    """Let one transaction at a time change who owns whom, until it ends."""
    await session.execute(select(func.pg_advisory_xact_lock(literal(OWNERS_LOCK))))


def organizations(
    code: str | None = None,
    org_type: OrgType | None = None,
    region_prefix: str | None = None,
    parent_uscc: str | None = None,
) -> SelectOfScalar[Organization]:
    """Select the living organizations by what is asked; a code finds who stands there today."""
    statement = select(Organization)
    if code is not None:
        statement = statement.where(col(Organization.id).in_(_survivor_of(uscc.normalized(code))))
    else:
        statement = statement.where(col(Organization.successor_id).is_(None))
    if org_type is not None:
        statement = statement.where(col(Organization.org_type) == org_type)
    if region_prefix is not None:
        statement = statement.where(col(Organization.region_code).startswith(region_prefix))
    if parent_uscc is not None:
        statement = statement.where(col(Organization.parent_uscc) == uscc.normalized(parent_uscc))
    return statement


def parks(
    developer_org_id: UUID | None = None,
    level: ParkLevel | None = None,
    region_prefix: str | None = None,
) -> SelectOfScalar[Park]:
    """Select parks, all of them or those of a developer, a level, a district."""
    statement = select(Park)
    if developer_org_id is not None:
        statement = statement.where(col(Park.developer_org_id) == developer_org_id)
    if level is not None:
        statement = statement.where(col(Park.level) == level)
    if region_prefix is not None:
        statement = statement.where(col(Park.region_code).startswith(region_prefix))
    return statement


async def park_found(session: AsyncSession, park_id: UUID) -> Park:
    """Give a park; an unknown one is NOT_FOUND."""
    return found(await session.get(Park, park_id))


async def park_for_update(session: AsyncSession, park_id: UUID) -> Park:
    """Load and lock a park."""
    statement = select(Park).where(col(Park.id) == park_id).with_for_update()
    return found(await session.scalar(statement))


async def park_exists_of(session: AsyncSession, developer_ids: Collection[UUID]) -> bool:
    """Tell whether one of these developers has entered its park (A068)."""
    statement = select(Park.id).where(col(Park.developer_org_id).in_(developer_ids)).limit(1)
    return await session.scalar(statement) is not None


def directory_entry(organization: Organization) -> dict[str, Any]:
    """Give what the other services keep of an organization."""
    return {
        "id": organization.id,
        "uscc": organization.uscc,
        "name": organization.name,
        "org_type": organization.org_type,
        "legal_person_kind": organization.legal_person_kind,
        "is_sme": organization.is_sme,
        "region_code": organization.region_code,
        "parent_uscc": organization.parent_uscc,
        "registered_on": organization.registered_on,
        "successor_id": organization.successor_id,
    }
