"""What happens to plans of support, measures, and the inventory of policies."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_for_update, support_standing
from registry.centers.rules import support_checks
from registry.centers.tables import Center
from registry.programme.queries import people_who, policy_on
from registry.support import queries, rules
from registry.support.commands import NewPlan
from registry.support.rules import (
    MEASURE_MOVES,
    PLAN_MOVES,
    MeasureEvent,
    MeasureKind,
    Mixed,
    PlanEvent,
    SupportPurpose,
    Terms,
)
from registry.support.tables import SupportMeasure, SupportPlan, SupportPolicy
from shared.auth import Actor
from shared.events import record
from shared.events.recording import plain
from shared.http.dependencies import version_checks
from shared.rules import Check, Kind, Policy, require

# What makes somebody an author: whoever has done one of these approves nothing of it.
WRITING: Final = ("support_plan.drafted", "support_plan.proposed")


async def draft_plan(
    session: AsyncSession, actor: Actor, center_id: UUID, new: NewPlan, today: date, now: datetime
) -> SupportPlan:
    """Draft the plan of support of one listed centre (A139, A140).

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT, MILESTONE_OVERDUE, MEASURE_NOT_APPLICABLE,
    ALREADY_EXISTS.
    """
    center = await center_for_update(session, center_id)
    policy = await policy_on(session, today)
    # Whether it is supported at all comes first: a stage without support has no fitting measures.
    require(await supported(session, center_id, today))
    require(_mix_applicability(policy, center, new.policy_mix))
    plan = SupportPlan(
        center_id=center_id,
        **_content(new, center, policy),
        drafted_by=actor.person_id,
        drafted_at=now,
    )
    session.add(plan)
    # The row goes first: the second plan of one centre is refused here.
    await session.flush()
    _plan_told(session, actor, "support_plan.drafted", plan, None, "handler")
    return plan


async def edit_plan(
    session: AsyncSession, actor: Actor, plan_id: UUID, new: NewPlan, version: int, today: date
) -> SupportPlan:
    """Write a draft anew; whoever did so does not approve it.

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, MEASURE_NOT_APPLICABLE, STATE_CONFLICT.
    """
    plan = await queries.plan_for_update(session, plan_id)
    center = await center_for_update(session, plan.center_id)
    policy = await policy_on(session, today)
    require(
        [
            *rules.plan_move_checks(plan.state, PlanEvent.EDIT),
            *version_checks(plan.version, version),
            *_mix_applicability(policy, center, new.policy_mix),
        ]
    )
    before = plan.model_dump()
    plan.sqlmodel_update(_content(new, center, policy))
    plan.drafted_by = actor.person_id
    _plan_moved(session, actor, plan, PlanEvent.EDIT, "support_plan.drafted", before, "handler")
    return plan


async def move_plan(
    session: AsyncSession,
    actor: Actor,
    plan_id: UUID,
    event: PlanEvent,
    today: date,
    *,
    reason: str | None = None,
    doc_no: str | None = None,
) -> SupportPlan:
    """Put a plan forward, return, approve, withdraw or end it.

    An approval looks again at whether the centre may be supported, and with what in the stage that
    it has reached, and is another person's. Raises `Refused`: NOT_FOUND, SOD_VIOLATION,
    STATE_CONFLICT, MILESTONE_OVERDUE, MEASURE_NOT_APPLICABLE.
    """
    plan = await queries.plan_for_update(session, plan_id)
    checks = rules.plan_move_checks(plan.state, event)
    if event is PlanEvent.APPROVE:
        center = await center_for_update(session, plan.center_id)
        # Whoever wrote any of it, though another has written on: the row names the last one.
        makers = await people_who(session, plan.id, WRITING)
        checks += rules.apart_checks(makers, actor.person_id)
        checks += await supported(session, plan.center_id, today)
        require(checks)
        checks = _mix_applicability(await policy_on(session, today), center, mix_of(plan))
    require(checks)
    before = plan.model_dump()
    if event is PlanEvent.PROPOSE:
        plan.proposed_by = actor.person_id
    if event is PlanEvent.APPROVE:
        plan.approved_by, plan.approved_on, plan.doc_no = actor.person_id, today, doc_no
    plan.reason = reason
    state = PLAN_MOVES[plan.state, event]
    name = "returned" if event is PlanEvent.RETURN else state.value
    capacity = "approver" if event is PlanEvent.APPROVE else None
    _plan_moved(session, actor, plan, event, f"support_plan.{name}", before, capacity)
    return plan


async def propose_measure(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    terms: Terms,
    texts: Mapping[str, str],
    today: date,
    now: datetime,
) -> SupportMeasure:
    """Propose a measure that the centre's approved plan foresees (A138, A141, A142).

    `texts` are its `title` and `basis`. Raises `Refused`: NOT_FOUND, STATE_CONFLICT,
    MILESTONE_OVERDUE, SUPPORT_PLAN_MISSING, MEASURE_NOT_PLANNED, MEASURE_NOT_APPLICABLE,
    AMOUNT_MISSING, MEASURE_PARTICULARS, DAYS_OUT_OF_ORDER.
    """
    center = await center_for_update(session, center_id)
    plan = await queries.approved_plan_of(session, center_id)
    policy = await policy_on(session, today)
    mix = None if plan is None else mix_of(plan)
    require(await supported(session, center_id, today))
    require(
        [
            *rules.terms_checks(policy, terms),
            *rules.applicability_checks(
                policy, center.model_type, center.stage, {"/kind": terms.kind}
            ),
            *rules.mix_checks(mix, terms),
        ]
    )
    measure = SupportMeasure(
        plan_id=plan.id if plan is not None else center_id,
        center_id=center_id,
        **{name: getattr(terms, name) for name in Terms.__slots__},
        title=texts["title"],
        basis=texts["basis"],
        model_type=center.model_type,
        stage=center.stage,
        policy_version=policy.version,
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(measure)
    await session.flush()
    _measure_told(session, actor, "support_measure.proposed", measure, None, "handler")
    return measure


async def decide_measure(
    session: AsyncSession,
    actor: Actor,
    measure_id: UUID,
    event: MeasureEvent,
    today: date,
    *,
    reason: str | None = None,
) -> SupportMeasure:
    """Approve or reject a measure that another person proposed, or end one early.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, MILESTONE_OVERDUE,
    SUPPORT_PLAN_MISSING, MEASURE_NOT_APPLICABLE.
    """
    measure = await queries.measure_for_update(session, measure_id)
    checks = [
        *rules.measure_move_checks(measure.state, event),
        *rules.apart_checks((measure.proposed_by,), actor.person_id),
    ]
    if event is MeasureEvent.APPROVE:
        center = await center_for_update(session, measure.center_id)
        plan = await queries.approved_plan_of(session, measure.center_id)
        in_force = plan is not None and plan.id == measure.plan_id
        checks.append(rules.PLAN.check("SUPPORT_PLAN_MISSING", Kind.STATE, passed=in_force))
        checks += await supported(session, measure.center_id, today)
        require(checks)
        # The stage may have moved since the proposal, or the policy.
        checks = rules.applicability_checks(
            await policy_on(session, today),
            center.model_type,
            center.stage,
            {"/kind": measure.kind},
        )
    require(checks)
    before = measure.model_dump()
    measure.state = MEASURE_MOVES[measure.state, event]
    measure.decided_by, measure.decided_on = actor.person_id, today
    if event is MeasureEvent.APPROVE:
        measure.approved_on = today
    measure.reason = reason
    measure.version += 1
    name = f"support_measure.{measure.state.value}"
    _measure_told(session, actor, name, measure, before, "approver")
    return measure


async def enter_policy(
    session: AsyncSession, actor: Actor, values: Mapping[str, Any], now: datetime
) -> SupportPolicy:
    """Enter a policy in the inventory (A147); raises `Refused`: DAYS_OUT_OF_ORDER."""
    require(_policy_days(values["valid_from"], values["valid_until"]))
    policy = SupportPolicy(**values, entered_by=actor.person_id, entered_at=now)
    session.add(policy)
    record(
        session,
        actor,
        "support_policy.entered",
        policy.id,
        after=policy.model_dump(),
        kind=policy.kind,
        title=policy.title,
        valid_from=policy.valid_from,
        valid_until=policy.valid_until,
    )
    return policy


async def end_policy(
    session: AsyncSession, actor: Actor, policy_id: UUID, valid_until: date, reason: str
) -> SupportPolicy:
    """Say on which day a policy ends; raises `Refused`: NOT_FOUND or DAYS_OUT_OF_ORDER."""
    policy = await queries.policy_for_update(session, policy_id)
    require(_policy_days(policy.valid_from, valid_until))
    before = policy.model_dump()
    policy.valid_until, policy.reason = valid_until, reason
    policy.version += 1
    record(
        session,
        actor,
        "support_policy.ended",
        policy.id,
        reason=reason,
        before=before,
        after=policy.model_dump(),
        valid_until=valid_until,
    )
    return policy


def mix_of(plan: SupportPlan) -> list[Mixed]:
    """Read a plan's mix of policies."""
    return [
        Mixed(MeasureKind(part["kind"]), SupportPurpose(part["purpose"]), part["text"])
        for part in plan.policy_mix
    ]


def _policy_days(valid_from: date, valid_until: date | None) -> list[Check]:
    return [
        rules.INVENTORY.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=valid_until is None or valid_from <= valid_until,
            pointer="/valid_until",
        )
    ]


async def supported(session: AsyncSession, center_id: UUID, today: date) -> list[Check]:
    """Check that a centre may be supported today (A139)."""
    return support_checks(await support_standing(session, center_id, today))


def _mix_applicability(policy: Policy, center: Center, mix: Sequence[Mixed]) -> list[Check]:
    kinds = {f"/policy_mix/{place}/kind": part.kind for place, part in enumerate(mix)}
    return rules.applicability_checks(policy, center.model_type, center.stage, kinds)


def _content(new: NewPlan, center: Center, policy: Policy) -> dict[str, Any]:
    mix = [{"kind": one.kind, "purpose": one.purpose, "text": one.text} for one in new.policy_mix]
    return {
        "case_text": new.case_text,
        "precedent": new.precedent,
        "policy_mix": plain(mix),
        "model_type": center.model_type,
        "stage": center.stage,
        "policy_version": policy.version,
    }


def _plan_moved(
    session: AsyncSession,
    actor: Actor,
    plan: SupportPlan,
    event: PlanEvent,
    name: str,
    before: dict[str, Any],
    capacity: str | None,
) -> None:
    plan.state = PLAN_MOVES[plan.state, event]
    plan.version += 1
    _plan_told(session, actor, name, plan, before, capacity)


def _plan_told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    plan: SupportPlan,
    before: dict[str, Any] | None,
    capacity: str | None,
) -> None:
    # What is not decided yet is the officials' own: the centre's feed hears of decisions only.
    shown = plan.state in rules.SHOWN_PLANS
    record(
        session,
        actor,
        name,
        plan.id,
        center_id=plan.center_id if shown else None,
        case_id=plan.id,
        capacity=capacity,
        reason=plan.reason,
        before=before,
        after=plan.model_dump(),
        state=plan.state,
        doc_no=plan.doc_no,
    )


def _measure_told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    measure: SupportMeasure,
    before: dict[str, Any] | None,
    capacity: str,
) -> None:
    shown = measure.state in rules.SHOWN_MEASURES
    record(
        session,
        actor,
        name,
        measure.id,
        center_id=measure.center_id if shown else None,
        case_id=measure.id,
        capacity=capacity,
        reason=measure.reason,
        before=before,
        after=measure.model_dump(),
        kind=measure.kind,
        purpose=measure.purpose,
        state=measure.state,
        starts_on=measure.starts_on,
        ends_on=measure.ends_on,
    )
