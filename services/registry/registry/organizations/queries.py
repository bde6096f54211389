"""What is read of organizations. The register holds no secrets: every caller sees every entry."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.organizations.rules import OrgType
from registry.organizations.tables import Organization, Park
from shared.codes import uscc
from shared.rules import found


async def organization(session: AsyncSession, org_id: UUID) -> Organization | None:
    """Give an organization, if there is one of that id."""
    return await session.get(Organization, org_id)


async def organization_found(session: AsyncSession, org_id: UUID) -> Organization:
    """Give an organization; an unknown one is NOT_FOUND."""
    return found(await organization(session, org_id))


async def organization_for_update(session: AsyncSession, org_id: UUID) -> Organization:
    """Load and lock an organization."""
    statement = select(Organization).where(col(Organization.id) == org_id)
    return found(await session.scalar(statement.with_for_update()))


async def organization_by_uscc(session: AsyncSession, code: str) -> Organization | None:
    """Give the organization of a social credit code, in either case of letters."""
    statement = select(Organization).where(col(Organization.uscc) == uscc.normalized(code))
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
    """Give organizations by social credit code; unknown codes are left out."""
    statement = select(Organization).where(col(Organization.uscc).in_(codes))
    return {row.uscc: row for row in (await session.scalars(statement)).all()}


def organizations(
    code: str | None = None, org_type: OrgType | None = None, region_code: str | None = None
) -> SelectOfScalar[Organization]:
    """Select organizations by what is asked."""
    statement = select(Organization)
    if code is not None:
        statement = statement.where(col(Organization.uscc) == uscc.normalized(code))
    if org_type is not None:
        statement = statement.where(col(Organization.org_type) == org_type)
    if region_code is not None:
        statement = statement.where(col(Organization.region_code).startswith(region_code))
    return statement


def parks(developer_org_id: UUID | None = None) -> SelectOfScalar[Park]:
    """Select parks, all of them or those of a developer."""
    statement = select(Park)
    if developer_org_id is not None:
        statement = statement.where(col(Park.developer_org_id) == developer_org_id)
    return statement


async def park_found(session: AsyncSession, park_id: UUID) -> Park:
    """Give a park; an unknown one is NOT_FOUND."""
    return found(await session.get(Park, park_id))


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
    }
