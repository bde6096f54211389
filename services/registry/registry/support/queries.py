"""What is read of support, and who may see what.

Officials and services see all. Agencies see what was decided, and whoever speaks for a centre what
was decided about it (X04).
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import spoken_for_by
from registry.centers.rules import OWED, SUPPORTED
from registry.centers.tables import Center, CenterMilestone
from registry.support.payment_rules import CONFIRM_PAYMENT, PaymentState
from registry.support.rules import (
    APPROVE_MEASURE,
    APPROVE_PLAN,
    PROPOSE_PLAN,
    SHOWN_MEASURES,
    SHOWN_PLANS,
    Capability,
    MeasureKind,
    MeasureState,
    PlanState,
    SupportPurpose,
)
from registry.support.tables import SupportMeasure, SupportPayment, SupportPlan, SupportPolicy
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind


def _concerned(actor: Actor, center_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    if actor.has("agency"):
        return true()
    return center_id.in_(select(Center.id).where(spoken_for_by(actor.org_ids)))


def plans(
    actor: Actor, *, center_id: UUID | None = None, state: PlanState | None = None
) -> SelectOfScalar[SupportPlan]:
    """Select the plans that the actor may see."""
    statement = select(SupportPlan)
    if not actor.has("official", "service"):
        statement = statement.where(
            col(SupportPlan.state).in_(SHOWN_PLANS),
            _concerned(actor, col(SupportPlan.center_id)),
        )
    if center_id is not None:
        statement = statement.where(col(SupportPlan.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(SupportPlan.state) == state)
    return statement


async def plan_seen(session: AsyncSession, actor: Actor, plan_id: UUID) -> SupportPlan:
    """Give a plan that the actor may see."""
    return found(await session.scalar(plans(actor).where(col(SupportPlan.id) == plan_id)))


async def plan_for_update(session: AsyncSession, plan_id: UUID) -> SupportPlan:
    """Load and lock a plan, for officials."""
    statement = select(SupportPlan).where(col(SupportPlan.id) == plan_id).with_for_update()
    return found(await session.scalar(statement))


async def approved_plan_of(session: AsyncSession, center_id: UUID) -> SupportPlan | None:
    """Lock and give the plan in force for a centre: a measure and its end do not pass by it."""
    statement = select(SupportPlan).where(
        col(SupportPlan.center_id) == center_id, col(SupportPlan.state) == PlanState.APPROVED
    )
    plan: SupportPlan | None = await session.scalar(statement.with_for_update())
    return plan


def measures(
    actor: Actor,
    *,
    center_id: UUID | None = None,
    kind: MeasureKind | None = None,
    purpose: SupportPurpose | None = None,
    state: MeasureState | None = None,
) -> SelectOfScalar[SupportMeasure]:
    """Select the measures that the actor may see."""
    statement = select(SupportMeasure)
    if not actor.has("official", "service"):
        statement = statement.where(
            col(SupportMeasure.state).in_(SHOWN_MEASURES),
            _concerned(actor, col(SupportMeasure.center_id)),
        )
    if center_id is not None:
        statement = statement.where(col(SupportMeasure.center_id) == center_id)
    if kind is not None:
        statement = statement.where(col(SupportMeasure.kind) == kind)
    if purpose is not None:
        statement = statement.where(col(SupportMeasure.purpose) == purpose)
    if state is not None:
        statement = statement.where(col(SupportMeasure.state) == state)
    return statement


async def measure_seen(session: AsyncSession, actor: Actor, measure_id: UUID) -> SupportMeasure:
    """Give a measure that the actor may see."""
    statement = measures(actor).where(col(SupportMeasure.id) == measure_id)
    return found(await session.scalar(statement))


async def measure_for_update(session: AsyncSession, measure_id: UUID) -> SupportMeasure:
    """Load and lock a measure, for officials."""
    statement = select(SupportMeasure).where(col(SupportMeasure.id) == measure_id)
    return found(await session.scalar(statement.with_for_update()))


def payments(
    actor: Actor,
    *,
    center_id: UUID | None = None,
    measure_id: UUID | None = None,
    state: PaymentState | None = None,
) -> SelectOfScalar[SupportPayment]:
    """Select the payments that the actor may see: those that were confirmed, officials all."""
    statement = select(SupportPayment)
    if not actor.has("official", "service"):
        statement = statement.where(
            col(SupportPayment.state).in_((PaymentState.PAID, PaymentState.RECALLED)),
            _concerned(actor, col(SupportPayment.center_id)),
        )
    if center_id is not None:
        statement = statement.where(col(SupportPayment.center_id) == center_id)
    if measure_id is not None:
        statement = statement.where(col(SupportPayment.measure_id) == measure_id)
    if state is not None:
        statement = statement.where(col(SupportPayment.state) == state)
    return statement


async def payment_found(session: AsyncSession, payment_id: UUID) -> SupportPayment:
    """Give a payment, for officials."""
    return found(await session.get(SupportPayment, payment_id))


async def payment_for_update(session: AsyncSession, payment_id: UUID) -> SupportPayment:
    """Load and lock a payment, for officials."""
    statement = select(SupportPayment).where(col(SupportPayment.id) == payment_id)
    return found(await session.scalar(statement.with_for_update()))


async def paused_centers(
    session: AsyncSession, center_ids: Collection[UUID], today: date
) -> frozenset[UUID]:
    """Tell at which centres support stands still today, as `support_checks` has it (A139)."""
    overdue = exists().where(
        col(CenterMilestone.center_id) == col(Center.id),
        col(CenterMilestone.state).in_(OWED),
        col(CenterMilestone.due_on) < today,
    )
    statement = select(Center.id).where(
        col(Center.id).in_(center_ids),
        or_(col(Center.listed_on).is_(None), col(Center.stage).not_in(SUPPORTED), overdue),
    )
    return frozenset((await session.scalars(statement)).all())


def policies(
    center: Center | None = None,
    *,
    on: date | None = None,
    kind: MeasureKind | None = None,
    capability: Capability | None = None,
) -> SelectOfScalar[SupportPolicy]:
    """Select the policies of the inventory: all, or those open to a centre, or on a day (A147)."""
    statement = select(SupportPolicy)
    if center is not None:
        statement = statement.where(
            _open_to(col(SupportPolicy.model_types), [center.model_type.value]),
            _open_to(col(SupportPolicy.stages), [center.stage.value]),
            _open_to(col(SupportPolicy.field_codes), center.field_codes),
        )
    if on is not None:
        statement = statement.where(
            col(SupportPolicy.valid_from) <= on,
            or_(col(SupportPolicy.valid_until).is_(None), col(SupportPolicy.valid_until) >= on),
        )
    if kind is not None:
        statement = statement.where(col(SupportPolicy.kind) == kind)
    if capability is not None:
        statement = statement.where(col(SupportPolicy.capability) == capability)
    return statement


def _open_to(column: SQLColumnExpression[list[str]], words: Collection[str]) -> ColumnElement[bool]:
    return or_(func.cardinality(column) == 0, column.bool_op("&&")(list(words)))


async def policy_for_update(session: AsyncSession, policy_id: UUID) -> SupportPolicy:
    """Load and lock a policy of the inventory."""
    statement = select(SupportPolicy).where(col(SupportPolicy.id) == policy_id)
    return found(await session.scalar(statement.with_for_update()))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what waits to be put forward and to be approved; whoever made it does not decide it."""
    del today  # Nothing of it has a last day.
    tasks: list[Task] = []
    if actor.has("handler"):
        tasks += await _plans(session, PlanState.DRAFT, PROPOSE_PLAN)
    if actor.has("approver"):
        own = or_(
            col(SupportPlan.drafted_by) == actor.person_id,
            col(SupportPlan.proposed_by) == actor.person_id,
        )
        tasks += await _plans(session, PlanState.PROPOSED, APPROVE_PLAN, ~own)
        statement = (
            select(SupportMeasure)
            .where(
                col(SupportMeasure.state) == MeasureState.PROPOSED,
                col(SupportMeasure.proposed_by) != actor.person_id,
            )
            .order_by(col(SupportMeasure.id))
            .limit(MOST_TASKS)
        )
        rows = (await session.scalars(statement)).all()
        tasks += [Task(APPROVE_MEASURE, row.id, row.center_id) for row in rows]
        tasks += await _payments(session, actor)
    return tasks


async def _payments(session: AsyncSession, actor: Actor) -> list[Task]:
    statement = (
        select(SupportPayment)
        .where(
            col(SupportPayment.state) == PaymentState.ENTERED,
            col(SupportPayment.entered_by) != actor.person_id,
        )
        .order_by(col(SupportPayment.id))
        .limit(MOST_TASKS)
    )
    rows = (await session.scalars(statement)).all()
    return [Task(CONFIRM_PAYMENT, row.id, row.center_id) for row in rows]


async def _plans(
    session: AsyncSession, state: PlanState, kind: TaskKind, *more: ColumnElement[bool]
) -> list[Task]:
    statement = select(SupportPlan).where(col(SupportPlan.state) == state, *more)
    ordered = statement.order_by(col(SupportPlan.id)).limit(MOST_TASKS)
    return [Task(kind, row.id, row.center_id) for row in (await session.scalars(ordered)).all()]
