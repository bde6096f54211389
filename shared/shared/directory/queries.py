"""Reading the copy."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, or_
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from shared.calendar import EXPECTED_DAYS, WorkingDays, end_of_day
from shared.directory.tables import (
    DirectoryCenter,
    DirectoryDay,
    DirectoryMembership,
    DirectoryOrganization,
    DirectoryPolicy,
)
from shared.rules import Policy, found

# A member that has confirmed acts in its centre; one that was only invited does not yet.
TAKING_PART: Final = ("confirmed", "active", "leaving")
EVER_TOOK_PART: Final = (*TAKING_PART, "left", "expelled")
# What of a centre ends it; its ledger stays open for settlement.
ENDED: Final = ("delisted", "dissolved")


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
            col(DirectoryMembership.state).in_(EVER_TOOK_PART),
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


def ended_on(center_id: Any) -> Select[Any]:  # noqa: ANN401 - an id, or a column of ids
    """Select the day on which a centre ended; none where it has not.

    Its lead sponsor gives no notice, so that the last of the last days is the centre's own.
    """
    row, ended = aliased(DirectoryMembership), aliased(DirectoryCenter)
    return (
        rows_of(func.max(col(row.left_on)))
        .join(ended, col(ended.id) == col(row.center_id))
        .where(col(row.center_id) == center_id, col(ended.stage).in_(ENDED))
    )


async def centers_followed(
    session: AsyncSession, groups: Sequence[Collection[UUID]]
) -> list[tuple[frozenset[UUID], dict[UUID, datetime]]]:
    """Name for each of some callers the centres that its organizations follow or followed.

    As member, lead sponsor, entity or trustee; who was there at the end of a centre goes on to
    its settlement. Who left follows what was until the night after its last day (X04). Asked at
    once for all of them: one caller costs as much as a hundred.
    """
    org_ids = frozenset[UUID]().union(*groups)
    if not org_ids:
        return [(frozenset(), {}) for _ in groups]
    row = DirectoryMembership
    stays = col(row.state).in_(TAKING_PART) | (
        col(row.left_on) == ended_on(col(row.center_id)).scalar_subquery()
    )
    statement = rows_of(col(row.org_id), col(row.center_id), stays, col(row.left_on)).where(
        col(row.org_id).in_(org_ids), col(row.state).in_(EVER_TOOK_PART)
    )
    members = (await session.execute(statement)).all()
    parts = (
        col(DirectoryCenter.lead_sponsor_id),
        col(DirectoryCenter.legal_entity_id),
        col(DirectoryCenter.trustee_org_id),
    )
    run = rows_of(col(DirectoryCenter.id), *parts).where(
        or_(*(part.in_(org_ids) for part in parts))
    )
    own: dict[UUID, set[UUID]] = defaultdict(set)
    for center_id, *runners in (await session.execute(run)).all():
        for runner in runners:
            if runner is not None:
                own[runner].add(center_id)
    left: dict[UUID, list[tuple[UUID, date]]] = defaultdict(list)
    for org_id, center_id, follows, last in members:
        if follows:
            own[org_id].add(center_id)
        if last is not None:
            left[org_id].append((center_id, last))
    return [_followed(group, own, left) for group in groups]


def _followed(
    org_ids: Collection[UUID],
    own: Mapping[UUID, set[UUID]],
    left: Mapping[UUID, Sequence[tuple[UUID, date]]],
) -> tuple[frozenset[UUID], dict[UUID, datetime]]:
    """Put together what the organizations of one caller follow, each until its last day."""
    centers = frozenset[UUID]().union(*(own.get(org_id, ()) for org_id in org_ids))
    former: dict[UUID, date] = {}
    for org_id in org_ids:
        for center_id, last in left.get(org_id, ()):
            if center_id not in centers:
                former[center_id] = max(last, former.get(center_id, last))
    return centers, {center_id: end_of_day(last) for center_id, last in former.items()}


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
    return _policy(row)


async def policies_of_acts(
    session: AsyncSession, days: Collection[date], today: date
) -> dict[date, Policy]:
    """Give the policy of each day on which something was done that is judged today (A001).

    A day that no version covers is judged by today's.
    """
    newest = col(DirectoryPolicy.effective_from).desc()
    versions = (await session.scalars(select(DirectoryPolicy).order_by(newest))).all()
    return {day: _policy(found(next(_in_force(versions, (day, today)), None))) for day in days}


def _in_force(
    versions: Sequence[DirectoryPolicy], days: Iterable[date]
) -> Iterator[DirectoryPolicy]:
    return (
        row
        for day in days
        for row in versions
        if row.effective_from <= day and (row.effective_to is None or row.effective_to >= day)
    )


def _policy(row: DirectoryPolicy) -> Policy:
    return Policy(row.version, row.clauses, row.parameters)


async def working_days(session: AsyncSession) -> WorkingDays:
    """Give the calendar with the days that the programme's office declared otherwise (X10).

    Until the registry's feed has told them, which takes seconds on a fresh database, the days that
    the registry itself began with stand in.
    """
    rows = (await session.scalars(select(DirectoryDay))).all()
    declared = {row.day: row.is_working for row in rows}
    return WorkingDays(MappingProxyType(declared or dict(EXPECTED_DAYS)))
