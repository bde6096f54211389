"""Forming panels, and keeping them complete."""

from collections.abc import Sequence
from dataclasses import replace
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
from evaluation.panels import queries, rules
from evaluation.panels.tables import Panel, PanelDuty, PanelOrganization, PanelSeat
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
    expert_ids: Sequence[UUID],
    now: datetime,
    work: Days,
) -> Panel:
    """Form the panel of an application in its present round (A120); `work` begins today.

    Raises `Refused` with every conflict of every expert: NOT_FOUND, SOD_VIOLATION, PANEL_SIZE,
    PANEL_FIELD_MISSING, EXPERT_INACTIVE, EXPERT_AWAY, EXPERT_REPEATED, COI_…, STATE_CONFLICT.
    """
    return await _form(session, actor, subject, rules.ready_checks(subject), expert_ids, now, work)


async def form_for_case(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    expert_ids: Sequence[UUID],
    now: datetime,
    work: Days,
) -> Panel:
    """Form the panel of a case of an evaluation cycle; its sheets hold the scheme's expert leaves.

    Of a reopened case it scores the reopened leaves alone, whoever sits on it.

    Raises `Refused` as `form` does.
    """
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
    panel = await _form(session, actor, subject, ready, expert_ids, now, work)
    if not case.reopenings:
        await cycles.begin_scoring(session, actor, case.id)
    return panel


async def _form(
    session: AsyncSession,
    actor: Actor,
    subject: rules.ReviewSubject,
    ready: Sequence[Check],
    expert_ids: Sequence[UUID],
    now: datetime,
    work: Days,
) -> Panel:
    policy = await policy_on(session, work.from_on)
    known = await expert_queries.candidates(session, expert_ids)
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
            *rules.forming_checks(policy, handled, rules.Request(tuple(expert_ids), known), work),
            *ready,
            *rules.single_checks(None if there is None else there.state),
        ]
    )
    panel = _new_panel(policy, subject, now, work)
    session.add(panel)
    await session.flush()
    session.add_all(_surroundings(panel, subject))
    seats = [_seat(panel, known[expert_id], now) for expert_id in expert_ids]
    session.add_all(seats)
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.HANDLER)
    _renew_hash(panel, seats)
    _record_formed(session, actor, panel, seats)
    await session.flush()
    return panel


async def refill(
    session: AsyncSession, actor: Actor, panel_id: UUID, expert_id: UUID, now: datetime, today: date
) -> Panel:
    """Fill a vacant seat with an expert of the same field (A120).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, PANEL_FIELD_MISSING, EXPERT_INACTIVE, EXPERT_AWAY,
    EXPERT_REPEATED, COI_…, STATE_CONFLICT.
    """
    await queries.panel(session, actor, panel_id)
    panel = await queries.panel_for_update(session, panel_id)
    policy = await policy_on(session, today)
    seats = await queries.seats_of(session, [panel.id])
    held = [seat.expert_id for seat in seats if seat.vacated_at is None]
    known = await expert_queries.candidates(session, [expert_id, *held])
    candidate = found(known.get(expert_id))
    sitting = [known[one] for one in held if one != expert_id]
    subject = await queries.subject_of(session, panel)
    acting = Duty(actor.person_id, Capacity.HANDLER)
    require(
        [
            *separation_checks(subject.duties, actor.person_id, Capacity.HANDLER),
            *rules.refill_checks(panel.state, queries.vacant_fields(seats), candidate.field),
            *rules.repeated_checks([("/expert_id", candidate)], sitting),
            *rules.member_checks(
                policy,
                replace(subject, duties=(*subject.duties, acting)),
                candidate,
                rules.work_of(today, panel.until_on),
                pointer="/expert_id",
            ),
        ]
    )
    vacancy = next(row for row in queries.vacancies(seats) if row.field == candidate.field)
    seat = _seat(panel, candidate, now)
    seat.replaces_seat_id = vacancy.id
    session.add(seat)
    seats.append(seat)
    if not queries.vacancies(seats):
        panel.state = rules.MOVES[panel.state, rules.Event.REFILL]
    panel.version += 1
    _renew_hash(panel, seats)
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.HANDLER)
    _record_formed(session, actor, panel, seats, event="panel.refilled")
    await session.flush()
    return panel


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


def _new_panel(policy: Policy, subject: rules.ReviewSubject, now: datetime, work: Days) -> Panel:
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
) -> None:
    record(
        session,
        actor,
        event,
        panel.id,
        case_id=panel.subject_id,
        capacity=Capacity.HANDLER,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        panel_id=panel.id,
        round=panel.round,
        version=panel.version,
        hash=panel.hash,
        experts=[seat.expert_id for seat in seats if seat.vacated_at is None],
    )
