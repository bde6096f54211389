"""Raising, answering, returning and closing findings, and calling them to mind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.findings import queries, rules
from evaluation.findings.rules import FindingEvent, FindingState
from evaluation.findings.tables import FindingStep, ResultFinding
from evaluation.results import queries as results
from evaluation.results import rules as result_rules
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.rules import Check, Policy, found, require
from shared.terms import is_overdue, next_on, reached

SWEEP: Final = 200
REMINDERS: Final = ("A125", "reminder_days")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file as the registry tells it; without a hash it knows none of that id."""

    file_id: UUID
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Matter:
    """What is wanting, in which leaf, and by when an answer is owed."""

    leaf: str | None
    words: str
    due_on: date


async def raise_finding(
    session: AsyncSession, actor: Actor, case_id: UUID, matter: Matter, now: datetime, today: date
) -> ResultFinding:
    """Write down what the published result of a case found wanting (A125).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, INDICATOR_UNKNOWN or DAY_BEHIND.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    _, result = found(await results.published(session, case.id))
    require(
        [
            *await _uninvolved(session, actor, case.id, case.center_id, Capacity.HANDLER),
            *rules.leaf_checks(matter.leaf, result_rules.leaves_of(result.document)),
            *rules.due_checks(matter.due_on, today),
        ]
    )
    finding = ResultFinding(
        case_id=case.id,
        result_id=result.id,
        center_id=case.center_id,
        year=case.year,
        leaf=matter.leaf,
        matter=matter.words,
        due_on=matter.due_on,
        raised_by=actor.person_id,
        raised_at=now,
    )
    _schedule(finding, await policy_on(session, today), today)
    session.add(finding)
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    _tell(session, actor, finding, "raised", None, Capacity.HANDLER, leaf=finding.leaf)
    return finding


async def answer(
    session: AsyncSession,
    actor: Actor,
    finding_id: UUID,
    words: str,
    evidence: Sequence[Evidence],
    now: datetime,
    today: date,
) -> ResultFinding:
    """Answer a finding in the centre's name, with what shows it; late is better than never (A125).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, FILE_UNKNOWN or STATE_CONFLICT.
    """
    finding = await queries.own_for_update(session, actor, finding_id)
    people = await duty_queries.people_of(session, SubjectType.CASE, finding.case_id)
    require(
        [
            *separation_checks(people, actor.person_id, Capacity.SUBMITTER),
            *rules.move_checks(finding.state, FindingEvent.ANSWER),
            *rules.evidence_checks([file.sha256 for file in evidence]),
        ]
    )
    finding.answered_by = actor.person_id
    finding.answered_late = is_overdue(finding.due_on, today)
    finding.next_on = None
    await duties.enter(session, actor, SubjectType.CASE, finding.case_id, Capacity.SUBMITTER)
    await _step(session, actor, finding, FindingEvent.ANSWER, words, now, evidence)
    return finding


async def send_back(
    session: AsyncSession,
    actor: Actor,
    finding_id: UUID,
    reason: str,
    due_on: date,
    now: datetime,
    today: date,
) -> ResultFinding:
    """Send an answer back with a reason and a new last day (A125).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, DAY_BEHIND or STATE_CONFLICT.
    """
    further = rules.due_checks(due_on, today)
    finding = await _judged(session, actor, finding_id, FindingEvent.SEND_BACK, further)
    finding.due_on = due_on
    finding.answered_late = False
    finding.reminded_days = finding.overdue_on = None
    _schedule(finding, await policy_on(session, today), today)
    await _step(session, actor, finding, FindingEvent.SEND_BACK, reason, now)
    return finding


async def close(
    session: AsyncSession, actor: Actor, finding_id: UUID, words: str, now: datetime
) -> ResultFinding:
    """Close a finding whose answer is enough: by an official other than who answered (A125, X03).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    finding = await _judged(session, actor, finding_id, FindingEvent.CLOSE, [])
    finding.closed_by = actor.person_id
    finding.closed_at = now
    await _step(session, actor, finding, FindingEvent.CLOSE, words, now)
    return finding


async def call_to_mind(session: AsyncSession, actor: Actor, today: date) -> int:
    """Remind of findings that are due, or say that they are overdue; give how many were due.

    After a leap of the clock the last step alone is told.
    """
    policy = await policy_on(session, today)
    due = await queries.due_for_update(session, today, SWEEP)
    for finding in due:
        step = reached(finding.due_on, policy.value(*REMINDERS), today)
        _schedule(finding, policy, today)
        if step is None:
            continue
        if step.days_before is None:
            finding.overdue_on = today
            _tell(session, actor, finding, "overdue", finding.state, None)
        else:
            finding.reminded_days = step.days_before
            _tell(
                session, actor, finding, "reminded", finding.state, None,
                days_left=(finding.due_on - today).days,
            )  # fmt: skip
    return len(due)


def _schedule(finding: ResultFinding, policy: Policy, today: date) -> None:
    finding.next_on = next_on(finding.due_on, policy.value(*REMINDERS), today)


async def _judged(
    session: AsyncSession,
    actor: Actor,
    finding_id: UUID,
    event: FindingEvent,
    further: Sequence[Check],
) -> ResultFinding:
    finding = await queries.finding_for_update(session, actor, finding_id)
    steps = await queries.steps_of(session, finding.id)
    answered_by = {one.person_id for one in steps if one.event is FindingEvent.ANSWER}
    case_id, center_id = finding.case_id, finding.center_id
    require(
        [
            *rules.closing_checks(answered_by, actor.person_id),
            *await _uninvolved(session, actor, case_id, center_id, Capacity.HANDLER),
            *further,
            *rules.move_checks(finding.state, event),
        ]
    )
    await duties.enter(session, actor, SubjectType.CASE, case_id, Capacity.HANDLER)
    return finding


async def _uninvolved(
    session: AsyncSession, actor: Actor, case_id: UUID, center_id: UUID, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case_id)
    owners = await results.center_orgs(session, center_id)
    return [
        *separation_checks(people, actor.person_id, capacity),
        *result_rules.tenancy_checks(actor.org_ids, owners),
    ]


async def _step(
    session: AsyncSession,
    actor: Actor,
    finding: ResultFinding,
    event: FindingEvent,
    words: str,
    now: datetime,
    evidence: Sequence[Evidence] = (),
) -> None:
    """Enter a step of a locked finding, and move it."""
    before = finding.state
    finding.state = rules.MOVES[before, event]
    finding.version += 1
    number = len(await queries.steps_of(session, finding.id)) + 1
    session.add(
        FindingStep(
            finding_id=finding.id,
            number=number,
            event=event,
            person_id=actor.person_id,
            words=words,
            evidence=[{"file_id": str(one.file_id), "sha256": one.sha256} for one in evidence],
            due_on=finding.due_on,
            at=now,
        )
    )
    await session.flush()
    told = {FindingEvent.ANSWER: "answered", FindingEvent.CLOSE: "closed"}
    capacity = Capacity.SUBMITTER if event is FindingEvent.ANSWER else Capacity.HANDLER
    _tell(session, actor, finding, told.get(event, "sent_back"), before, capacity)


def _tell(
    session: AsyncSession,
    actor: Actor,
    finding: ResultFinding,
    name: str,
    before: FindingState | None,
    capacity: Capacity | None,
    **data: Any,  # noqa: ANN401 - JSON values of the event
) -> None:
    record(
        session, actor, f"finding.{name}", finding.id, center_id=finding.center_id,
        case_id=finding.case_id, capacity=None if capacity is None else capacity.value,
        before=before, after=finding.state, year=finding.year, state=finding.state,
        due_on=finding.due_on, **data,
    )  # fmt: skip
