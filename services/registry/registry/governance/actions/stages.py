"""Moving a centre from stage to stage, when everything that the stage asks for stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.actions import Basis, cancel_milestones, enter_stage
from registry.centers.rules import (
    ENDED,
    RECTIFIABLE,
    AgreementFacts,
    MilestoneKind,
    Stage,
    StageCause,
    next_stages,
    stage_scope_checks,
)
from registry.centers.tables import Center
from registry.governance import queries, rules
from registry.governance.actions import rectifying
from registry.governance.actions.leaving import end_center
from registry.governance.rules import (
    DocumentKind,
    Organ,
    PilotFacts,
    RatingKind,
    Recheck,
    Recommended,
    RectificationState,
    StageFacts,
    Told,
)
from registry.governance.tables import StageRecommendation
from registry.memberships.actions import announce
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.rules import Check, Policy, require


@dataclass(frozen=True, slots=True)
class StageStep:
    """The step that somebody takes, with its reason and what it rests on."""

    target: Stage
    reason: str
    cause: StageCause | None = None
    doc_no: str | None = None


# What a step is judged by: the policy, the gate to the pilot, and everything after it.
Judged = tuple[Policy, PilotFacts, StageFacts]
# The version of a rating that was taken over; what evaluation publishes begins with 1.
IMPORTED: Final = 0


async def pilot_facts(
    session: AsyncSession, center: Center, agreement: AgreementFacts, today: date
) -> PilotFacts:
    """Gather what the gate to the pilot stage looks at; the agreement was asked for before."""
    plan = await queries.filed_plan(session, center.id)
    votes = await queries.votes(session, center.id, Organ.SHAREHOLDERS)
    bodies = await queries.bodies_in_office(session, center.id, today)
    kinds = await queries.document_kinds(session, center.id, today)
    shown = {kind.value for kind in rules.ORGANS_OF_ENTITY if kind in bodies}
    if DocumentKind.ARTICLES in kinds:
        shown.add(DocumentKind.ARTICLES.value)
    return PilotFacts(
        entity_id=center.legal_entity_id,
        seats=await queries.seats_on(session, center.id, today),
        member_classes=await queries.member_classes(session, center.id),
        votes_ppm=tuple(vote.share_ppm for vote in votes),
        plan_parts=None if plan is None else frozenset(part["part"] for part in plan.parts),
        plan_adopted=plan is not None and plan.approved_resolution_id is not None,
        agreement=agreement,
        model=center.model_type,
        horizon_years=None if plan is None else plan.horizon_years,
        organs=frozenset(shown),
    )


async def stage_facts(
    session: AsyncSession, actor: Actor, center: Center, step: StageStep, told: Told, today: date
) -> StageFacts:
    """Gather what the steps after the pilot look at.

    Annual ratings are those that evaluation told now; triennial ones are kept from its feed, and
    those of earlier years, which evaluation does not know, were taken over with the centre.
    """
    kept = await queries.ratings(session, center.id)
    told_years = {rating.year for rating in told.ratings}
    others = tuple(
        rating
        for rating in kept
        if rating.kind is RatingKind.TRIENNIAL
        or (rating.version == IMPORTED and rating.year not in told_years)
    )
    themes = await queries.themes(session, center.id)
    dossier = await queries.dossier(session, center.id)
    recommendation = await queries.open_recommendation(session, center.id, step.target)
    kinds = await queries.document_kinds(session, center.id, today)
    standing = (*told.ratings, *others)
    moved = [] if recommendation is None else rules.moved_years(recommendation.told, standing)
    return StageFacts(
        actor_id=actor.person_id,
        ratings=standing,
        summary_filed=DocumentKind.PILOT_SUMMARY in kinds,
        themes=frozenset(row.theme.value for row in themes),
        themes_reported=frozenset(row.theme.value for row in themes if row.reported_on),
        dossier_filed=dossier is not None and dossier.submitted_on is not None,
        recommended=None if recommendation is None else _recommended(recommendation),
        recheck=await _recheck(session, center),
        doc_no=step.doc_no,
        holds=await queries.open_holds(session, center.id),
        moved=tuple(moved),
        findings=told.findings,
    )


def step_checks(
    policy: Policy, center: Center, target: Stage, pilot: PilotFacts, facts: StageFacts
) -> list[Check]:
    """Check a step: what it asks for, that no hold keeps it up, that nothing behind it moved."""
    return [
        *rules.stage_checks(policy, center.standing, target, pilot, facts),
        *rules.hold_checks(center.stage, target, facts.holds),
        *rules.ground_checks(policy, facts.moved),
    ]


def kept(told: Told, facts: StageFacts) -> dict[str, Any]:
    """Give what a decision keeps of what it was told; triennial ratings stand beside annual."""
    if "ratings" not in told.kept:
        return dict(told.kept)
    return {**told.kept, "ratings": [rules.told_rating(rating) for rating in facts.ratings]}


def _recommended(row: StageRecommendation) -> Recommended:
    gaps = row.gaps
    unmet = None if gaps is None else tuple(gap["code"] for gap in gaps if not gap["met"])
    return Recommended(row.id, row.person_id, unmet)


async def _recheck(session: AsyncSession, center: Center) -> Recheck | None:
    row = await queries.rectification_read(session, center.id)
    if row is None or row.rechecked_by is None:
        return None
    return Recheck(row.state is RectificationState.PASSED, row.rechecked_by)


async def judged(
    session: AsyncSession, actor: Actor, center: Center, step: StageStep, told: Told, today: date
) -> Judged:
    """Gather everything that a step is judged by."""
    return (
        await policy_on(session, today),
        await pilot_facts(session, center, told.agreement, today),
        await stage_facts(session, actor, center, step, told, today),
    )


async def change_stage(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    step: StageStep,
    told: Told,
    *,
    today: date,
    now: datetime,
) -> list[Check]:
    """Move a locked centre to another stage and give the warnings.

    Raises `Refused`: FORBIDDEN_SCOPE, FIELD_INVALID for a cause that is none of this step, and
    everything that `step_checks` finds missing.
    """
    own = [center.lead_sponsor_id, center.legal_entity_id, center.trustee_org_id]
    policy, pilot, facts = await judged(session, actor, center, step, told, today)
    warnings = require(
        [
            *stage_scope_checks(
                step.target, actor.org_for(*own), own, is_approver=actor.has("approver")
            ),
            *rules.cause_checks(step.target, step.cause),
            *step_checks(policy, center, step.target, pilot, facts),
        ]
    )
    await _enter(session, actor, center, step, told, facts, policy, today, now)
    await session.flush()
    await announce(session, actor, center.id)
    return warnings


async def _enter(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    step: StageStep,
    told: Told,
    facts: StageFacts,
    policy: Policy,
    today: date,
    now: datetime,
) -> None:
    before = center.stage
    recommended = facts.recommended
    basis = Basis(
        doc_no=step.doc_no,
        cause=step.cause,
        recommendation_id=None if recommended is None else recommended.id,
        told=kept(told, facts),
    )
    enter_stage(session, actor, center, step.target, step.reason, now, basis)
    for row in await queries.open_recommendations(session, center.id):
        row.closed_at = now
    resumed = before is Stage.SUSPENDED
    if step.target is Stage.RECTIFYING and not resumed:
        cause = rules.latest(facts.ratings)
        await rectifying.order(session, actor, center, cause, policy, today, now)
    if before is Stage.RECTIFYING and step.target is not Stage.SUSPENDED:
        ended = await rectifying.close(session, actor, center.id, today)
        if ended is not None and step.target in RECTIFIABLE:
            await session.flush()
            await rectifying.go_on(session, center, ended, today, now)
    if step.target in ENDED:
        await rectifying.close(session, actor, center.id, today)
        await cancel_milestones(session, actor, center.id, tuple(MilestoneKind))
        await end_center(session, actor, center.id, today, f"center {step.target.value}")


@dataclass(frozen=True, slots=True)
class StageView:
    """A step as readiness shows it: every rule, who acts, and by which working day."""

    target: Stage
    who_acts: str
    due_on: date | None
    checks: list[Check]


async def stage_view(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    target: Stage | None,
    told: Told,
    today: date,
) -> StageView:
    """Judge a step without taking it; without a target the one that leads on."""
    to = target or rules.onward(center.standing)
    policy, pilot, facts = await judged(session, actor, center, StageStep(to, ""), told, today)
    rectification = await queries.rectification_read(session, center.id)
    owes_plan = rectification is not None and rectification.plan_filed_on is None
    return StageView(
        target=to,
        who_acts=rules.who_acts(center.stage, to, facts, owes_plan=owes_plan),
        due_on=await _due_on(session, center, to, policy),
        checks=step_checks(policy, center, to, pilot, facts),
    )


async def _due_on(
    session: AsyncSession, center: Center, target: Stage, policy: Policy
) -> date | None:
    """Give the working day by which a step is due, where something sets one (X10)."""
    calendar = await working_days(session)
    rectification = await queries.rectification_read(session, center.id)
    if center.stage is Stage.RECTIFYING and rectification is not None:
        unplanned = rectification.plan_filed_on is None
        due = rectification.plan_due_on if unplanned else rectification.due_on
        return rules.last_working_day(calendar, due)
    recommendation = await queries.open_recommendation(session, center.id, target)
    if recommendation is not None:
        days = policy.value("A102", "decision_working_days")
        return calendar.add(day_of(recommendation.at), days)
    if center.legal_entity_id is None and center.entity_due_on is not None:
        return rules.last_working_day(calendar, center.entity_due_on)
    return None


async def next_views(
    session: AsyncSession, actor: Actor, center: Center, told: Told, today: date
) -> list[StageView]:
    """Judge every step that a centre may take from where it stands; some eight at most."""
    return [
        await stage_view(session, actor, center, target, told, today)
        for target in next_stages(center.standing)
    ]


async def recommend(
    session: AsyncSession,
    actor: Actor,
    center: Center,
    step: StageStep,
    told: Told,
    *,
    today: date,
    now: datetime,
) -> tuple[StageRecommendation, list[Check]]:
    """Recommend a step that another person takes, and give the warnings (A102, A133).

    For the national level the list of conditions is attached as it stands. Raises `Refused`.
    """
    policy, pilot, facts = await judged(session, actor, center, step, told, today)
    warnings = require(
        [
            *rules.recommendation_checks(policy, center.standing, step.target, pilot, facts),
            *rules.hold_checks(center.stage, step.target, facts.holds),
        ]
    )
    gaps = None
    if step.target is Stage.NATIONAL_CANDIDATE:
        gaps = (await national_gaps(session, [center], policy))[center.id]
    for earlier in await queries.open_recommendations(session, center.id):
        if earlier.to_stage is step.target:
            earlier.closed_at = now
    row = StageRecommendation(
        center_id=center.id,
        to_stage=step.target,
        text=step.reason,
        person_id=actor.person_id,
        gaps=gaps,
        told=kept(told, facts),
        at=now,
    )
    session.add(row)
    await session.flush()
    record(
        session,
        actor,
        "stage.recommended",
        row.id,
        center_id=center.id,
        case_id=center.id,
        capacity="reviewer",
        reason=step.reason,
        to_stage=step.target,
        gaps=gaps,
    )
    return row, warnings


async def national_gaps(
    session: AsyncSession, centers: Sequence[Center], policy: Policy
) -> dict[UUID, list[dict[str, Any]]]:
    """Judge centres by the national conditions, each with its figures, in one set (A134)."""
    ids = [center.id for center in centers]
    alliance = await queries.alliance_members(session, ids)
    leading = await queries.leading_shareholders(session, ids)
    coverage = await queries.alliance_coverage(session, ids)
    judged_centers = {}
    for center in centers:
        figures = {
            # Without a company of its own there is no company with an alliance.
            "alliance_members": alliance.get(center.id, 0) if center.legal_entity_id else 0,
            "leading_shareholders": leading.get(center.id, 0),
            "alliance_coverage_ppm": coverage.get(center.id),
        }
        judged_centers[center.id] = rules.condition_results(policy, figures)
    return judged_centers
