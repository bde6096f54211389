"""Whose step a case waits for, by the same rules that readiness shows (X10)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.applications import rules
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
from registry.centers.tables import Center
from registry.notices.rules import NoticeSubject, ObjectionState
from registry.notices.tables import Objection, PublicNotice
from registry.programme.queries import policy_on, working_days
from shared.auth import Actor
from shared.calendar import day_of
from shared.tasks import MOST_TASKS, Task

DUTIES: Final = ("handler", "reviewer", "approver")
BY_STEP: Final = {step: kind for kind, step in STEPS.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of some cases beside their states, each by their ids."""

    pending: Collection[UUID]
    recommended: Collection[UUID]
    refused: Collection[UUID]
    objected: Collection[UUID]
    closes_on: dict[UUID, date]

    def waiting(self, case_id: UUID) -> Waiting:
        return Waiting(
            recommended=case_id in self.recommended,
            exception_pending=case_id in self.pending,
            objection_pending=case_id in self.objected,
            refused=case_id in self.refused,
        )


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
    known = await _known(session, ids)
    held = await _held(session, actor, ids)
    tasks = []
    for case in cases:
        step = rules.next_step(case.state, known.waiting(case.id))
        kind = None if step is None else BY_STEP.get(step)
        if step is None or kind is None or step.who not in duties:
            continue
        since = known.closes_on.get(case.id, day_of(case.state_since))
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
    return held


async def _known(session: AsyncSession, ids: Collection[UUID]) -> _Known:
    exceptions = await _exceptions(session, ids)
    denied = {case for case, state in exceptions.items() if state is ExceptionState.DENIED}
    notices, objections = await _objections(session, ids)
    upheld = {case for case, states in objections.items() if ObjectionState.UPHELD in states}
    recommended = sa_select(col(CaseDecision.application_id)).where(
        col(CaseDecision.application_id).in_(ids),
        col(CaseDecision.kind) == DecisionKind.RECOMMENDATION,
    )
    return _Known(
        pending={case for case, state in exceptions.items() if state is ExceptionState.PENDING},
        recommended=set((await session.scalars(recommended)).all()),
        refused=denied | upheld | await _below_pass(session, ids),
        objected={case for case, states in objections.items() if ObjectionState.OPEN in states},
        closes_on=notices,
    )


async def _exceptions(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, ExceptionState]:
    """Give how the latest request for the legal person of each submitted case stands."""
    statement = (
        sa_select(col(EligibilityException.application_id), col(EligibilityException.state))
        .join(Application, col(Application.id) == col(EligibilityException.application_id))
        .join(Center, col(Center.id) == col(Application.center_id))
        .where(
            col(Application.id).in_(ids),
            col(Application.state) == State.SUBMITTED,
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


async def _objections(
    session: AsyncSession, ids: Collection[UUID]
) -> tuple[dict[UUID, date], dict[UUID, set[ObjectionState]]]:
    """Give the last day of each case's open notice, and the states of the objections to it."""
    statement = (
        sa_select(col(PublicNotice.subject_id), col(PublicNotice.closes_on), col(Objection.state))
        .outerjoin(Objection, col(Objection.notice_id) == col(PublicNotice.id))
        .join(Application, col(Application.id) == col(PublicNotice.subject_id))
        .where(
            col(PublicNotice.subject_id).in_(ids),
            col(PublicNotice.subject_type) == NoticeSubject.APPLICATION,
            col(Application.state) == State.PUBLIC_NOTICE,
        )
        .order_by(col(PublicNotice.opened_at))
    )
    days: dict[UUID, date] = {}
    states: dict[UUID, set[ObjectionState]] = {}
    for case, closes_on, state in await session.execute(statement):
        days[case] = closes_on
        if state is not None:
            states.setdefault(case, set()).add(ObjectionState(state))
    return days, states
