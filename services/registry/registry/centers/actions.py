"""Changing a centre's row; what follows for its members and its plan is its callers' to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers import queries, rules
from registry.centers.rules import Level, MilestoneKind, MilestoneState, Stage
from registry.centers.tables import Center, CenterMilestone, StageChange
from registry.programme.queries import policy_on
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import Policy, require


@dataclass(frozen=True, slots=True)
class Basis:
    """On what a step rests: a document, a cause, a recommendation, and what was told."""

    doc_no: str | None = None
    cause: str | None = None
    recommendation_id: UUID | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


NO_BASIS: Final = Basis()


def enter_stage(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    stage: Stage,
    reason: str,
    now: datetime,
    basis: Basis = NO_BASIS,
) -> None:
    """Put a centre into a stage that the caller has checked, and keep where it came from."""
    before = {"stage": center.stage, "level": center.level}
    after = rules.after(center.standing, stage)
    session.add(
        StageChange(
            center_id=center.id,
            from_stage=center.stage,
            to_stage=stage,
            reason=reason,
            doc_no=basis.doc_no,
            cause=basis.cause,
            recommendation_id=basis.recommendation_id,
            basis=dict(basis.told),
            person_id=actor.person_id,
            at=now,
        )
    )
    center.stage = after.stage
    center.came_from = after.came_from
    center.rectified_from = after.rectified_from
    if stage is Stage.NATIONAL:
        center.level = Level.NATIONAL
    center.version += 1
    record(
        session,
        actor,
        "center.stage_changed",
        center.id,
        center_id=center.id,
        reason=reason,
        before=before,
        after={"stage": center.stage, "level": center.level},
        from_stage=before["stage"],
        to_stage=stage,
        level=center.level,
        doc_no=basis.doc_no,
        cause=basis.cause,
    )
    due_on = center.entity_due_on if center.legal_entity_id is None else None
    if before["stage"] is Stage.CANDIDATE and stage is Stage.PREPARING and due_on is not None:
        owe(session, actor, center.id, MilestoneKind.ENTITY_REGISTRATION, due_on, now)


def owe(
    session: AsyncSession,
    actor: Actor,
    center_id: UUID,
    kind: MilestoneKind,
    due_on: date,
    now: datetime,
) -> CenterMilestone:
    """Enter what a centre owes by a day, included; the clerk looks at it from now on."""
    milestone = CenterMilestone(
        center_id=center_id, kind=kind, due_on=due_on, opened_on=day_of(now), next_at=now
    )
    session.add(milestone)
    _tell(session, actor, milestone, "opened", None)
    return milestone


async def owe_registrations(session: AsyncSession, actor: Actor, now: datetime, limit: int) -> int:
    """Enter the registrations that listed consortia owe and nobody has entered (A053).

    Centres that were taken over from elsewhere come in without their milestones.
    """
    owing = await queries.owing_registration(session, limit)
    for center_id, due_on in owing:
        owe(session, actor, center_id, MilestoneKind.ENTITY_REGISTRATION, due_on, now)
    return len(owing)


async def meet_milestone(
    session: AsyncSession, actor: Actor, center_id: UUID, kind: MilestoneKind, today: date
) -> CenterMilestone | None:
    """Close what a centre owed, in time or late; nothing is done when it owes nothing."""
    milestone = await queries.owed_for_update(session, center_id, kind)
    if milestone is None:
        return None
    before = milestone.state
    milestone.state = MilestoneState.MET
    milestone.met_on = today
    milestone.next_at = None
    late = rules.is_overdue(milestone.due_on, today)
    _tell(session, actor, milestone, "met", before, met_on=today, late=late)
    return milestone


async def cancel_milestones(
    session: AsyncSession, actor: Actor, center_id: UUID, kinds: Sequence[MilestoneKind]
) -> None:
    """Close what a centre owed, because it has ended or the cause has gone."""
    for milestone in await queries.owed(session, center_id, kinds):
        before = milestone.state
        milestone.state = MilestoneState.CANCELLED
        milestone.next_at = None
        _tell(session, actor, milestone, "cancelled", before)


async def call_to_mind(session: AsyncSession, actor: Actor, now: datetime, limit: int) -> int:
    """Say what is due of at most `limit` milestones, and give how many were looked at (A053).

    After a leap of the clock the last reminder alone is given, with the days that are left.
    """
    today = day_of(now)
    policy = await policy_on(session, today)
    due = await queries.milestones_due(session, now, limit)
    for milestone in due:
        _look_at(session, actor, milestone, policy, today)
    return len(due)


def _look_at(
    session: AsyncSession, actor: Actor, milestone: CenterMilestone, policy: Policy, today: date
) -> None:
    days = policy.value(rules.REMINDER_ROWS[milestone.kind], "reminder_days")
    step = rules.reached(milestone.due_on, days, today)
    following = rules.next_on(milestone.due_on, days, today)
    milestone.next_at = None if following is None else rules.start_of(following)
    if step is None:
        return
    if step.days_before is None:
        milestone.state = MilestoneState.OVERDUE
        _tell(session, actor, milestone, "overdue", MilestoneState.OPEN)
        return
    if step.days_before == milestone.reminded_days:
        return
    milestone.reminded_days = step.days_before
    left = (milestone.due_on - today).days
    _tell(
        session, actor, milestone, "reminder", milestone.state,
        days_before=step.days_before, days_left=left,
    )  # fmt: skip


def _tell(
    session: AsyncSession,
    actor: Actor,
    milestone: CenterMilestone,
    name: str,
    before: MilestoneState | None,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    record(
        session,
        actor,
        f"milestone.{name}",
        milestone.id,
        center_id=milestone.center_id,
        before=before,
        after=milestone.state,
        milestone_id=milestone.id,
        kind=milestone.kind,
        due_on=milestone.due_on,
        state=milestone.state,
        **data,
    )


@dataclass(frozen=True, slots=True)
class Classification:
    """A centre's place in its industry and its city."""

    chain_code: str | None
    chain_node: str | None
    industry_codes: Sequence[str]
    sei_codes: Sequence[str]
    zone_tags: Sequence[str]


def classification_of(center: Center) -> Classification:
    """Give how a centre is classified now."""
    return Classification(
        center.chain_code,
        center.chain_node,
        tuple(center.industry_codes),
        tuple(center.sei_codes),
        tuple(center.zone_tags),
    )


def classify(
    session: AsyncSession, actor: Actor, center: Center, classification: Classification
) -> Center:
    """Tie a locked centre to its chain, its industries and its zones (A007, A074).

    Raises `Refused`: CODE_UNKNOWN or STATE_CONFLICT.
    """
    require(
        [
            *rules.writable_checks(center.stage),
            *rules.classification_checks(classification.industry_codes, classification.sei_codes),
        ]
    )
    before = _classified(classification_of(center))
    center.chain_code = classification.chain_code
    center.chain_node = classification.chain_node
    center.industry_codes = list(classification.industry_codes)
    center.sei_codes = list(classification.sei_codes)
    center.zone_tags = list(classification.zone_tags)
    center.version += 1
    after = _classified(classification)
    record(
        session,
        actor,
        "center.classified",
        center.id,
        center_id=center.id,
        before=before,
        after=after,
        fields_changed=sorted(name for name in after if after[name] != before[name]),
        **after,
    )
    return center


def _classified(classification: Classification) -> dict[str, Any]:
    return {
        "chain_code": classification.chain_code,
        "chain_node": classification.chain_node,
        "industry_codes": list(classification.industry_codes),
        "sei_codes": list(classification.sei_codes),
        "zone_tags": list(classification.zone_tags),
    }


def mark_platform(
    session: AsyncSession, actor: Actor, center: Center, *, serves_delta: bool, reason: str
) -> Center:
    """Mark a locked centre as serving the whole delta, or take the mark back (A092).

    Raises `Refused`: STATE_CONFLICT for a centre that is not listed and at work.
    """
    require(rules.active_checks(center.stage))
    before = center.yrd_platform
    center.yrd_platform = serves_delta
    center.version += 1
    record(
        session,
        actor,
        "center.platform_marked",
        center.id,
        center_id=center.id,
        reason=reason,
        before={"yrd_platform": before},
        after={"yrd_platform": serves_delta},
        yrd_platform=serves_delta,
    )
    return center
