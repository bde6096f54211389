"""What is read of the votes in a centre's organs: by which table, held by whom, on which day."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, distinct, exists, func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.centers.tables import Center
from registry.governance.queries.bodies import held_on
from registry.governance.rules import Organ
from registry.governance.tables import BodySeat, GovernanceBody, VotingRight, VotingTable
from registry.memberships.rules import MembershipRole, State
from registry.memberships.tables import Membership
from registry.organizations.tables import Organization


async def votes(
    session: AsyncSession, center_id: UUID, organ: Organ | None = None
) -> Sequence[VotingRight]:
    """Give the voting table of a centre, of every organ or of one."""
    statement = (
        select(VotingRight)
        .where(col(VotingRight.center_id) == center_id)
        .order_by(col(VotingRight.organ), col(VotingRight.holder_org_id), col(VotingRight.id))
    )
    if organ is not None:
        statement = statement.where(col(VotingRight.organ) == organ)
    return (await session.scalars(statement)).all()


async def voting_table_on(
    session: AsyncSession,
    center_id: UUID,
    organ: Organ,
    on: date,
    as_of: datetime | None = None,
) -> VotingTable | None:
    """Give the voting table of an organ that held on a day, as it was known at an instant (A085).

    One that ended the votes of all is given too; without any there is none.
    """
    statement = select(VotingTable).where(
        col(VotingTable.center_id) == center_id,
        col(VotingTable.organ) == organ,
        col(VotingTable.in_force_on) <= on,
    )
    if as_of is not None:
        statement = statement.where(col(VotingTable.set_at) <= as_of)
    latest = (
        col(VotingTable.in_force_on).desc(),
        col(VotingTable.set_at).desc(),
        col(VotingTable.id).desc(),
    )
    found: VotingTable | None = await session.scalar(statement.order_by(*latest).limit(1))
    return found


async def organ_members(
    session: AsyncSession, center_id: UUID, organ: Organ, day: date
) -> set[UUID]:
    """Give who may hold votes in an organ on a day: its members, first and last day included.

    The wider network has no equity and thus no vote among the shareholders. Before the listing
    those count with whom the centre is listed; the lead sponsor founds it and always is one.
    """
    was = and_(
        or_(col(Membership.joined_on) <= day, col(Membership.joined_on) <= col(Center.listed_on)),
        or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= day),
    )
    to_be = and_(col(Membership.joined_on).is_(None), col(Membership.state) == State.CONFIRMED)
    statement = (
        select(Membership.org_id)
        .join(Center, col(Center.id) == col(Membership.center_id))
        .where(col(Membership.center_id) == center_id, or_(was, to_be))
    )
    if organ is Organ.SHAREHOLDERS:
        statement = statement.where(col(Membership.role) != MembershipRole.ALLIANCE)
    lead = select(Center.lead_sponsor_id).where(col(Center.id) == center_id)
    return set((await session.scalars(statement.union(lead))).all())


async def voters_on(session: AsyncSession, body_id: UUID, day: date) -> dict[UUID, int]:
    """Give the seats of a body on a day, each with its one vote.

    A seat that is held for a member ends with the membership, be it recorded already or not.
    """
    of_org = and_(
        col(Membership.center_id) == col(GovernanceBody.center_id),
        col(Membership.org_id) == col(BodySeat.org_id),
    )
    left = exists().where(of_org, col(Membership.left_on) < day)
    stays = exists().where(
        of_org,
        col(Membership.joined_on) <= day,
        or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= day),
    )
    statement = (
        select(BodySeat.id)
        .join(GovernanceBody, col(GovernanceBody.id) == col(BodySeat.body_id))
        .where(
            col(BodySeat.body_id) == body_id,
            held_on(day),
            or_(col(BodySeat.org_id).is_(None), col(BodySeat.independent), ~left, stays),
        )
    )
    return dict.fromkeys((await session.scalars(statement)).all(), 1)


async def votes_held_for_update(
    session: AsyncSession, center_id: UUID, org_id: UUID
) -> Sequence[VotingRight]:
    """Lock the votes that an organization holds as a member in the organs of a centre."""
    statement = (
        select(VotingRight)
        .where(
            col(VotingRight.center_id) == center_id,
            col(VotingRight.holder_org_id) == org_id,
            ~col(VotingRight.as_shareholder),
        )
        .order_by(col(VotingRight.organ))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def votes_of_center_for_update(
    session: AsyncSession, center_id: UUID
) -> Sequence[VotingRight]:
    """Lock the voting tables of a centre, of every organ."""
    statement = (
        select(VotingRight)
        .where(col(VotingRight.center_id) == center_id)
        .order_by(col(VotingRight.holder_org_id), col(VotingRight.organ), col(VotingRight.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def leading_shareholders(
    session: AsyncSession, center_ids: Collection[UUID]
) -> dict[UUID, int]:
    """Count the leading organizations among those who hold a centre's votes (A134)."""
    statement = (
        sa_select(col(VotingRight.center_id), func.count(distinct(col(VotingRight.holder_org_id))))
        .join(Organization, col(Organization.id) == col(VotingRight.holder_org_id))
        .where(
            col(VotingRight.center_id).in_(center_ids),
            col(VotingRight.organ) == Organ.SHAREHOLDERS,
            col(Organization.is_leading),
        )
        .group_by(col(VotingRight.center_id))
    )
    return dict((await session.execute(statement)).all())
