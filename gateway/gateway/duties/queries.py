"""What is read of grants of duties: admins and auditors see all, officials their own."""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.duties.rules import GrantState
from gateway.duties.tables import DutyGrant
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
