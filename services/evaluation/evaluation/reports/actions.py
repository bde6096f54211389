"""Writing, sending, returning and accepting an annual report."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles import rules as cycle_rules
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.reports import queries, rules
from evaluation.reports.schemas import AnnualReportIn
from evaluation.reports.tables import AnnualReport, AnnualReportReturn
from shared.auth import Actor
from shared.calendar import day_of
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, Kind, found, require

SWEEP: Final = 200


async def save(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    body: AnnualReportIn,
    version: int | None,
    now: datetime,
) -> AnnualReport:
    """Write the report of one's own centre (A128, A129).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, VERSION_CONFLICT, FIELD_INVALID, STATE_CONFLICT or
    REPORT_LOCKED.
    """
    case = await queries.own_case_for_update(session, actor, case_id)
    report = await queries.report_for_update(session, case_id) or _new(case, now)
    require(
        [
            *await _separation(session, case, actor, Capacity.SUBMITTER),
            *_read_checks(report, version),
            *rules.accounts_checks(body.accounts.figures()),
            *rules.move_checks(report.state, rules.Event.SAVE),
            *_collecting(case),
        ]
    )
    for name, value in body.accounts.columns().items():
        setattr(report, name, value)
    report.narrative = dict(body.narrative.root)
    report.version += 1
    report.updated_at = now
    session.add(report)
    await session.flush()
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.SUBMITTER)
    _record(session, actor, "report.saved", case, report, Capacity.SUBMITTER)
    return report


def _read_checks(report: AnnualReport, read: int | None) -> list[Check]:
    """Check that who changes what is written has read it (X06); a first writing reads nothing."""
    if read is None and not (report.is_written and rules.is_open(report.state)):
        return []
    return version_checks(report.version, read or 0)


async def submit(
    session: AsyncSession,
    actor: Actor,
    case_id: UUID,
    target_vs_actual: Sequence[Mapping[str, Any]],
    now: datetime,
    today: date,
) -> tuple[AnnualReport, list[Check]]:
    """Send the report in; late days are counted at its first sending only (A128).

    Gives the report and the failed warnings (REPORT_LATE).
    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, REPORT_MISSING or REPORT_LOCKED.
    """
    case = await queries.own_case_for_update(session, actor, case_id)
    cycle = await cycles.cycle(session, case.cycle_id)
    report = await queries.report_for_update(session, case_id) or _new(case, now)
    due = queries.due_of(cycle, report)
    first_on = report.first_submitted_on or today
    late = rules.lateness_days(first_on, due.due_on)
    warnings = require(
        [
            *await _separation(session, case, actor, Capacity.SUBMITTER),
            *rules.deadline_checks(due, report.first_submitted_on, today),
            *rules.move_checks(report.state, rules.Event.SUBMIT),
            *rules.whole_checks(written=report.is_written),
            *_collecting(case),
            *rules.lateness_checks(late),
        ]
    )
    report.state = rules.MOVES[report.state, rules.Event.SUBMIT]
    report.first_submitted_on = first_on
    report.submitted_at = now
    report.lateness_days = late
    report.target_vs_actual = [dict(row) for row in target_vs_actual]
    _touch(report, now)
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.SUBMITTER)
    _record(
        session, actor, "report.submitted", case, report, Capacity.SUBMITTER, lateness_days=late
    )
    return report, warnings


async def give_back(
    session: AsyncSession, actor: Actor, case_id: UUID, reasons: Sequence[str], now: datetime
) -> AnnualReport:
    """Return a report for correction, with reasons (A128).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, REPORT_MISSING, STATE_CONFLICT or REPORT_LOCKED.
    """
    case, report = await _handled(session, actor, case_id, rules.Event.RETURN)
    report.state = rules.MOVES[report.state, rules.Event.RETURN]
    session.add(
        AnnualReportReturn(
            report_id=report.id, person_id=actor.person_id, reasons=list(reasons), returned_at=now
        )
    )
    _touch(report, now)
    _record(session, actor, "report.returned", case, report, Capacity.HANDLER)
    return report


async def accept(session: AsyncSession, actor: Actor, case_id: UUID, now: datetime) -> AnnualReport:
    """Accept a report (A128).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, REPORT_MISSING, STATE_CONFLICT or REPORT_LOCKED.
    """
    case, report = await _handled(session, actor, case_id, rules.Event.ACCEPT)
    _accepted(session, actor, case, report, now)
    return report


def _accepted(
    session: AsyncSession, actor: Actor, case: EvaluationCase, report: AnnualReport, now: datetime
) -> None:
    report.state = rules.MOVES[report.state, rules.Event.ACCEPT]
    _touch(report, now)
    _record(session, actor, "report.accepted", case, report, Capacity.HANDLER)


async def lock(
    session: AsyncSession,
    actor: Actor,
    case: EvaluationCase,
    report: AnnualReport | None,
    now: datetime,
) -> AnnualReport:
    """Lock the report that goes into a snapshot; one not accepted yet is accepted by freezing it.

    The caller has locked case and report, and checked `freezing_checks` and that the actor may
    handle the case. A missing one is `missing`.
    """
    if report is None or report.state in rules.NOT_SENT:
        return await miss(session, actor, case, report, now)
    if report.state is rules.ReportState.SUBMITTED:
        _accepted(session, actor, case, report, now)
    report.state = rules.MOVES[report.state, rules.Event.LOCK]
    _touch(report, now)
    _record(session, actor, "report.locked", case, report, Capacity.HANDLER)
    return report


async def miss(
    session: AsyncSession,
    actor: Actor,
    case: EvaluationCase,
    report: AnnualReport | None,
    now: datetime,
) -> AnnualReport:
    """Set a report that nobody sent in time as missing (A128); the case is locked."""
    report = report or _new(case, now)
    if report.state is not rules.ReportState.MISSING:
        report.state = rules.MOVES[report.state, rules.Event.MISS]
        _touch(report, now)
        session.add(report)
        await session.flush()
        record(
            session, actor, "report.missing", report.id,
            center_id=case.center_id, case_id=case.id, year=case.year,
        )  # fmt: skip
    return report


async def miss_overdue(session: AsyncSession, actor: Actor, now: datetime, today: date) -> int:
    """Set reports whose last day has passed as missing, some at a time; give how many were due."""
    cases = await queries.overdue_cases(session, today, SWEEP)
    reports = await queries.reports_for_update(session, [case.id for case in cases])
    for case in cases:
        report = reports.get(case.id)
        if report is None or report.state is rules.ReportState.DRAFT:
            await miss(session, actor, case, report, now)
    return len(cases)


async def reopen(
    session: AsyncSession, actor: Actor, case_id: UUID, reason: str, due_on: date, now: datetime
) -> AnnualReport:
    """Let a missing report be sent after all, once and with a reason, such as force majeure.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, FIELD_INVALID, REPORT_MISSING, STATE_CONFLICT or
    REPORT_LOCKED.
    """
    case = await cycles.visible_case_for_update(session, actor, case_id)
    report = await queries.report_for_update(session, case_id)
    checks = [
        *rules.term_checks(due_on, day_of(now)),
        *rules.whole_checks(written=report is not None),
    ]
    if report is not None:
        checks += rules.reopening_checks(reopened=report.reopened_at is not None)
        checks += rules.move_checks(report.state, rules.Event.REOPEN)
    require(
        [
            *await _separation(session, case, actor, Capacity.APPROVER),
            *checks,
            *_collecting(case),
        ]
    )
    report = report or _new(case, now)
    report.state = rules.MOVES[report.state, rules.Event.REOPEN]
    report.due_on = due_on
    report.reopened_at = now
    _touch(report, now)
    record(
        session, actor, "report.reopened", report.id, center_id=case.center_id, case_id=case.id,
        reason=reason, due_on=due_on,
    )  # fmt: skip
    return report


async def _handled(
    session: AsyncSession, actor: Actor, case_id: UUID, event: rules.Event
) -> tuple[EvaluationCase, AnnualReport]:
    case = await cycles.visible_case_for_update(session, actor, case_id)
    report = await queries.report_for_update(session, case_id)
    state = rules.ReportState.DRAFT if report is None else report.state
    require(
        [
            *await _separation(session, case, actor, Capacity.HANDLER),
            *rules.whole_checks(written=report is not None),
            *rules.move_checks(state, event),
            *_collecting(case),
        ]
    )
    await duties.enter(session, actor, SubjectType.CASE, case.id, Capacity.HANDLER)
    return case, found(report)


async def _separation(
    session: AsyncSession, case: EvaluationCase, actor: Actor, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, case.id)
    return separation_checks(people, actor.person_id, capacity)


def _collecting(case: EvaluationCase) -> list[Check]:
    """Check that the case's facts are not frozen yet: its report is one of them (X13)."""
    return [
        rules.YEARLY.check(
            "REPORT_LOCKED",
            Kind.STATE,
            passed=case.state is cycle_rules.CaseState.COLLECTING,
            state=case.state.value,
        )
    ]


def _new(case: EvaluationCase, now: datetime) -> AnnualReport:
    return AnnualReport(case_id=case.id, center_id=case.center_id, version=0, updated_at=now)


def _touch(report: AnnualReport, now: datetime) -> None:
    report.version += 1
    report.updated_at = now


def _record(
    session: AsyncSession,
    actor: Actor,
    event_type: str,
    case: EvaluationCase,
    report: AnnualReport,
    capacity: Capacity,
    **data: Any,  # noqa: ANN401 - an event's own figures
) -> None:
    record(
        session, actor, event_type, report.id, center_id=case.center_id, case_id=case.id,
        capacity=capacity.value, year=case.year, **data,
    )  # fmt: skip
