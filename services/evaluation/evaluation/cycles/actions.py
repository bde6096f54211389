"""Planning and opening a cycle, and the steps of a case that its neighbours take."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries, rules
from evaluation.cycles.schemas import EvaluationCycleChange, EvaluationCycleIn, by_center
from evaluation.cycles.tables import CycleExclusion, EvaluationCase, EvaluationCycle
from evaluation.schemes import actions as schemes
from evaluation.schemes import queries as scheme_queries
from evaluation.schemes import weight_rules
from evaluation.schemes.rules import BY_MODEL, scheme_from
from evaluation.schemes.tables import IndicatorScheme, WeightProfile
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import EventRow, record, record_many
from shared.http import version_checks
from shared.rules import Check, Policy, found, require


async def plan(
    session: AsyncSession, actor: Actor, body: EvaluationCycleIn, policy: Policy, now: datetime
) -> EvaluationCycle:
    """Plan a cycle (A124).

    Raises `Refused`: NOT_FOUND for its scheme, FIELD_INVALID, WEIGHTS_NOT_100.
    """
    scheme = await scheme_queries.scheme_by_id(session, body.scheme_id)
    period_from, period_until = rules.period_of(body.year)
    due_on = body.due_on or rules.default_due_on(policy, body.year)
    profiles = await scheme_queries.profiles_for_cycle(session, body.weight_profile)
    of_centers = by_center(body.center_profiles)
    known = await scheme_queries.profiles_by_code(session, set(of_centers.values()))
    require(
        [
            *rules.due_checks(due_on, period_until),
            *rules.cutoff_checks(body.cutoff_at, period_from),
            *rules.profile_checks(body.weight_profile, found=bool(profiles)),
            *rules.center_profile_checks(of_centers, {one.code for one in known}),
            *_fitting_checks(scheme, [*profiles, *known]),
        ]
    )
    cycle = EvaluationCycle(
        kind=body.kind,
        year=body.year,
        scheme_id=body.scheme_id,
        weight_profile=body.weight_profile,
        center_profiles=of_centers,
        period_from=period_from,
        period_until=period_until,
        due_on=due_on,
        grace_days=_or(body.grace_days, policy.value("A128", "grace_days")),
        cutoff_at=body.cutoff_at,
        min_months_listed=_or(body.min_months_listed, policy.value("A124", "min_months_listed")),
        created_at=now,
    )
    session.add(cycle)
    await session.flush()
    record(session, actor, "cycle.planned", cycle.id, year=cycle.year, due_on=due_on)
    return cycle


def _fitting_checks(scheme: IndicatorScheme, profiles: Iterable[WeightProfile]) -> list[Check]:
    content = scheme_from(scheme.content)
    return [
        check
        for one in profiles
        for check in weight_rules.fitting_checks(
            content,
            weight_rules.fractions(one.weights),
            weight_rules.fractions(one.indicator_weights),
        )
    ]


def _or(given: int | None, default: int) -> int:
    return default if given is None else given


async def change(
    session: AsyncSession, actor: Actor, cycle_id: UUID, body: EvaluationCycleChange, version: int
) -> EvaluationCycle:
    """Change a cycle that has not opened (A128, A132).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, STATE_CONFLICT, FIELD_INVALID or WEIGHTS_NOT_100.
    """
    cycle = await queries.cycle_for_update(session, cycle_id)
    changes = body.changes()
    name = changes.get("weight_profile", cycle.weight_profile)
    profiles = await scheme_queries.profiles_for_cycle(session, name)
    of_centers = changes.get("center_profiles", cycle.center_profiles)
    known = await scheme_queries.profiles_by_code(session, set(of_centers.values()))
    scheme = await scheme_queries.scheme_by_id(session, cycle.scheme_id)
    require(
        [
            *version_checks(cycle.version, version),
            *rules.cycle_checks(cycle.state, rules.CycleEvent.CHANGE),
            *rules.due_checks(changes.get("due_on", cycle.due_on), cycle.period_until),
            *rules.cutoff_checks(changes.get("cutoff_at", cycle.cutoff_at), cycle.period_from),
            *rules.profile_checks(name, found=bool(profiles)),
            *rules.center_profile_checks(of_centers, {one.code for one in known}),
            *_fitting_checks(scheme, [*profiles, *known]),
        ]
    )
    for field, value in changes.items():
        setattr(cycle, field, value)
    cycle.version += 1
    record(session, actor, "cycle.changed", cycle.id, **changes)
    return cycle


async def open_cycle(
    session: AsyncSession, actor: Actor, cycle_id: UUID, now: datetime
) -> EvaluationCycle:
    """Open a cycle: freeze its scheme, lock its weights, make a case per centre in scope.

    Centres out of scope are kept with the reason (A124, A130, A132). Raises `Refused`: NOT_FOUND,
    STATE_CONFLICT, DAY_IN_FUTURE for a year that has not begun, YEARS_OVERLAP, FIELD_INVALID when
    a model has no profile, WEIGHTS_NOT_100 for what a profile's indicators lack of the scheme.
    """
    cycle = await queries.cycle_for_update(session, cycle_id)
    require(
        [
            *rules.cycle_checks(cycle.state, rules.CycleEvent.OPEN),
            *rules.begun_checks(cycle.period_from, day_of(now)),
        ]
    )
    scheme = await schemes.freeze(session, actor, cycle.scheme_id, now)
    profiles = await scheme_queries.profiles_for_cycle(session, cycle.weight_profile)
    own = await scheme_queries.profiles_by_code(session, set(cycle.center_profiles.values()))
    require(_fitting_checks(scheme, [*profiles, *own]))
    schemes.lock(session, actor, [*profiles, *own], now)
    cycle.state = rules.CYCLE_MOVES[cycle.state, rules.CycleEvent.OPEN]
    cycle.opened_at = now
    cycle.version += 1
    record(session, actor, "cycle.opened", cycle.id, year=cycle.year, scheme_id=cycle.scheme_id)
    await _make_cases(session, actor, cycle, profiles, {one.code: one for one in own}, now)
    return cycle


async def _make_cases(
    session: AsyncSession,
    actor: Actor,
    cycle: EvaluationCycle,
    profiles: Sequence[WeightProfile],
    own: Mapping[str, WeightProfile],
    now: datetime,
) -> None:
    centers = await queries.standings(session, cycle.kind, cycle.year)
    by_model = {profile.model_type: profile for profile in profiles}
    cases: list[EvaluationCase] = []
    reasons: list[rules.ScopeExclusion] = []
    for center, model_type in centers:
        reason = rules.exclusion(center, cycle.period_until, cycle.min_months_listed)
        if reason is not None:
            reasons.append(reason)
            session.add(
                CycleExclusion(cycle_id=cycle.id, center_id=center.center_id, reason=reason)
            )
            continue
        named = cycle.center_profiles.get(str(center.center_id))
        profile = (
            _profile_for(cycle, profiles, by_model, model_type) if named is None else own[named]
        )
        cases.append(_case(cycle, center.center_id, profile, now))
    require(rules.overlap_checks(cycle.year, reasons, cases=len(cases)))
    session.add_all(cases)
    await session.flush()
    await record_many(
        session,
        actor,
        "case.opened",
        [
            EventRow(case.id, case.center_id, {"cycle_id": case.cycle_id, "year": case.year})
            for case in cases
        ],
    )


def _profile_for(
    cycle: EvaluationCycle,
    profiles: Sequence[WeightProfile],
    by_model: Mapping[str | None, WeightProfile],
    model_type: str,
) -> WeightProfile:
    if cycle.weight_profile != BY_MODEL:
        return profiles[0]
    profile = by_model.get(model_type)
    require(rules.profile_checks(f"{BY_MODEL}: {model_type}", found=profile is not None))
    return found(profile)


def _case(
    cycle: EvaluationCycle, center_id: UUID, profile: WeightProfile, now: datetime
) -> EvaluationCase:
    return EvaluationCase(
        cycle_id=cycle.id,
        center_id=center_id,
        kind=cycle.kind,
        year=cycle.year,
        scheme_id=cycle.scheme_id,
        profile=profile.code,
        weights=dict(profile.weights),
        indicator_weights=dict(profile.indicator_weights),
        created_at=now,
    )


def move(case: EvaluationCase, event: rules.CaseEvent) -> None:
    """Move a locked case along its machine. Raises `Refused`: STATE_CONFLICT."""
    require(rules.case_checks(case.state, event))
    case.state = rules.CASE_MOVES[case.state, event]
    case.version += 1


async def begin_scoring(session: AsyncSession, actor: Actor, case_id: UUID) -> EvaluationCase:
    """Take note that a case has its panel (A121); it is scored once its facts are frozen."""
    case = found(await queries.case_for_update(session, case_id))
    score_from_now(session, actor, case)
    return case


def score_from_now(session: AsyncSession, actor: Actor, case: EvaluationCase) -> None:
    """Let a locked case that has its panel be scored. Raises `Refused`: STATE_CONFLICT."""
    require(rules.panel_checks(case.state))
    if (case.state, rules.CaseEvent.BEGIN_SCORING) in rules.CASE_MOVES:
        move(case, rules.CaseEvent.BEGIN_SCORING)
        # Without the centre: its own feed does not tell when and by whom it is scored.
        record(session, actor, "case.scoring_begun", case.id, case_id=case.id)


def reopen(case: EvaluationCase, leaves: Mapping[rules.Way, Sequence[str]]) -> None:
    """Reopen single leaves of a locked, published case. Raises `Refused`: STATE_CONFLICT."""
    move(case, rules.CaseEvent.REOPEN)
    # A new list: the column notices no change inside the old one.
    case.reopenings = [*case.reopenings, {way.value: sorted(leaves[way]) for way in leaves}]


async def scores_changed(session: AsyncSession, actor: Actor, case_id: UUID) -> None:
    """Send a computed case back to scoring, because a sheet was voided; else do nothing."""
    case = found(await queries.case_for_update(session, case_id))
    event = rules.CaseEvent.RESCORE_LEAVES if case.reopenings else rules.CaseEvent.RESCORE
    if (case.state, event) in rules.CASE_MOVES:
        move(case, event)
        record(session, actor, "case.scoring_reopened", case.id, case_id=case.id)
