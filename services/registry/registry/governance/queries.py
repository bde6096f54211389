"""What is read of a centre's plan and bodies."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.governance.rules import BodyKind, Organ, PlanState, Seat
from registry.governance.tables import (
    BodySeat,
    DevelopmentPlan,
    GovernanceBody,
    PlanTarget,
    Resolution,
    VotingRight,
)
from shared.rules import found


async def latest_plan(session: AsyncSession, center_id: UUID) -> DevelopmentPlan | None:
    """Give the newest version of a centre's plan, in whatever state."""
    statement = (
        select(DevelopmentPlan)
        .where(col(DevelopmentPlan.center_id) == center_id)
        .order_by(col(DevelopmentPlan.number).desc())
        .limit(1)
    )
    plan: DevelopmentPlan | None = await session.scalar(statement)
    return plan


async def filed_plan(
    session: AsyncSession, center_id: UUID, as_of: datetime | None = None
) -> DevelopmentPlan | None:
    """Give the plan in force: the newest version filed, at an instant or now (A083)."""
    statement = (
        select(DevelopmentPlan)
        .where(
            col(DevelopmentPlan.center_id) == center_id,
            col(DevelopmentPlan.state) == PlanState.FILED,
        )
        .order_by(col(DevelopmentPlan.number).desc())
        .limit(1)
    )
    if as_of is not None:
        statement = statement.where(col(DevelopmentPlan.filed_at) <= as_of)
    plan: DevelopmentPlan | None = await session.scalar(statement)
    return plan


async def plans(session: AsyncSession, center_id: UUID) -> Sequence[DevelopmentPlan]:
    """Give every version of a centre's plan, newest first."""
    statement = (
        select(DevelopmentPlan)
        .where(col(DevelopmentPlan.center_id) == center_id)
        .order_by(col(DevelopmentPlan.number).desc())
    )
    return (await session.scalars(statement)).all()


async def plan_for_update(session: AsyncSession, center_id: UUID, plan_id: UUID) -> DevelopmentPlan:
    """Load and lock a version of a centre's plan."""
    statement = (
        select(DevelopmentPlan)
        .where(col(DevelopmentPlan.id) == plan_id, col(DevelopmentPlan.center_id) == center_id)
        .with_for_update()
    )
    return found(await session.scalar(statement))


async def targets(
    session: AsyncSession, plan_id: UUID, year: int | None = None
) -> Sequence[PlanTarget]:
    """Give a plan's targets, of every year or of one, in the order of part and metric."""
    statement = (
        select(PlanTarget)
        .where(col(PlanTarget.plan_id) == plan_id)
        .order_by(col(PlanTarget.part), col(PlanTarget.metric_code), col(PlanTarget.year))
    )
    if year is not None:
        statement = statement.where(col(PlanTarget.year) == year)
    return (await session.scalars(statement)).all()


async def targets_of(
    session: AsyncSession, plan_ids: Collection[UUID]
) -> dict[UUID, list[PlanTarget]]:
    """Give the targets of several plans, in the order of part and metric."""
    statement = (
        select(PlanTarget)
        .where(col(PlanTarget.plan_id).in_(plan_ids))
        .order_by(col(PlanTarget.part), col(PlanTarget.metric_code), col(PlanTarget.year))
    )
    by_plan: dict[UUID, list[PlanTarget]] = {plan_id: [] for plan_id in plan_ids}
    for row in (await session.scalars(statement)).all():
        by_plan[row.plan_id].append(row)
    return by_plan


async def bodies(session: AsyncSession, center_id: UUID) -> Sequence[GovernanceBody]:
    """Give the bodies of a centre."""
    statement = (
        select(GovernanceBody)
        .where(col(GovernanceBody.center_id) == center_id)
        .order_by(col(GovernanceBody.id))
    )
    return (await session.scalars(statement)).all()


async def body_of(session: AsyncSession, center_id: UUID, body_id: UUID) -> GovernanceBody:
    """Give a body of a centre."""
    statement = select(GovernanceBody).where(
        col(GovernanceBody.id) == body_id, col(GovernanceBody.center_id) == center_id
    )
    return found(await session.scalar(statement))


async def body_seats(session: AsyncSession, body_id: UUID) -> Sequence[BodySeat]:
    """Give the seats of a body, oldest first."""
    statement = select(BodySeat).where(col(BodySeat.body_id) == body_id).order_by(col(BodySeat.id))
    return (await session.scalars(statement)).all()


async def seats_on(
    session: AsyncSession, center_id: UUID, day: date
) -> Mapping[BodyKind, Sequence[Seat]]:
    """Give the seats held on a day in each kind of body; first and last day count."""
    statement = (
        select(GovernanceBody, BodySeat)
        .join(BodySeat, col(BodySeat.body_id) == col(GovernanceBody.id))
        .where(
            col(GovernanceBody.center_id) == center_id,
            col(BodySeat.from_on) <= day,
            or_(col(BodySeat.until_on).is_(None), col(BodySeat.until_on) >= day),
        )
    )
    found_seats: dict[BodyKind, list[Seat]] = {kind: [] for kind in BodyKind}
    for body, row in (await session.execute(statement)).all():
        found_seats[body.kind].append(
            Seat(row.sector, row.org_id, row.independent, row.appointing_agency)
        )
    return found_seats


async def votes(
    session: AsyncSession, center_id: UUID, organ: Organ | None = None
) -> Sequence[VotingRight]:
    """Give the voting table of a centre, of every organ or of one."""
    statement = (
        select(VotingRight)
        .where(col(VotingRight.center_id) == center_id)
        .order_by(col(VotingRight.organ), col(VotingRight.holder_org_id))
    )
    if organ is not None:
        statement = statement.where(col(VotingRight.organ) == organ)
    return (await session.scalars(statement)).all()


async def resolution_of(session: AsyncSession, center_id: UUID, resolution_id: UUID) -> Resolution:
    """Give a resolution of a centre."""
    statement = select(Resolution).where(
        col(Resolution.id) == resolution_id, col(Resolution.center_id) == center_id
    )
    return found(await session.scalar(statement))
