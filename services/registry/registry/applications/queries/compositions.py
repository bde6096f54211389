"""Which centres owe members or bodies, or have a member that is barred (A049, X17)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.rules import ACTIVE, OWED, MilestoneKind
from registry.centers.tables import Center, CenterMilestone
from registry.memberships.rules import JOINED
from registry.memberships.tables import Membership
from registry.organizations.tables import Organization


def _owing_composition() -> SelectOfScalar[UUID]:
    return select(CenterMilestone.center_id).where(
        col(CenterMilestone.kind) == MilestoneKind.COMPOSITION,
        col(CenterMilestone.state).in_(OWED),
    )


async def owing_composition(session: AsyncSession) -> Sequence[UUID]:
    """Give the centres that owe members or bodies; as many as one look can judge (A049)."""
    statement = _owing_composition().order_by(col(CenterMilestone.center_id)).limit(200)
    return (await session.scalars(statement)).all()


async def newly_barred(session: AsyncSession, today: date) -> Sequence[UUID]:
    """Give the centres at work with a member on record for dishonesty that owe nothing (X17)."""
    statement = (
        select(Membership.center_id)
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .join(Center, col(Center.id) == col(Membership.center_id))
        .where(
            col(Organization.dishonesty_until) >= today,
            col(Membership.state).in_(JOINED),
            col(Center.stage).in_(ACTIVE),
            col(Center.id).not_in(_owing_composition()),
        )
        .order_by(col(Membership.center_id))
        .distinct()
        .limit(200)
    )
    return (await session.scalars(statement)).all()
