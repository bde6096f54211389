"""What is read of passed tasks: officials see all, an agency what was passed to it."""

from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.identity.tables import PersonName, RoleGrant
from gateway.referrals.rules import AGENCY, OF_AGENCY, OF_OFFICIALS, ReferralState
from gateway.referrals.tables import Referral, ReferralReply
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def visible_referrals(
    actor: Actor, state: ReferralState | None = None, subject_id: UUID | None = None
) -> Select[Referral]:
    """List what the actor may see (X04)."""
    statement = select(Referral)
    if not actor.is_official:
        statement = statement.where(col(Referral.agency_id) == actor.person_id)
    if state is not None:
        statement = statement.where(col(Referral.state) == state)
    if subject_id is not None:
        statement = statement.where(col(Referral.subject_id) == subject_id)
    return statement


async def referral_of(session: AsyncSession, actor: Actor, referral_id: UUID) -> Referral:
    """Load a task that the actor may see."""
    statement = visible_referrals(actor).where(col(Referral.id) == referral_id)
    return found(await session.scalar(statement))


async def referral_for_update(session: AsyncSession, actor: Actor, referral_id: UUID) -> Referral:
    """Load and lock a task that the actor may see."""
    statement = visible_referrals(actor).where(col(Referral.id) == referral_id)
    return found(await session.scalar(statement.with_for_update()))


async def replies_to(session: AsyncSession, referral_id: UUID) -> list[ReferralReply]:
    """List what was answered, round by round."""
    statement = (
        select(ReferralReply)
        .where(col(ReferralReply.referral_id) == referral_id)
        .order_by(col(ReferralReply.round))
    )
    return list(await session.scalars(statement))


def _agencies_on(day: date) -> Select[UUID, str]:
    return (
        select(col(RoleGrant.person_id), col(PersonName.name))
        .outerjoin(PersonName, col(PersonName.person_id) == col(RoleGrant.person_id))
        .where(
            col(RoleGrant.capacity) == AGENCY,
            col(RoleGrant.granted_on) <= day,
            or_(col(RoleGrant.granted_until).is_(None), col(RoleGrant.granted_until) >= day),
        )
        .distinct()
    )


async def agencies(session: AsyncSession, day: date) -> list[tuple[UUID, str | None]]:
    """List the agencies to which tasks may be passed on a day, with their names."""
    statement = _agencies_on(day).order_by(col(PersonName.name), col(RoleGrant.person_id))
    return [(person_id, name) for person_id, name in await session.execute(statement)]


async def agency(session: AsyncSession, agency_id: UUID, day: date) -> tuple[UUID, str | None]:
    """Give an agency of a day, for a service that is about to let it read something."""
    statement = _agencies_on(day).where(col(RoleGrant.person_id) == agency_id)
    person_id, name = found((await session.execute(statement)).first())
    return person_id, name


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name what waits for an agency, or came back to the handlers."""
    del today  # The last day of each is its own.
    tasks: list[Task] = []
    if actor.has("agency"):
        own = select(Referral).where(
            col(Referral.agency_id) == actor.person_id, col(Referral.state).in_(OF_AGENCY)
        )
        tasks += [
            Task(OF_AGENCY[row.state], row.id, row.center_id, row.due_on)
            for row in await session.scalars(own.order_by(col(Referral.id)).limit(MOST_TASKS))
        ]
    if actor.has("handler"):
        back = select(Referral).where(col(Referral.state).in_(OF_OFFICIALS))
        tasks += [
            Task(OF_OFFICIALS[row.state], row.id, row.center_id)
            for row in await session.scalars(back.order_by(col(Referral.id)).limit(MOST_TASKS))
        ]
    return tasks
