"""What is read of grants of duties: admins and auditors see all, officials their own."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, cast, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.duties.rules import OFFICIAL, GrantState
from gateway.duties.tables import DutyGrant
from gateway.identity.rules import Duty
from gateway.identity.tables import RoleGrant
from shared.auth import Actor
from shared.rules import found


def visible_grants(actor: Actor, person_id: UUID | None = None) -> Select[DutyGrant]:
    """List grants that the actor may see (X04)."""
    statement = select(DutyGrant)
    if person_id is not None:
        statement = statement.where(col(DutyGrant.person_id) == person_id)
    if actor.has("admin", "auditor"):
        return statement
    own = or_(
        col(DutyGrant.person_id) == actor.person_id, col(DutyGrant.proposed_by) == actor.person_id
    )
    return statement.where(own)


async def grant_for_update(session: AsyncSession, actor: Actor, grant_id: UUID) -> DutyGrant:
    """Load and lock a grant that the actor may see."""
    statement = visible_grants(actor).where(col(DutyGrant.id) == grant_id)
    return found(await session.scalar(statement.with_for_update()))


async def roles_under(session: AsyncSession, grant_id: UUID) -> list[RoleGrant]:
    """Lock the roles and duties that a grant gave."""
    statement = select(RoleGrant).where(col(RoleGrant.duty_grant_id) == grant_id)
    return list(await session.scalars(statement.with_for_update()))


async def lasting_admins(session: AsyncSession, day: date) -> set[UUID]:
    """Name who is an admin on a day without an end, and lock that: of two endings one waits."""
    statement = select(col(RoleGrant.person_id)).where(
        col(RoleGrant.capacity) == Duty.ADMIN,
        col(RoleGrant.org_id).is_(None),
        col(RoleGrant.granted_on) <= day,
        col(RoleGrant.granted_until).is_(None),
    )
    return set(await session.scalars(statement.order_by(col(RoleGrant.id)).with_for_update()))


async def lasting_grants(session: AsyncSession, person_id: UUID) -> list[DutyGrant]:
    """Lock what was proposed or confirmed for a person, or lent by him."""
    statement = select(DutyGrant).where(
        col(DutyGrant.state).in_([GrantState.PROPOSED, GrantState.CONFIRMED]),
        or_(
            col(DutyGrant.person_id) == person_id,
            and_(col(DutyGrant.proposed_by) == person_id, col(DutyGrant.lent)),
        ),
    )
    return list(await session.scalars(statement.order_by(col(DutyGrant.id)).with_for_update()))


async def lent_by(
    session: AsyncSession, lender_id: UUID, duties: Collection[str]
) -> list[DutyGrant]:
    """Lock what an official lent of these duties and what has not ended."""
    statement = select(DutyGrant).where(
        col(DutyGrant.state).in_([GrantState.PROPOSED, GrantState.CONFIRMED]),
        col(DutyGrant.proposed_by) == lender_id,
        col(DutyGrant.lent),
        col(DutyGrant.duties).op("&&")(cast(sorted(duties), ARRAY(TEXT))),
    )
    return list(await session.scalars(statement.order_by(col(DutyGrant.id)).with_for_update()))


async def borrowed(session: AsyncSession, person_id: UUID, day: date) -> frozenset[str]:
    """Give what an official holds on a day only because somebody lent it to him."""
    statement = (
        select(col(RoleGrant.capacity), func.bool_and(func.coalesce(col(DutyGrant.lent), false())))
        .outerjoin(DutyGrant, col(DutyGrant.id) == col(RoleGrant.duty_grant_id))
        .where(
            col(RoleGrant.person_id) == person_id,
            col(RoleGrant.org_id).is_(None),
            col(RoleGrant.granted_on) <= day,
            or_(col(RoleGrant.granted_until).is_(None), col(RoleGrant.granted_until) >= day),
        )
        .group_by(col(RoleGrant.capacity))
    )
    rows = await session.execute(statement)
    return frozenset(capacity for capacity, lent in rows if lent) - {OFFICIAL}


async def waiting_for(session: AsyncSession, person_id: UUID, limit: int) -> list[UUID]:
    """Name the proposals that this admin may agree to, oldest first."""
    statement = (
        select(col(DutyGrant.id))
        .where(
            col(DutyGrant.state) == GrantState.PROPOSED,
            col(DutyGrant.proposed_by) != person_id,
            col(DutyGrant.person_id) != person_id,
        )
        .order_by(col(DutyGrant.id))
        .limit(limit)
    )
    return list(await session.scalars(statement))
