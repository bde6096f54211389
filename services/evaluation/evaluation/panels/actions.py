"""Forming panels, and keeping them complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import actions as cycles
from evaluation.cycles import queries as case_queries
from evaluation.cycles.rules import Way, panel_checks, round_of, waiting
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, Duty, SubjectType, separation_checks
from evaluation.experts import queries as expert_queries
from evaluation.experts.absence_rules import Days
from evaluation.experts.rules import Candidate
from evaluation.panels import queries, rules, seating_queries, seating_rules
from evaluation.panels.schemas import PanelSeatIn
from evaluation.panels.seating_rules import Limits, Vacancy
from evaluation.panels.tables import (
    Panel,
    PanelDuty,
    PanelOrganization,
    PanelSeat,
    SeatAlternate,
)
from evaluation.schemes import queries as scheme_queries
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.events.recording import content_sha256
from shared.rules import Check, Policy, found, require


async def form(
    session: AsyncSession,
    actor: Actor,
    subject: rules.ReviewSubject,
    seats: Mapping[UUID, Sequence[UUID]],
    limits: Limits,
    now: datetime,
    work: Days,
) -> Panel:
    """Form the panel of an application in its present round (A120); `work` begins today.

    `seats` are the experts, each with those ranked for his seat after him, if any are.

    Raises `Refused` with every conflict of every expert: NOT_FOUND, SOD_VIOLATION, PANEL_SIZE,
    PANEL_FIELD_MISSING, PANEL_COLLEAGUES, EXPERT_OVERLOADED, EXPERT_INACTIVE, EXPERT_AWAY,
    EXPERT_REPEATED, COI_…, STATE_CONFLICT.
    """
    await seating_queries.one_at_a_time(session)
    ended = await seating_queries.ended_as(session, subject.subject_id)
    ready = [*rules.ready_checks(subject), *seating_rules.going_on_checks(ended)]
    return await _form(session, actor, subject, ready, seats, limits, now, work)


async def form_for_case(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    seats: Mapping[UUID, Sequence[UUID]],
    limits: Limits,
    now: datetime,
    work: Days,
) -> Panel:
    """Form the panel of a case of an evaluation cycle; its sheets hold the scheme's expert leaves.

    Of a reopened case it scores the reopened leaves alone, whoever sits on it.

    Raises `Refused` as `form` does.
    """
    await seating_queries.one_at_a_time(session)
    case = found(await case_queries.case_for_update(session, case_id))
    subject = rules.ReviewSubject(
        subject_type=SubjectType.CASE,
        subject_id=case.id,
        round=round_of(case.reopenings),
        state=case.state.value,
        interests=await queries.interests_of_center(session, case.center_id),
        duties=(),
        indicators=tuple(
            waiting(case.state, case.reopenings, Way.SCORED)
            or await scheme_queries.expert_leaves(session, case.scheme_id)
        ),
    )
    ready = panel_checks(case.state, case.reopenings)
    panel = await _form(session, actor, subject, ready, seats, limits, now, work)
    if not case.reopenings:
        await cycles.begin_scoring(session, actor, case.id)
    return panel


async def _form(
    session: AsyncSession,
    actor: Actor,
    subject: rules.ReviewSubject,
    ready: Sequence[Check],
    seats: Mapping[UUID, Sequence[UUID]],
    limits: Limits,
    now: datetime,
    work: Days,
) -> Panel:
    policy = await policy_on(session, work.from_on)
    known = await expert_queries.candidates(session, list(seats))
    request = rules.Request(tuple(seats), known)
    load = await seating_queries.held_by(session, known.values())
    there = await queries.panel_of_round(
        session, subject.subject_type, subject.subject_id, subject.round
    )
    own = await duty_queries.people_of(session, subject.subject_type, subject.subject_id)
    known_of = {subject.subject_id: subject.interests}
    interests = (await queries.with_kin_and_owners(session, known_of))[subject.subject_id]
    subject = replace(subject, interests=interests, duties=(*subject.duties, *own))
    handled = replace(subject, duties=(*subject.duties, Duty(actor.person_id, Capacity.HANDLER)))
    require(
        [
            *separation_checks(subject.duties, actor.person_id, Capacity.HANDLER),
            *rules.forming_checks(policy, handled, request, work),
            *seating_rules.colleague_checks(policy, request.candidates, (), work.from_on),
            *seating_rules.load_checks(policy, request.candidates, load, limits),
            *ready,
            *rules.single_checks(None if there is None else there.state),
        ]
    )
    panel = _new_panel(policy, subject, limits, now, work)
    session.add(panel)
    await session.flush()
    session.add_all(_surroundings(panel, subject))
    filled = [_seat(panel, known[expert_id], now) for expert_id in seats]
    session.add_all(filled)
    await session.flush()
    session.add_all(
        SeatAlternate(seat_id=seat.id, rank=rank, expert_id=expert_id)
        for seat in filled
        for rank, expert_id in enumerate(seats[seat.expert_id], start=1)
    )
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.HANDLER)
    _renew_hash(panel, filled)
    _record_formed(session, actor, panel, filled)
    await session.flush()
    return panel


async def refill(
    session: AsyncSession,
    actor: Actor,
    panel_id: UUID,
    asked: PanelSeatIn,
    now: datetime,
    today: date,
) -> Panel:
    """Fill a vacant seat by the first alternate who still can, or by who is named (A120).

    Whoever is named is of the seat's field, and passes over a fitting alternate with a reason.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, PANEL_FIELD_MISSING, PANEL_COLLEAGUES,
    EXPERT_OVERLOADED, EXPERT_INACTIVE, EXPERT_AWAY, EXPERT_REPEATED, COI_…,
    ALTERNATE_PASSED_OVER, ALTERNATES_EXHAUSTED, STATE_CONFLICT.
    """
    await seating_queries.one_at_a_time(session)
    await queries.panel(session, actor, panel_id)
    panel = await queries.panel_for_update(session, panel_id)
    seats = await queries.seats_of(session, [panel.id])
    vacancies = await seating_queries.vacancies_of(session, seats)
    filling = await _filling(session, actor, panel, seats, vacancies, asked, today)
    vacancy, candidate, rank = (
        _promoted(panel, vacancies, filling)
        if asked.expert_id is None
        else _named(panel, vacancies, filling, asked.expert_id, asked.reason)
    )
    seat = _seat(panel, candidate, now)
    seat.replaces_seat_id = vacancy.seat_id
    seat.alternate_rank = rank
    seat.passed_over = asked.reason
    session.add(seat)
    seats.append(seat)
    if not queries.vacancies(seats):
        panel.state = rules.MOVES[panel.state, rules.Event.REFILL]
    if asked.max_load is not None:
        panel.loads = {**panel.loads, str(candidate.expert_id): asked.max_load}
    panel.version += 1
    _renew_hash(panel, seats)
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.HANDLER)
    _record_formed(
        session, actor, panel, seats, "panel.refilled", asked.reason,
        seat_id=seat.id, replaces_id=vacancy.seat_id, alternate_rank=rank,
    )  # fmt: skip
    await session.flush()
    return panel


@dataclass(frozen=True, slots=True)
class _Filling:
    """A vacant seat's surroundings: who sits beside it, who may fill it, and by what limits."""

    policy: Policy
    subject: rules.ReviewSubject
    actor: Actor
    sitting: Sequence[Candidate]
    joining: Mapping[UUID, Candidate]
    load: Mapping[UUID, int]
    limits: Limits
    work: Days
    ended_as: str | None

    def ready_checks(self) -> list[Check]:
        """Check that the actor may fill a seat, and that the review goes on."""
        person, duties = self.actor.person_id, self.subject.duties
        return [
            *separation_checks(duties, person, Capacity.HANDLER),
            *seating_rules.going_on_checks(self.ended_as),
        ]

    def joining_checks(self, candidate: Candidate) -> list[Check]:
        """Judge an expert beside those who sit, as things stand today."""
        place = [("/expert_id", candidate)]
        sitting = [one for one in self.sitting if one.expert_id != candidate.expert_id]
        acting = Duty(self.actor.person_id, Capacity.HANDLER)
        handled = replace(self.subject, duties=(*self.subject.duties, acting))
        return [
            *rules.repeated_checks(place, sitting),
            *seating_rules.colleague_checks(self.policy, place, sitting, self.work.from_on),
            *seating_rules.load_checks(self.policy, place, self.load, self.limits),
            *rules.member_checks(self.policy, handled, candidate, self.work, pointer="/expert_id"),
        ]

    def refusals(self) -> dict[UUID, list[Check]]:
        """Give what keeps each from a seat; who may have one has an empty list."""
        return {
            expert_id: [check for check in self.joining_checks(one) if not check.passed]
            for expert_id, one in self.joining.items()
        }


async def _filling(
    session: AsyncSession,
    actor: Actor,
    panel: Panel,
    seats: Sequence[PanelSeat],
    vacancies: Sequence[Vacancy],
    asked: PanelSeatIn,
    today: date,
) -> _Filling:
    held = [seat.expert_id for seat in seats if seat.vacated_at is None]
    named = [] if asked.expert_id is None else [asked.expert_id]
    ids = {*named, *(one.expert_id for vacancy in vacancies for one in vacancy.alternates)}
    known = await expert_queries.candidates(session, sorted({*held, *ids}))
    joining = {expert_id: known[expert_id] for expert_id in ids if expert_id in known}
    own = {UUID(one): most for one, most in panel.loads.items()}
    if asked.expert_id is not None and asked.max_load is not None:
        own[asked.expert_id] = asked.max_load
    return _Filling(
        policy=await policy_on(session, today),
        subject=await queries.subject_of(session, panel),
        actor=actor,
        sitting=[known[one] for one in held],
        joining=joining,
        load=await seating_queries.held_by(session, joining.values()),
        limits=Limits(panel.max_load, own),
        work=rules.work_of(today, panel.until_on),
        ended_as=await seating_queries.ended_as(session, panel.subject_id),
    )


def _promoted(
    panel: Panel, vacancies: Sequence[Vacancy], filling: _Filling
) -> tuple[Vacancy, Candidate, int | None]:
    """Choose the oldest seat that an alternate can take, with the best of those and his rank."""
    refusals = filling.refusals()
    require(
        [
            *filling.ready_checks(),
            rules.REVIEW.move(rules.MOVES, panel.state, rules.Event.REFILL),
            *seating_rules.promotion_checks(vacancies, refusals),
        ]
    )
    vacancy, first = found(seating_rules.first_fitting(vacancies, refusals))
    return vacancy, filling.joining[first.expert_id], first.rank


def _named(
    panel: Panel,
    vacancies: Sequence[Vacancy],
    filling: _Filling,
    expert_id: UUID,
    reason: str | None,
) -> tuple[Vacancy, Candidate, int | None]:
    """Give the seat that a named expert takes, with his rank if he stood ready for it."""
    candidate = found(filling.joining.get(expert_id))
    fitting = {one for one, failed in filling.refusals().items() if not failed}
    chosen = seating_rules.chosen_vacancy(vacancies, expert_id, candidate.field)
    passed = seating_rules.passed_over(chosen, expert_id, fitting) if chosen else ()
    require(
        [
            *filling.ready_checks(),
            *rules.refill_checks(panel.state, [one.field for one in vacancies], candidate.field),
            *filling.joining_checks(candidate),
            *seating_rules.passing_checks(passed, reason),
        ]
    )
    vacancy = found(chosen)
    ranks = {one.expert_id: one.rank for one in vacancy.alternates}
    return vacancy, candidate, ranks.get(expert_id)


async def vacate(
    session: AsyncSession, actor: Actor, panel: Panel, seat: PanelSeat, now: datetime
) -> None:
    """Take an expert off a panel whose row the caller has locked; the seat waits for another.

    A completed panel stays completed: whether its review still stands is judged by its sheets.
    """
    seat.vacated_at = now
    if (panel.state, rules.Event.VACATE) in rules.MOVES:
        panel.state = rules.MOVES[panel.state, rules.Event.VACATE]
    panel.version += 1
    await session.flush()
    _renew_hash(panel, await queries.seats_of(session, [panel.id]))
    record(
        session,
        actor,
        "panel.seat_vacated",
        panel.id,
        case_id=panel.subject_id,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        panel_id=panel.id,
        version=panel.version,
        hash=panel.hash,
        field=seat.field,
    )


def _new_panel(
    policy: Policy, subject: rules.ReviewSubject, limits: Limits, now: datetime, work: Days
) -> Panel:
    return Panel(
        subject_type=subject.subject_type,
        subject_id=subject.subject_id,
        round=subject.round,
        center_id=subject.interests.center_id,
        applicant_org_id=subject.applicant_org_id,
        subject_hash=subject.snapshot_hash,
        indicators=list(subject.indicators),
        pass_line=rules.pass_line(policy, subject.subject_type),
        formed_on=work.from_on,
        until_on=work.until_on,
        formed_at=now,
        max_load=limits.most,
        loads=limits.document(),
    )


def _surroundings(
    panel: Panel, subject: rules.ReviewSubject
) -> list[PanelOrganization | PanelDuty]:
    organizations = {party.org_id: party for party in subject.interests.parties}
    kept: list[PanelOrganization | PanelDuty] = [
        PanelOrganization(
            panel_id=panel.id,
            org_id=party.org_id,
            uscc=party.uscc,
            role=party.role,
            parent_usccs=list(party.parent_usccs),
        )
        for party in organizations.values()
    ]
    kept += [
        PanelDuty(panel_id=panel.id, person_id=duty.person_id, capacity=duty.capacity)
        for duty in sorted(set(subject.duties), key=lambda duty: (duty.person_id, duty.capacity))
    ]
    return kept


def _seat(panel: Panel, candidate: Candidate, now: datetime) -> PanelSeat:
    return PanelSeat(
        panel_id=panel.id,
        expert_id=candidate.expert_id,
        person_id=candidate.person_id,
        field=candidate.field,
        seated_at=now,
    )


def _renew_hash(panel: Panel, seats: Sequence[PanelSeat]) -> None:
    """Hash what the panel is: the decision that relies on it stores version and hash."""
    content: dict[str, Any] = {
        "panel_id": panel.id,
        "version": panel.version,
        "subject": [panel.subject_type, panel.subject_id, panel.round],
        "seats": [
            [seat.id, seat.expert_id, seat.field, seat.vacated_at is not None] for seat in seats
        ],
    }
    panel.hash = content_sha256(content)


def _record_formed(
    session: AsyncSession,
    actor: Actor,
    panel: Panel,
    seats: Sequence[PanelSeat],
    event: str = "panel.formed",
    reason: str | None = None,
    **more: Any,  # noqa: ANN401 - fields of the event
) -> None:
    record(
        session,
        actor,
        event,
        panel.id,
        case_id=panel.subject_id,
        capacity=Capacity.HANDLER,
        reason=reason,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        panel_id=panel.id,
        round=panel.round,
        version=panel.version,
        hash=panel.hash,
        experts=[seat.expert_id for seat in seats if seat.vacated_at is None],
        **more,
    )
