"""What is read of a centre's plan."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.governance.rules import PlanState
from registry.governance.tables import DevelopmentPlan, PlanTarget
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


async def adopted_by(session: AsyncSession, resolution_id: UUID) -> DevelopmentPlan | None:
    """Give the version that a resolution has adopted."""
    statement = select(DevelopmentPlan).where(
        col(DevelopmentPlan.approved_resolution_id) == resolution_id
    )
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


async def plan_of(session: AsyncSession, center_id: UUID, plan_id: UUID) -> DevelopmentPlan:
    """Give a version of a centre's plan."""
    statement = select(DevelopmentPlan).where(
        col(DevelopmentPlan.id) == plan_id, col(DevelopmentPlan.center_id) == center_id
    )
    return found(await session.scalar(statement))
