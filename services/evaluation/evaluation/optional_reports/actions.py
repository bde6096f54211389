"""Writing, sending, returning and accepting an optional report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.optional_reports import queries, rules
from evaluation.optional_reports.rules import OptionalReportEvent
from evaluation.optional_reports.tables import OptionalReport
from evaluation.reports.rules import accounts_checks
from evaluation.reports.schemas import AnnualReportIn
from evaluation.results import queries as results
from evaluation.results.rules import tenancy_checks
from shared.auth import Actor
from shared.events import record
from shared.http import version_checks
from shared.rules import Check, require


async def begin(
    session: AsyncSession,
    actor: Actor,
    cycle_id: UUID,
    center_id: UUID,
    body: AnnualReportIn,
    now: datetime,
) -> OptionalReport:
    """Begin the report of one's own centre, which the cycle left out (A128).

    Raises `Refused`: NOT_FOUND, FIELD_INVALID or STATE_CONFLICT.
    """
    await queries.own_center(session, actor, center_id)
    cycle = await cycles.cycle(session, cycle_id)
    left_out = await cycles.exclusion_of(session, cycle_id, center_id)
    reason = None if left_out is None else left_out.reason
    require([*rules.scope_checks(cycle.state, reason), *accounts_checks(body.accounts.figures())])
    report = OptionalReport(cycle_id=cycle_id, center_id=center_id, year=cycle.year, updated_at=now)
    _fill(report, body, now)
    session.add(report)
    # Two who begin at once both see none: the table keeps one.
    await session.flush()
    await _enter(session, actor, report, Capacity.SUBMITTER)
    _tell(session, actor, report, "saved", Capacity.SUBMITTER)
    return report


async def save(
    session: AsyncSession,
    actor: Actor,
    report_id: UUID,
    body: AnnualReportIn,
    version: int,
    now: datetime,
) -> OptionalReport:
    """Write the report anew, as long as nobody has accepted it (A128).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT, SOD_VIOLATION, FIELD_INVALID or STATE_CONFLICT.
    """
    report = await queries.own_for_update(session, actor, report_id)
    require(
        [
            *version_checks(report.version, version),
            *await _apart(session, actor, report, Capacity.SUBMITTER),
            *accounts_checks(body.accounts.figures()),
            *rules.move_checks(report.state, OptionalReportEvent.SAVE),
        ]
    )
    _fill(report, body, now)
    await _enter(session, actor, report, Capacity.SUBMITTER)
    _tell(session, actor, report, "saved", Capacity.SUBMITTER)
    return report


async def submit(
    session: AsyncSession,
    actor: Actor,
    report_id: UUID,
    target_vs_actual: Sequence[Mapping[str, Any]],
    now: datetime,
) -> OptionalReport:
    """Send the report in; what was counted is kept with it (A128, A129).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    report = await queries.own_for_update(session, actor, report_id)
    require(
        [
            *await _apart(session, actor, report, Capacity.SUBMITTER),
            *rules.move_checks(report.state, OptionalReportEvent.SUBMIT),
        ]
    )
    report.state = rules.MOVES[report.state, OptionalReportEvent.SUBMIT]
    report.target_vs_actual = [dict(row) for row in target_vs_actual]
    report.submitted_at = now
    _touch(report, now)
    await _enter(session, actor, report, Capacity.SUBMITTER)
    _tell(session, actor, report, "submitted", Capacity.SUBMITTER)
    return report


async def give_back(
    session: AsyncSession, actor: Actor, report_id: UUID, reasons: Sequence[str], now: datetime
) -> OptionalReport:
    """Return a report with reasons (A128).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    report = await _judged(session, actor, report_id, OptionalReportEvent.RETURN, now)
    report.return_reasons = list(reasons)
    report.target_vs_actual = None
    _tell(session, actor, report, "returned", Capacity.HANDLER)
    return report


async def accept(
    session: AsyncSession, actor: Actor, report_id: UUID, now: datetime
) -> OptionalReport:
    """Accept a report: it is kept as it is, and no score follows (A128).

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    report = await _judged(session, actor, report_id, OptionalReportEvent.ACCEPT, now)
    report.return_reasons = []
    _tell(session, actor, report, "accepted", Capacity.HANDLER)
    return report


async def _judged(
    session: AsyncSession,
    actor: Actor,
    report_id: UUID,
    event: OptionalReportEvent,
    now: datetime,
) -> OptionalReport:
    report = await queries.report_for_update(session, actor, report_id)
    owners = await results.center_orgs(session, report.center_id)
    require(
        [
            *await _apart(session, actor, report, Capacity.HANDLER),
            *tenancy_checks(actor.org_ids, owners),
            *rules.move_checks(report.state, event),
        ]
    )
    report.state = rules.MOVES[report.state, event]
    report.decided_at = now
    _touch(report, now)
    await _enter(session, actor, report, Capacity.HANDLER)
    return report


def _fill(report: OptionalReport, body: AnnualReportIn, now: datetime) -> None:
    for name, value in body.accounts.columns().items():
        setattr(report, name, value)
    report.narrative = dict(body.narrative.root)
    _touch(report, now)


def _touch(report: OptionalReport, now: datetime) -> None:
    report.version += 1
    report.updated_at = now


async def _apart(
    session: AsyncSession, actor: Actor, report: OptionalReport, capacity: Capacity
) -> list[Check]:
    people = await duty_queries.people_of(session, SubjectType.CASE, report.id)
    return separation_checks(people, actor.person_id, capacity)


async def _enter(
    session: AsyncSession, actor: Actor, report: OptionalReport, capacity: Capacity
) -> None:
    # An optional report is a case of its own, under its own id.
    await duties.enter(session, actor, SubjectType.CASE, report.id, capacity)


def _tell(
    session: AsyncSession, actor: Actor, report: OptionalReport, name: str, capacity: Capacity
) -> None:
    record(
        session, actor, f"optional_report.{name}", report.id, center_id=report.center_id,
        case_id=report.id, capacity=capacity.value, year=report.year, state=report.state,
    )  # fmt: skip
