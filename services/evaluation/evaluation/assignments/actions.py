"""Committing to a seed, freezing a problem, entering what was drawn, and making panels of it."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assignments import queries, rules
from evaluation.assignments.schemas import AssignmentIn
from evaluation.assignments.tables import DrawSeed, PanelDraw
from evaluation.cycles import queries as cycle_queries
from evaluation.cycles.rules import panel_checks, round_of
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, Duty, SubjectType, separation_checks
from evaluation.experts import queries as expert_queries
from evaluation.experts.absence_rules import Days, away_checks
from evaluation.experts.conflict_rules import conflicts
from evaluation.experts.rules import Candidate, employers
from evaluation.panels import actions as panel_actions
from evaluation.panels import queries as panel_queries
from evaluation.panels import seating_queries
from evaluation.panels.rules import last_day, work_checks, work_of
from evaluation.panels.seating_rules import Limits
from evaluation.schemes.rules import canonical
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.rules import Check, Kind, Policy, Rule, found, require

SEED_BYTES: Final = 32
SCOPE: Final = Rule("X04", "delivery")


async def commit_to_seed(
    session: AsyncSession, actor: Actor, cycle_id: UUID, now: datetime
) -> DrawSeed:
    """Choose the seed of a cycle's next draws and publish its hash; one stands at a time.

    Raises `Refused`: NOT_FOUND; a second one is refused by the table as ALREADY_EXISTS.
    """
    cycle = await cycle_queries.cycle(session, cycle_id)
    before = await queries.newest_seed(session, cycle.id)
    secret = secrets.token_hex(SEED_BYTES)
    seed = DrawSeed(
        cycle_id=cycle.id,
        number=1 if before is None else before.number + 1,
        seed=secret,
        commitment=rules.commitment(secret),
        person_id=actor.person_id,
        committed_at=now,
    )
    session.add(seed)
    record(
        session, actor, "draw.seed_committed", seed.id,
        cycle_id=cycle.id, commitment=seed.commitment,
    )  # fmt: skip
    await session.flush()
    return seed


async def freeze(
    session: AsyncSession,
    actor: Actor,
    body: AssignmentIn,
    fields: Mapping[UUID, Sequence[str]],
    now: datetime,
    today: date,
) -> PanelDraw:
    """Freeze the pool, the conflicts and the fit of every pair into a draw that a worker solves.

    `fields` are the fields of industry of the centres, as the registry tells them. Who is away on
    a day of the panels' work is barred from all of them. Raises `Refused`: NOT_FOUND,
    SEED_MISSING, PANEL_SIZE, FIELD_INVALID, STATE_CONFLICT for a case that takes no panel.
    """
    cycle = await cycle_queries.cycle(session, body.cycle_id)
    seed = await queries.standing_seed(session, cycle.id, lock=True)
    policy = await policy_on(session, today)
    cases = await queries.cases(session, cycle.id, body.case_ids)
    free = await _without_panel(session, cases)
    if body.case_ids is None:
        cases = [case for case in cases if case.id in free]
    pool = rules.one_entry_each(await expert_queries.pool(session))
    require(
        [
            *rules.committed_checks(is_committed=seed is not None),
            *rules.size_checks(policy, body.size),
            *work_checks(body.until_on, today),
            *_known_checks(body, cases, pool),
            *rules.case_checks([str(one) for one in body.case_ids or ()], map(str, free)),
        ]
    )
    work = work_of(today, last_day(policy, today, body.until_on))
    barred = await _barred(session, actor, policy, cases, pool, work)
    problem = await _problem(session, body, policy, cases, pool, barred, fields, today)
    require(rules.fixed_checks(problem))
    groups = rules.groups_of([str(case.id) for case in cases], body.mode)
    return await _enter(
        session,
        actor,
        PanelDraw(
            cycle_id=cycle.id,
            seed_id=found(seed).id,
            person_id=actor.person_id,
            groups=groups,
            barred=_told(barred),
            recused=[],
            problem=canonical(problem.document()),
            problem_hash="",
            max_load=body.max_load,
            loads=_limits(body).document(),
            until_on=work.until_on,
            created_at=now,
        ),
    )


async def recuse(
    session: AsyncSession,
    actor: Actor,
    draw_id: UUID,
    recused: Sequence[tuple[str, str]],
    now: datetime,
    today: date,
) -> PanelDraw:
    """Draw again without some seats, with the fewest other changes; a draw of its own.

    Who is known by now to be barred, away, gone from the pool or seated elsewhere to his limit
    takes no seat that he was not drawn for; those who were drawn are judged on acceptance.

    It is made with the seed that stands now: the first draw's may be open.

    Raises `Refused`: NOT_FOUND, SEED_MISSING, STATE_CONFLICT.
    """
    before = await queries.draw_for_update(session, draw_id)
    seed = await queries.standing_seed(session, before.cycle_id, lock=True)
    drawn = panels_of(before)
    require(
        [
            *rules.committed_checks(is_committed=seed is not None),
            *rules.recusal_checks(before.state),
            *(
                SCOPE.check(
                    "NOT_FOUND", Kind.HIDDEN,
                    passed=expert in drawn.get(panel, ()), pointer=f"/seats/{place}",
                )
                for place, (panel, expert) in enumerate(recused)
            ),
        ]
    )  # fmt: skip
    problem = rules.problem_of(json.loads(before.problem))
    gone = await _gone(session, actor, before, problem, drawn, today)
    taken = await seating_queries.seats_since(session, before.id)
    again = rules.without(rules.with_less_room(problem, drawn, taken), [*recused, *gone])
    return await _enter(
        session,
        actor,
        PanelDraw(
            cycle_id=before.cycle_id,
            seed_id=found(seed).id,
            replaces_id=before.id,
            person_id=actor.person_id,
            groups=before.groups,
            barred=before.barred,
            recused=[list(pair) for pair in recused],
            problem=canonical(again.document()),
            problem_hash="",
            max_load=before.max_load,
            loads=before.loads,
            until_on=before.until_on,
            created_at=now,
        ),
    )


async def _gone(
    session: AsyncSession,
    actor: Actor,
    draw: PanelDraw,
    problem: rules.Problem,
    drawn: rules.Panels,
    today: date,
) -> list[rules.Pair]:
    """Name the pairs of panel and expert that were not drawn and must not be by now."""
    named = [UUID(case_id) for case_ids in draw.groups.values() for case_id in case_ids]
    cases = await queries.cases(session, draw.cycle_id, named)
    pool = await expert_queries.pool(session)
    policy = await policy_on(session, today)
    work = work_of(today, draw.until_on)
    barred = await _barred(session, actor, policy, cases, pool, work)
    left = {str(one.expert_id) for one in pool.values()}
    of = {case_id: need for need, case_ids in draw.groups.items() for case_id in case_ids}
    never = {(of[str(case_id)], str(expert_id)) for case_id, expert_id in barred}
    return [
        (need.id, one.id)
        for need in problem.needs
        for one in problem.reviewers
        if one.id not in drawn[need.id] and (one.id not in left or (need.id, one.id) in never)
    ]


async def _enter(session: AsyncSession, actor: Actor, draw: PanelDraw) -> PanelDraw:
    draw.problem_hash = rules.sha256(draw.problem)
    session.add(draw)
    record(
        session, actor, "draw.frozen", draw.id,
        cycle_id=draw.cycle_id, problem_hash=draw.problem_hash, seed_id=draw.seed_id,
    )  # fmt: skip
    await session.flush()
    return draw


async def accept(
    session: AsyncSession, actor: Actor, draw_id: UUID, now: datetime, today: date
) -> PanelDraw:
    """Make the panels that were drawn; each is judged again as it is formed, all or none.

    The seed is open from now on, and the next one is committed to.

    Raises `Refused`: NOT_FOUND, DRAW_NOT_PROVEN, STATE_CONFLICT, SEED_MISMATCH, SEED_OPEN where
    the pool froze under a seed that was open, STALE_INPUT where
    loads or employers are others by now, or as `panel_actions.form_for_case` where something
    became known since the pool was frozen.
    """
    # Two draws may have counted on the same experts: their acceptances come one after the other.
    await seating_queries.one_at_a_time(session)
    draw = await queries.draw_for_update(session, draw_id)
    seed = await queries.seed_for_update(session, draw.seed_id)
    problem = rules.problem_of(json.loads(draw.problem))
    panels = panels_of(draw)
    require(
        [
            *rules.acceptance_checks(draw.state, optimal=draw.optimal),
            *rules.seed_checks(seed.seed, seed.commitment),
            *rules.secret_checks(seed.opened_at, draw.created_at),
            *rules.whole_checks(problem, panels, draw.state),
        ]
    )
    require(rules.fresh_checks(await _as_now(session, draw, problem, panels, today), panels))
    work = work_of(today, draw.until_on)
    limits = Limits(draw.max_load, {UUID(one): most for one, most in draw.loads.items()})
    for need, case_ids in sorted(draw.groups.items()):
        seats = alternates_of(draw, need)
        for case_id in case_ids:
            await panel_actions.form_for_case(
                session, actor, UUID(case_id), seats, limits, now, work
            )
    draw.state = rules.MOVES[draw.state, rules.Event.ACCEPT]
    draw.accepted_at = now
    draw.version += 1
    if seed.opened_at is None:
        seed.opened_at = now
        await session.flush()
        await commit_to_seed(session, actor, draw.cycle_id, now)
    record(
        session, actor, "draw.accepted", draw.id,
        cycle_id=draw.cycle_id, result_hash=draw.result_hash, seed=seed.seed,
    )  # fmt: skip
    await session.flush()
    return draw


async def _as_now(
    session: AsyncSession,
    draw: PanelDraw,
    problem: rules.Problem,
    panels: rules.Panels,
    today: date,
) -> rules.Problem:
    """Give a draw's problem with the employers of today, and without the room taken since."""
    ids = {UUID(one) for panel in panels.values() for one in panel}
    known = await expert_queries.candidates(session, sorted(ids))
    employed = {str(one.expert_id): employers(one, today) for one in known.values()}
    taken = await seating_queries.seats_since(session, draw.id)
    return rules.with_less_room(rules.with_employers(problem, employed), {}, taken)


def alternates_of(draw: PanelDraw, need: str) -> dict[UUID, list[UUID]]:
    """Read the experts of a drawn panel off a draw, each with those ranked after him."""
    told = json.loads(draw.result or b"{}")["panels"][need]
    return {
        UUID(seat["expert_id"]): [UUID(one) for one in seat["alternates"]] for seat in told["seats"]
    }


def panels_of(draw: PanelDraw) -> dict[str, tuple[str, ...]]:
    """Read the panels off a draw; none before it was drawn."""
    told = json.loads(draw.result or b"{}").get("panels", {})
    return {
        need: tuple(seat["expert_id"] for seat in panel["seats"]) for need, panel in told.items()
    }


# --- the frozen problem ---------------------------------------------------------------------


async def _barred(
    session: AsyncSession,
    actor: Actor,
    policy: Policy,
    cases: Sequence[EvaluationCase],
    pool: Mapping[UUID, Candidate],
    work: Days,
) -> dict[tuple[UUID, UUID], list[Check]]:
    """Give every pair of case and expert that must not be, with the facts behind it."""
    centers = await panel_queries.interests_of_centers(
        session, sorted({case.center_id for case in cases})
    )
    interests = {case.id: centers[case.center_id] for case in cases}
    barred = conflicts(policy, pool.values(), interests, work.from_on)
    for one in pool.values():
        gone = away_checks(one.expert_id, one.away, work)
        for case in cases if gone else ():
            barred.setdefault((case.id, one.expert_id), []).extend(gone)
    duties = await duty_queries.people_of_all(session, SubjectType.CASE, list(interests))
    for case in cases:
        acted = {duty.person_id for duty in duties.get(case.id, ())} | {actor.person_id}
        for one in pool.values():
            if acted.isdisjoint(one.people):
                continue
            barred.setdefault((case.id, one.expert_id), []).extend(
                check
                for person in one.people
                for check in separation_checks(
                    [*duties.get(case.id, ()), *_handling(actor)], person, Capacity.SCORER
                )
                if not check.passed
            )
    return {pair: checks for pair, checks in barred.items() if checks}


def _limits(body: AssignmentIn) -> Limits:
    return Limits(body.max_load, {one.expert_id: one.max_load for one in body.loads})


def _handling(actor: Actor) -> list[Duty]:
    return [Duty(actor.person_id, Capacity.HANDLER)]


async def _problem(
    session: AsyncSession,
    body: AssignmentIn,
    policy: Policy,
    cases: Sequence[EvaluationCase],
    pool: Mapping[UUID, Candidate],
    barred: Mapping[tuple[UUID, UUID], Any],
    fields: Mapping[UUID, Sequence[str]],
    today: date,
) -> rules.Problem:
    known = await expert_queries.specialties_of(session, pool)
    held = rules.by_person(pool, await seating_queries.held_seats(session))
    limits = _limits(body)
    by_id = {str(case.id): case for case in cases}
    groups = rules.groups_of(list(by_id), body.mode)

    def fit(case_ids: Sequence[str], one: Candidate) -> int | None:
        behind = [by_id[case_id] for case_id in case_ids]
        if any((case.id, one.expert_id) in barred for case in behind):
            return None
        mine = known.get(one.expert_id, {})
        return sum(rules.fit_of(mine, fields.get(case.center_id, ())) for case in behind)

    return rules.Problem(
        needs=tuple(rules.Need(need, len(case_ids)) for need, case_ids in groups.items()),
        reviewers=tuple(
            rules.Reviewer(
                str(one.expert_id),
                one.field.value,
                frozenset(employers(one, today)),
                max(limits.of(one.expert_id) - held.get(one.expert_id, 0), 0),
            )
            for one in pool.values()
        ),
        fit=tuple(
            tuple(fit(case_ids, one) for one in pool.values()) for case_ids in groups.values()
        ),
        size=body.size,
        fields=tuple(policy.value("A120", "fields")),
        fixed=frozenset(
            (rules.need_of(groups, str(one.case_id)), str(one.expert_id)) for one in body.fixed
        ),
    ).ordered()


def _told(barred: Mapping[tuple[UUID, UUID], Sequence[Check]]) -> list[dict[str, Any]]:
    return [
        {
            "case_id": str(case_id),
            "expert_id": str(expert_id),
            "conflicts": [
                {"code": check.code, "clause": check.clause, "params": dict(check.params)}
                for check in checks
            ],
        }
        for (case_id, expert_id), checks in sorted(barred.items())
    ]


async def _without_panel(session: AsyncSession, cases: Sequence[EvaluationCase]) -> set[UUID]:
    """Name the cases that take a panel now and have none in their present round."""
    there = await panel_queries.panels_of(session, SubjectType.CASE, [case.id for case in cases])
    return {
        case.id
        for case in cases
        if all(check.passed for check in panel_checks(case.state, case.reopenings))
        and round_of(case.reopenings) not in {panel.round for panel in there.get(case.id, ())}
    }


def _known_checks(
    body: AssignmentIn, cases: Sequence[EvaluationCase], pool: Collection[UUID]
) -> list[Check]:
    known = {case.id for case in cases}
    asked = [
        *(("/case_ids", place, one in known) for place, one in enumerate(body.case_ids or ())),
        *(("/loads", place, one.expert_id in pool) for place, one in enumerate(body.loads)),
    ]
    return [
        SCOPE.check("NOT_FOUND", Kind.HIDDEN, passed=bool(cases)),
        *(
            SCOPE.check("NOT_FOUND", Kind.HIDDEN, passed=passed, pointer=f"{name}/{place}")
            for name, place, passed in asked
        ),
    ]
