"""Reading the copy."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.calendar import EXPECTED_DAYS, WorkingDays
from shared.directory.tables import (
    DirectoryCenter,
    DirectoryDay,
    DirectoryMembership,
    DirectoryOrganization,
    DirectoryPolicy,
)
from shared.rules import Policy, found

# A member that was invited and has not confirmed is none yet.
MEMBERS: Final = ("confirmed", "active", "leaving", "left")


@dataclass(frozen=True, slots=True)
class Directory:
    """A centre with its members on a day."""

    center: DirectoryCenter
    member_ids: frozenset[UUID]

    def has(self, org_id: UUID | None) -> bool:
        """Tell whether an organization acts in this centre: a member, its entity or its trustee."""
        return org_id is not None and (org_id in self.member_ids or operates(self.center, org_id))


def operates(center: DirectoryCenter, org_id: UUID | None) -> bool:
    """Tell whether an organization runs the centre: its legal entity, or its trustee before one."""
    if org_id is None:
        return False
    return org_id in {center.legal_entity_id, center.trustee_org_id}


async def center(session: AsyncSession, center_id: UUID) -> DirectoryCenter | None:
    """Load a centre."""
    return await session.get(DirectoryCenter, center_id)


async def organization(session: AsyncSession, org_id: UUID) -> DirectoryOrganization | None:
    """Load an organization."""
    return await session.get(DirectoryOrganization, org_id)


async def organizations_of(
    session: AsyncSession, org_ids: Iterable[UUID]
) -> dict[UUID, DirectoryOrganization]:
    """Load organizations by id; unknown ones are left out."""
    rows = await session.scalars(
        select(DirectoryOrganization).where(col(DirectoryOrganization.id).in_(set(org_ids)))
    )
    return {row.id: row for row in rows}


async def predecessor_ids(session: AsyncSession, org_id: UUID) -> frozenset[UUID]:
    """Name the organizations for which one acts beside itself: it stands in their place.

    The registry decided who does; its entries name the last of a chain for all before it.
    """
    rows = await session.scalars(
        select(DirectoryOrganization.id).where(col(DirectoryOrganization.successor_id) == org_id)
    )
    return frozenset(rows)


async def memberships(session: AsyncSession, center_id: UUID) -> Sequence[DirectoryMembership]:
    """Load a centre's memberships, past ones included."""
    rows = await session.scalars(
        select(DirectoryMembership).where(col(DirectoryMembership.center_id) == center_id)
    )
    return rows.all()


async def members_on(session: AsyncSession, center_id: UUID, day: date) -> Directory:
    """Load a centre and who its members are on a day; refuses as not found without one."""
    row = found(await center(session, center_id))
    members = await session.scalars(
        select(DirectoryMembership.org_id).where(
            col(DirectoryMembership.center_id) == center_id,
            col(DirectoryMembership.state).in_(MEMBERS),
            or_(
                col(DirectoryMembership.joined_on).is_(None),
                col(DirectoryMembership.joined_on) <= day,
            ),
            or_(
                col(DirectoryMembership.left_on).is_(None),
                col(DirectoryMembership.left_on) >= day,
            ),
        )
    )
    return Directory(row, frozenset(members) | {row.lead_sponsor_id})


async def centers_of(session: AsyncSession, org_ids: Collection[UUID]) -> frozenset[UUID]:
    """Name the centres that organizations see: as member, lead sponsor, entity or trustee."""
    if not org_ids:
        return frozenset()
    as_member = select(DirectoryMembership.center_id).where(
        col(DirectoryMembership.org_id).in_(org_ids), col(DirectoryMembership.state).in_(MEMBERS)
    )
    rows = await session.scalars(
        select(DirectoryCenter.id).where(
            or_(
                col(DirectoryCenter.id).in_(as_member),
                col(DirectoryCenter.lead_sponsor_id).in_(org_ids),
                col(DirectoryCenter.legal_entity_id).in_(org_ids),
                col(DirectoryCenter.trustee_org_id).in_(org_ids),
            )
        )
    )
    return frozenset(rows)


async def policy_on(session: AsyncSession, day: date) -> Policy:
    """Give the policy version in force on a day, as the registry published it."""
    row = found(
        await session.scalar(
            select(DirectoryPolicy)
            .where(
                col(DirectoryPolicy.effective_from) <= day,
                or_(
                    col(DirectoryPolicy.effective_to).is_(None),
                    col(DirectoryPolicy.effective_to) >= day,
                ),
            )
            .order_by(col(DirectoryPolicy.effective_from).desc())
            .limit(1)
        )
    )
    return Policy(row.version, row.clauses, row.parameters)


async def working_days(session: AsyncSession) -> WorkingDays:
    """Give the calendar with the days that the programme's office declared otherwise (X10).

    Until the registry's feed has told them, which takes seconds on a fresh database, the days that
    the registry itself began with stand in.
    """
    rows = (await session.scalars(select(DirectoryDay))).all()
    declared = {row.day: row.is_working for row in rows}
    return WorkingDays(MappingProxyType(declared or dict(EXPECTED_DAYS)))
