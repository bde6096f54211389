"""Whose step a case waits for, by the same rules that readiness shows (X10)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.applications import rules
from registry.applications.queries.dossiers import parties_of, party_of
from registry.applications.rules import (
    EXCLUDES,
    CaseCapacity,
    DecisionKind,
    ExceptionState,
    Source,
    State,
    Told,
    Waiting,
)
from registry.applications.rules.tasks import RESUBMIT, STEPS
from registry.applications.tables import (
    Application,
    CaseDecision,
    CasePerson,
    EligibilityException,
    Standing,
)
from registry.centers.queries import centers_by_id
from registry.centers.tables import Center
from registry.notices.rules import NoticeSubject, ObjectionState
from registry.notices.tables import Objection, PublicNotice
from registry.organizations.queries import organizations_of
from registry.programme.queries import policies_on, policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.tasks import MOST_TASKS, Task

DUTIES: Final = ("handler", "reviewer", "approver")
BY_STEP: Final = {step: kind for kind, step in STEPS.items()}


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the cases that wait for the caller, the longest waiting first, each with its last day.

    Nobody is told of a step that what he did before in the case keeps him from (X03). An approval
    is named once its notice is over.
    """
    duties = [duty for duty in DUTIES if actor.has(duty)]
    if not duties:
        return await _returned(session, actor)
    open_states = [state for state in rules.OPEN if state is not State.RETURNED]
    statement = (
        select(Application)
        .where(col(Application.state).in_(open_states))
        .order_by(col(Application.state_since), col(Application.id))
        .limit(MOST_TASKS)
    )
    cases = (await session.scalars(statement)).all()
    return await _named(session, actor, duties, cases, today) if cases else []


async def _named(
    session: AsyncSession,
    actor: Actor,
    duties: Collection[str],
    cases: Sequence[Application],
    today: date,
) -> list[Task]:
    policy, calendar = await policy_on(session, today), await working_days(session)
    ids = [case.id for case in cases]
    waiting = await waiting_for(session, cases, today)
    noticed = await _last_days(session, ids)
    held = await _held(session, actor, ids)
    tasks = []
    for case in cases:
        step = rules.next_step(case.state, waiting[case.id])
        kind = None if step is None else BY_STEP.get(step)
        if step is None or kind is None or step.who not in duties:
            continue
        since = noticed.get(case.id, day_of(case.state_since))
        may = held.get(case.id, frozenset()).isdisjoint(EXCLUDES[CaseCapacity(step.who)])
        if may and since <= today and not (step.step == "approve" and since == today):
            due_on = rules.step_due_on(policy, calendar, step, since)
            tasks.append(Task(kind, case.id, case.center_id, due_on))
    return tasks


async def _returned(session: AsyncSession, actor: Actor) -> list[Task]:
    if actor.org_id is None or not actor.has("member"):
        return []
    statement = (
        select(Application)
        .where(
            col(Application.state) == State.RETURNED,
            col(Application.applicant_org_id).in_(actor.org_ids),
        )
        .order_by(col(Application.due_at))
        .limit(MOST_TASKS)
    )
    rows = (await session.scalars(statement)).all()
    return [
        Task(RESUBMIT, row.id, row.center_id, None if row.due_at is None else day_of(row.due_at))
        for row in rows
    ]


async def _held(
    session: AsyncSession, actor: Actor, ids: Collection[UUID]
) -> dict[UUID, frozenset[CaseCapacity]]:
    statement = select(CasePerson).where(
        col(CasePerson.application_id).in_(ids), col(CasePerson.person_id) == actor.person_id
    )
    held: dict[UUID, frozenset[CaseCapacity]] = {}
    for row in (await session.scalars(statement)).all():
        held[row.application_id] = held.get(row.application_id, frozenset()) | {row.capacity}
    decided = (
        sa_select(col(PublicNotice.subject_id))
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .where(col(PublicNotice.subject_id).in_(ids), col(Objection.decided_by) == actor.person_id)
    )
    for case in (await session.scalars(decided)).all():
        held[case] = held.get(case, frozenset()) | {CaseCapacity.OBJECTION_DECIDER}
    return held


async def waiting_for(
    session: AsyncSession, cases: Collection[Application], today: date
) -> dict[UUID, Waiting]:
    """Tell what each case waits for beside its state: a word that is due, or that ends it.

    Readiness and tasks both ask here, in some eight statements however many cases there are.
    """
    ids = [case.id for case in cases]
    centers = await centers_by_id(session, {case.center_id for case in cases})
    excepted = await _exceptions(session, cases, centers)
    denied = {case for case, state in excepted.items() if state is ExceptionState.DENIED}
    objections = await _objections(session, ids)
    upheld = {case for case, states in objections.items() if ObjectionState.UPHELD in states}
    broken = await _broken(session, cases, centers, today)
    refused = denied | upheld | broken | await _below_pass(session, ids)
    recommended = await _recommended(session, ids)
    return {
        case: Waiting(
            recommended=case in recommended,
            exception_pending=excepted.get(case) is ExceptionState.PENDING,
            objection_pending=ObjectionState.OPEN in objections.get(case, ()),
            refused=case in refused,
        )
        for case in ids
    }


async def _recommended(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    statement = sa_select(col(CaseDecision.application_id)).where(
        col(CaseDecision.application_id).in_(ids),
        col(CaseDecision.kind) == DecisionKind.RECOMMENDATION,
    )
    return set((await session.scalars(statement)).all())


async def _broken(
    session: AsyncSession,
    cases: Collection[Application],
    centers: Mapping[UUID, Center],
    today: date,
) -> set[UUID]:
    """Give the cases that fell apart after their acceptance (A049)."""
    settled = [case for case in cases if case.state in rules.BEYOND_MENDING]
    if not settled:
        return set()
    policy = await policy_on(session, today)
    parties = await parties_of(session, {case.center_id for case in settled})
    return {
        case.id
        for case in settled
        if rules.is_broken(
            policy, case.state, centers[case.center_id].model_type, parties[case.center_id]
        )
    }


async def _exceptions(
    session: AsyncSession, cases: Collection[Application], centers: Mapping[UUID, Center]
) -> dict[UUID, ExceptionState]:
    """Give how the latest request stands of each submitted case whose legal person needs one.

    What was asked for a legal person that is young enough keeps nothing up.
    """
    submitted = [case for case in cases if case.state is State.SUBMITTED]
    if not submitted:
        return {}
    days = {case.id: day_of(case.submitted_at) for case in submitted if case.submitted_at}
    named = {centers[case.center_id].legal_entity_id for case in submitted}
    entities = await organizations_of(session, {org_id for org_id in named if org_id is not None})
    parties = {org_id: party_of(entity) for org_id, entity in entities.items()}
    policies = await policies_on(session, set(days.values()))
    needing = set()
    for case in submitted:
        center, day = centers[case.center_id], days[case.id]
        entity = None if center.legal_entity_id is None else parties[center.legal_entity_id]
        if rules.needs_exception(policies[day], center.applicant_form, entity, day):
            needing.add(case.id)
    return await _latest_exceptions(session, needing)


async def _latest_exceptions(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, ExceptionState]:
    statement = (
        sa_select(col(EligibilityException.application_id), col(EligibilityException.state))
        .join(Application, col(Application.id) == col(EligibilityException.application_id))
        .join(Center, col(Center.id) == col(Application.center_id))
        .where(
            col(Application.id).in_(ids),
            col(EligibilityException.state) != ExceptionState.WITHDRAWN,
            col(EligibilityException.legal_entity_id) == col(Center.legal_entity_id),
        )
        .order_by(col(EligibilityException.id))
    )
    return {case: ExceptionState(state) for case, state in await session.execute(statement)}


async def _below_pass(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Give the cases in review whose finished review stayed below the pass line."""
    statement = (
        sa_select(col(Standing.application_id), col(Standing.content))
        .join(Application, col(Application.id) == col(Standing.application_id))
        .where(
            col(Application.id).in_(ids),
            col(Application.state) == State.EXPERT_REVIEW,
            col(Standing.source) == Source.REVIEW,
        )
        .order_by(col(Standing.id))
    )
    last = {
        case: Told.of(None, content, None) for case, content in await session.execute(statement)
    }
    return {case for case, told in last.items() if told.mean is not None and not told.passed}


async def _last_days(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, date]:
    """Give the last day of the notice of each case that is in it."""
    statement = _notices(ids).with_only_columns(
        col(PublicNotice.subject_id), col(PublicNotice.closes_on)
    )
    return dict((await session.execute(statement)).all())


async def _objections(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, set[ObjectionState]]:
    """Give the states of the objections to the notice of each case that is in it."""
    statement = (
        _notices(ids)
        .join(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .with_only_columns(col(PublicNotice.subject_id), col(Objection.state))
    )
    states: dict[UUID, set[ObjectionState]] = {}
    for case, state in await session.execute(statement):
        states.setdefault(case, set()).add(ObjectionState(state))
    return states


def _notices(ids: Collection[UUID]) -> Select[Any]:
    return (
        sa_select(PublicNotice)
        .join(Application, col(Application.id) == col(PublicNotice.subject_id))
        .where(
            col(PublicNotice.subject_id).in_(ids),
            col(PublicNotice.subject_type) == NoticeSubject.APPLICATION,
            col(Application.state) == State.PUBLIC_NOTICE,
        )
        .order_by(col(PublicNotice.opened_at))
    )
