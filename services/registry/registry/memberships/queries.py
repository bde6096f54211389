"""What is read of memberships: by the organization that is invited, and by who invited it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import centers, of_orgs
from registry.centers.rules import ENDED, Stage
from registry.centers.tables import Center, StageChange
from registry.memberships.rules import CONFIRM, JOINED, OPEN, State
from registry.memberships.tables import MemberCommitment, Membership
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def memberships(actor: Actor, center_id: UUID | None = None) -> SelectOfScalar[Membership]:
    """Select the memberships that concern the actor's organization; services see all (X04)."""
    statement = select(Membership)
    if not actor.has("service"):
        own = actor.org_ids
        statement = statement.where(
            or_(col(Membership.org_id).in_(own), col(Membership.inviter_id).in_(own))
        )
    if center_id is not None:
        statement = statement.where(col(Membership.center_id) == center_id)
    return statement


async def membership_seen(session: AsyncSession, actor: Actor, membership_id: UUID) -> Membership:
    """Give a membership of the actor's organization, as inviter or invitee (X04)."""
    statement = memberships(actor).where(col(Membership.id) == membership_id)
    return found(await session.scalar(statement))


async def membership_for_update(
    session: AsyncSession, actor: Actor, membership_id: UUID
) -> Membership:
    """Load and lock a membership of the actor's organization, as inviter or invitee (X04)."""
    statement = memberships(actor).where(col(Membership.id) == membership_id)
    return found(await session.scalar(statement.with_for_update()))


async def open_memberships(session: AsyncSession, center_id: UUID) -> Sequence[Membership]:
    """Give a centre's memberships that have not ended, in the order of their invitation."""
    return await open_memberships_of(session, [center_id])


async def open_memberships_of(
    session: AsyncSession, center_ids: Collection[UUID]
) -> Sequence[Membership]:
    """Give the memberships of centres that have not ended, in the order of their invitation."""
    statement = (
        select(Membership)
        .where(col(Membership.center_id).in_(center_ids), col(Membership.state).in_(OPEN))
        .order_by(col(Membership.invited_at), col(Membership.id))
    )
    return (await session.scalars(statement)).all()


async def open_memberships_for_update(
    session: AsyncSession, center_id: UUID
) -> Sequence[Membership]:
    """Lock and give a centre's memberships that have not ended, in the order of their ids.

    Whoever confirms or gives notice at this moment is waited for, and then ends with the others.
    """
    statement = (
        select(Membership)
        .where(col(Membership.center_id) == center_id, col(Membership.state).in_(OPEN))
        .order_by(col(Membership.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def center_of_membership(session: AsyncSession, actor: Actor, membership_id: UUID) -> UUID:
    """Tell of which centre a membership of the actor's organization is, and lock nothing yet."""
    statement = memberships(actor).with_only_columns(col(Membership.center_id))
    return found(await session.scalar(statement.where(col(Membership.id) == membership_id)))


async def outlived(session: AsyncSession, limit: int) -> Sequence[tuple[UUID, Stage, datetime]]:
    """Give centres that have ended before a membership of theirs did: how they did, and when."""
    statement = (
        select(Center.id, Center.stage, func.max(col(StageChange.at)))
        .join(Membership, col(Membership.center_id) == col(Center.id))
        .join(StageChange, col(StageChange.center_id) == col(Center.id))
        .where(col(Membership.state).in_(OPEN), col(Center.stage).in_(ENDED))
        .group_by(col(Center.id))
        .order_by(col(Center.id))
        .limit(limit)
    )
    rows = (await session.execute(statement)).all()
    return [(center_id, Stage(stage), ended_at) for center_id, stage, ended_at in rows]


def center_members(center_id: UUID) -> SelectOfScalar[Membership]:
    """Select every membership of a centre, ended ones included."""
    return select(Membership).where(col(Membership.center_id) == center_id)


async def is_open(session: AsyncSession, center_id: UUID, org_id: UUID) -> bool:
    """Tell whether an organization is in a centre already, or invited."""
    statement = select(Membership.id).where(
        col(Membership.center_id) == center_id,
        col(Membership.org_id) == org_id,
        col(Membership.state).in_(OPEN),
    )
    return await session.scalar(statement) is not None


async def invitations_made(session: AsyncSession, center_id: UUID) -> tuple[int, int]:
    """Count a centre's memberships that have not ended, and all that there ever were."""
    statement = select(func.count().filter(col(Membership.state).in_(OPEN)), func.count()).where(
        col(Membership.center_id) == center_id
    )
    open_now, ever = (await session.execute(statement)).one()
    return open_now, ever


async def members_on(session: AsyncSession, center_id: UUID, day: date) -> set[UUID]:
    """Give the organizations that were members of a centre on a day; first and last day count."""
    statement = select(Membership.org_id).where(
        col(Membership.center_id) == center_id,
        col(Membership.joined_on) <= day,
        or_(col(Membership.left_on).is_(None), col(Membership.left_on) >= day),
    )
    return set((await session.scalars(statement)).all())


async def joined_ids(session: AsyncSession, center_id: UUID) -> set[UUID]:
    """Give the organizations that have confirmed and not left."""
    statement = select(Membership.org_id).where(
        col(Membership.center_id) == center_id, col(Membership.state).in_(JOINED)
    )
    return set((await session.scalars(statement)).all())


async def centers_left_before(session: AsyncSession, today: date) -> Sequence[UUID]:
    """Give the centres of which a membership's last day is over, and lock nothing yet."""
    statement = (
        select(Membership.center_id)
        .where(col(Membership.state) == State.LEAVING, col(Membership.left_on) < today)
        .order_by(col(Membership.center_id))
        .distinct()
        .limit(200)
    )
    return (await session.scalars(statement)).all()


async def leaving_before(
    session: AsyncSession, center_ids: Collection[UUID], today: date
) -> Sequence[Membership]:
    """Lock the memberships of locked centres whose last day is over; held ones are left."""
    statement = (
        select(Membership)
        .where(
            col(Membership.center_id).in_(center_ids),
            col(Membership.state) == State.LEAVING,
            col(Membership.left_on) < today,
        )
        .order_by(col(Membership.id))
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def center_entry(session: AsyncSession, center_id: UUID) -> dict[str, Any]:
    """Give a centre with its memberships, past ones included; NOT_FOUND when there is none."""
    center = found(await session.get(Center, center_id))
    memberships = await session.scalars(
        select(Membership)
        .where(col(Membership.center_id) == center_id)
        .order_by(col(Membership.id))
    )
    names = ("code", "name", "stage", "model_type", "applicant_form", "listed_on")
    owners = ("legal_entity_id", "lead_sponsor_id", "trustee_org_id")
    return {
        "id": center.id,
        **{name: getattr(center, name) for name in (*names, *owners)},
        "memberships": [
            {
                "id": row.id,
                "org_id": row.org_id,
                "role": row.role,
                "state": row.state,
                "joined_on": row.joined_on,
                "left_on": row.left_on,
            }
            for row in memberships.all()
        ],
    }


def commitments(membership_id: UUID) -> SelectOfScalar[MemberCommitment]:
    """Select what a member has committed, withdrawn promises included."""
    return select(MemberCommitment).where(col(MemberCommitment.membership_id) == membership_id)


async def commitments_held(session: AsyncSession, membership_id: UUID) -> int:
    """Count the commitments of a membership that stand."""
    statement = (
        select(func.count())
        .select_from(MemberCommitment)
        .where(
            col(MemberCommitment.membership_id) == membership_id,
            col(MemberCommitment.withdrawn_at).is_(None),
        )
    )
    return await session.scalar(statement) or 0


async def commitment_for_update(
    session: AsyncSession, membership_id: UUID, commitment_id: UUID
) -> MemberCommitment:
    """Load and lock a commitment of a membership."""
    statement = commitments(membership_id).where(col(MemberCommitment.id) == commitment_id)
    return found(await session.scalar(statement.with_for_update()))


async def center_concerning(session: AsyncSession, actor: Actor, center_id: UUID) -> Center:
    """Give a centre of the actor's own organization; officials see those that are submitted (X04).

    A listed centre is known to everyone, and what its members promise each other is not.
    """
    statement = centers(actor).where(col(Center.id) == center_id)
    if not actor.is_official:
        statement = statement.where(of_orgs(actor.org_ids))
    return found(await session.scalar(statement))


async def membership_of_center(
    session: AsyncSession, center_id: UUID, membership_id: UUID
) -> Membership:
    """Give a membership of a centre that the caller has been found to see."""
    statement = center_members(center_id).where(col(Membership.id) == membership_id)
    return found(await session.scalar(statement))


async def membership_of_center_for_update(
    session: AsyncSession, center_id: UUID, membership_id: UUID
) -> Membership:
    """Load and lock a membership of a centre that the caller speaks for."""
    statement = center_members(center_id).where(col(Membership.id) == membership_id)
    return found(await session.scalar(statement.with_for_update()))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the invitations that wait for this organization's answer."""
    del today  # An invitation has no last day.
    if actor.org_id is None or not actor.has("member"):
        return []
    statement = (
        select(Membership)
        .where(col(Membership.org_id).in_(actor.org_ids), col(Membership.state) == State.INVITED)
        .limit(MOST_TASKS)
    )
    return [
        Task(CONFIRM, row.id, center_id=row.center_id) for row in await session.scalars(statement)
    ]
