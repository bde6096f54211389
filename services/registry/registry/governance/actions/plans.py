"""Drafting, adopting and filing a centre's development plan (A082)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import active_checks
from registry.centers.tables import Center
from registry.governance import queries, rules
from registry.governance.rules import PlanEvent, PlanState
from registry.governance.tables import DevelopmentPlan, PlanTarget
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, Kind, require


@dataclass(frozen=True, slots=True)
class TargetContent:
    """A target of a plan; `value` is exact."""

    part: int
    metric_code: str
    unit: str
    year: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class PlanContent:
    """What a plan says; `parts` are `{part, text}`."""

    horizon_years: int
    parts: Sequence[dict[str, Any]]
    targets: Sequence[TargetContent]


async def write_plan(
    session: AsyncSession, actor: Actor, center_id: UUID, content: PlanContent
) -> DevelopmentPlan:
    """Write the draft of a centre's plan: the open one, or a new version after a filed one.

    Raises `Refused`: FIELD_INVALID for a target named twice, STATE_CONFLICT while a version waits
    to be filed.
    """
    require(_target_checks(content.targets))
    plan = await queries.latest_plan(session, center_id)
    if plan is None or plan.state is PlanState.FILED:
        number = 1 if plan is None else plan.number + 1
        plan = DevelopmentPlan(
            center_id=center_id, number=number, horizon_years=content.horizon_years, parts=[]
        )
        session.add(plan)
    else:
        require(rules.editing_checks(plan.state))
        plan.version += 1
    plan.horizon_years = content.horizon_years
    plan.parts = list(content.parts)
    await session.flush()
    # What stands is changed where it stands, so that the feed tells a target by one name.
    standing = {(row.metric_code, row.year): row for row in await queries.targets(session, plan.id)}
    for target in content.targets:
        row = standing.pop((target.metric_code, target.year), None)
        if row is not None:
            row.part, row.unit, row.value = target.part, target.unit, target.value
            continue
        session.add(
            PlanTarget(
                plan_id=plan.id,
                part=target.part,
                metric_code=target.metric_code,
                unit=target.unit,
                year=target.year,
                value=target.value,
            )
        )
    for row in standing.values():
        await session.delete(row)
    await session.flush()
    record(session, actor, "plan.drafted", plan.id, center_id=center_id, number=plan.number)
    return plan


async def revise_plan(
    session: AsyncSession, actor: Actor, center: Center, content: PlanContent, read: int | None
) -> DevelopmentPlan:
    """Draft a new version of a listed centre's plan; a candidate's comes with its application.

    `read` is the version of the open draft that the caller has seen, where it says so. Raises
    `Refused`: STATE_CONFLICT, FIELD_INVALID or VERSION_CONFLICT.
    """
    plan = await queries.latest_plan(session, center.id)
    if plan is not None:
        # The lock makes look and write one step: of two that read the same draft one is stale.
        plan = await queries.plan_for_update(session, center.id, plan.id)
    standing = 0 if plan is None or plan.state is PlanState.FILED else plan.version
    stale = [] if read is None else version_checks(standing, read)
    require([*active_checks(center.stage), *stale])
    return await write_plan(session, actor, center.id, content)


def _target_checks(targets: Sequence[TargetContent]) -> list[Check]:
    keys = [(target.metric_code, target.year) for target in targets]
    return [
        rules.PLAN.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=len(set(keys)) == len(keys),
            pointer="/targets",
            field="targets",
        )
    ]


async def file_at_listing(
    session: AsyncSession, actor: Actor, center_id: UUID, now: datetime
) -> None:
    """File the plan that an application was approved with; from now on its targets count."""
    plan = await queries.latest_plan(session, center_id)
    if plan is None or (plan.state, PlanEvent.LIST) not in rules.PLAN_MOVES:
        return
    _file(session, actor, plan, PlanEvent.LIST, now)


async def adopt(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    plan_id: UUID,
    resolution_id: UUID,
    today: date,
) -> DevelopmentPlan:
    """Adopt a whole version by a resolution of the decision body that passed (A082, A083).

    Raises `Refused`: NOT_FOUND, PLAN_PART_MISSING, PLAN_NOT_APPROVED or STATE_CONFLICT.
    """
    plan = await queries.plan_for_update(session, center_id, plan_id)
    resolution = await queries.resolution_of(session, center_id, resolution_id)
    resolved = await queries.resolved(session, resolution)
    adopted = await queries.adopted_by(session, resolution.id)
    require(
        [
            *rules.carrying_checks(
                resolved, adopts_another=adopted is not None and adopted.id != plan.id
            ),
            # An adopted version is not edited: one that lacks a part could never be filed.
            *await _part_checks(session, plan, today),
            *rules.plan_move_checks(plan.state, PlanEvent.APPROVE),
        ]
    )
    before = plan.state
    plan.state = rules.PLAN_MOVES[plan.state, PlanEvent.APPROVE]
    plan.approved_resolution_id = resolution.id
    plan.version += 1
    record(
        session,
        actor,
        "plan.approved",
        plan.id,
        center_id=center_id,
        before=before,
        after=plan.state,
        number=plan.number,
        resolution_id=resolution.id,
    )
    return plan


async def file_plan(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    plan_id: UUID,
    now: datetime,
    today: date,
) -> DevelopmentPlan:
    """File an approved version with its five parts; it is never edited again (A082, A083).

    Raises `Refused`: NOT_FOUND, PLAN_PART_MISSING or STATE_CONFLICT.
    """
    plan = await queries.plan_for_update(session, center_id, plan_id)
    require(
        [
            *rules.plan_move_checks(plan.state, PlanEvent.FILE),
            *await _part_checks(session, plan, today),
        ]
    )
    _file(session, actor, plan, PlanEvent.FILE, now)
    return plan


async def _part_checks(session: AsyncSession, plan: DevelopmentPlan, today: date) -> list[Check]:
    return rules.part_checks(await policy_on(session, today), {one["part"] for one in plan.parts})


def _file(
    session: AsyncSession, actor: Actor, plan: DevelopmentPlan, event: PlanEvent, now: datetime
) -> None:
    before = plan.state
    plan.state = rules.PLAN_MOVES[plan.state, event]
    plan.filed_at = now
    plan.version += 1
    record(
        session,
        actor,
        "plan.filed",
        plan.id,
        center_id=plan.center_id,
        before=before,
        after=plan.state,
        number=plan.number,
    )
