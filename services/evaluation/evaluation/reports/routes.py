"""Annual reports over HTTP: a centre writes, a handler returns or accepts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles.clients import Gathered, GatheredFacts
from evaluation.cycles.tables import EvaluationCase
from evaluation.reports import actions, queries, rules
from evaluation.reports.counting import counted_rows
from evaluation.reports.schemas import (
    AnnualNarrative,
    AnnualReportIn,
    AnnualReportOut,
    AnnualReportReopeningIn,
    AnnualReportReturnIn,
    AnnualReportReturnOut,
    TargetActualOut,
    accounts_of,
    profit_of,
)
from evaluation.reports.tables import AnnualReport
from shared.http import (
    CurrentActor,
    Language,
    Now,
    Reading,
    Router,
    Today,
    Transaction,
    VersionRead,
    access,
    problems,
    tagged,
    warnings_of,
)
from shared.http.problem import Failure
from shared.rules import Check

router = Router(prefix="/v1/evaluation/cases", tags=["reports"])
ROUTERS: Final = (router,)
WRITERS = access(
    "member", tenant="the centre's operator and its lead sponsor", rules=("A128", "A129")
)
READERS = access(
    "official", "member", "expert", "agency", "service",
    tenant="officials see all, a centre's operator and lead theirs",
)  # fmt: skip
HANDLERS = access("handler", tenant="any case", rules=("A128", "X03"))


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer shows beside the report itself."""

    rows: Sequence[dict[str, Any]]
    warnings: Sequence[Check] = ()


@router.get(
    "/{case_id}/report",
    operation_id="evaluation_get_annual_report",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_report(
    case_id: UUID,
    actor: CurrentActor,
    gathered: GatheredFacts,
    language: Language,
    response: Response,
    session: Reading,
) -> AnnualReportOut:
    """Show a case's report, its counted indicators prefilled from the records."""
    case = await cycles.case(session, actor, case_id)
    report = await queries.report_of(session, case_id)
    rows = await _rows(session, case, report, gathered)
    return await _shown(session, case, report, Shown(rows), language, response)


@router.put(
    "/{case_id}/report",
    operation_id="evaluation_write_annual_report",
    openapi_extra=WRITERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "STATE_CONFLICT", "REPORT_LOCKED",
        "SOD_VIOLATION", "PRECONDITION_REQUIRED", "CURRENCY_NOT_CNY"),
)  # fmt: skip
async def write(
    case_id: UUID,
    body: AnnualReportIn,
    actor: CurrentActor,
    version: VersionRead,
    now: Now,
    language: Language,
    gathered: GatheredFacts,
    response: Response,
    session: Transaction,
) -> AnnualReportOut:
    """Write the report; changing what is written needs the version read (If-Match).

    What is counted from the records cannot be sent.
    """
    if version is None:
        await cycles.case(session, actor, case_id)
        written = await queries.report_of(session, case_id)
        # What can no longer be written says so, whatever was read.
        if written is not None and written.is_written and rules.is_open(written.state):
            raise Failure("PRECONDITION_REQUIRED")
    report = await actions.save(session, actor, case_id, body, version, now)
    case = await cycles.case(session, actor, case_id)
    rows = await _rows(session, case, report, gathered)
    return await _shown(session, case, report, Shown(rows), language, response)


@router.post(
    "/{case_id}/report/submit",
    operation_id="evaluation_submit_annual_report",
    openapi_extra=WRITERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "REPORT_LOCKED", "REPORT_MISSING",
        "SOD_VIOLATION",
    ),
)  # fmt: skip
async def submit(
    case_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    gathered: GatheredFacts,
    response: Response,
    session: Transaction,
) -> AnnualReportOut:
    """Send the report in; up to the days of grace it is taken late, with a warning."""
    case = await cycles.case(session, actor, case_id)
    draft = await queries.report_of(session, case_id)
    rows = await _rows(session, case, draft, gathered)
    report, warnings = await actions.submit(session, actor, case_id, rows, now, today)
    return await _shown(session, case, report, Shown(rows, warnings), language, response)


@router.post(
    "/{case_id}/report/returns",
    operation_id="evaluation_return_annual_report",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "STATE_CONFLICT",
        "REPORT_LOCKED",
        "SOD_VIOLATION",
        "REPORT_MISSING",
    ),
)
async def give_back(
    case_id: UUID,
    body: AnnualReportReturnIn,
    actor: CurrentActor,
    now: Now,
    language: Language,
    response: Response,
    session: Transaction,
) -> AnnualReportOut:
    """Return the report with reasons; the first sending stays the one that counts."""
    report = await actions.give_back(session, actor, case_id, body.reasons, now)
    return await _kept(session, actor, case_id, report, language, response)


@router.post(
    "/{case_id}/report/accept",
    operation_id="evaluation_accept_annual_report",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "STATE_CONFLICT",
        "REPORT_LOCKED",
        "SOD_VIOLATION",
        "REPORT_MISSING",
    ),
)
async def accept(
    case_id: UUID,
    actor: CurrentActor,
    now: Now,
    language: Language,
    response: Response,
    session: Transaction,
) -> AnnualReportOut:
    """Accept the report; taking the snapshot of a report that was sent in does so, too."""
    report = await actions.accept(session, actor, case_id, now)
    return await _kept(session, actor, case_id, report, language, response)


@router.post(
    "/{case_id}/report/reopenings",
    operation_id="evaluation_reopen_annual_report",
    openapi_extra=access("approver", tenant="any case", rules=("A128", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "STATE_CONFLICT",
        "REPORT_MISSING",
        "SOD_VIOLATION",
        "FIELD_INVALID",
        "REPORT_LOCKED",
    ),
)
async def reopen(
    case_id: UUID,
    body: AnnualReportReopeningIn,
    actor: CurrentActor,
    now: Now,
    language: Language,
    response: Response,
    session: Transaction,
) -> AnnualReportOut:
    """Let a missing report be sent after all, once."""
    report = await actions.reopen(session, actor, case_id, body.reason, body.due_on, now)
    return await _kept(session, actor, case_id, report, language, response)


async def _rows(
    session: AsyncSession, case: EvaluationCase, report: AnnualReport | None, gathered: Gathered
) -> list[dict[str, Any]]:
    """Count now, or give what was counted when the report was submitted."""
    open_states = (rules.ReportState.DRAFT, rules.ReportState.RETURNED)
    kept = None if report is None or report.state in open_states else report.target_vs_actual
    if kept is not None:
        return kept
    cycle = await cycles.cycle(session, case.cycle_id)
    return await counted_rows(session, cycle, report, gathered)


async def _kept(
    session: AsyncSession,
    actor: CurrentActor,
    case_id: UUID,
    report: AnnualReport,
    language: str,
    response: Response,
) -> AnnualReportOut:
    case = await cycles.case(session, actor, case_id)
    shown = Shown(report.target_vs_actual or [])
    return await _shown(session, case, report, shown, language, response)


async def _shown(
    session: AsyncSession,
    case: EvaluationCase,
    report: AnnualReport | None,
    shown: Shown,
    language: str,
    response: Response,
) -> AnnualReportOut:
    due = queries.due_of(await cycles.cycle(session, case.cycle_id), report)
    returns = [] if report is None else await queries.returns_of(session, report.id)
    tagged(response, 0 if report is None else report.version)
    days = 0 if report is None else report.lateness_days
    return AnnualReportOut(
        case_id=case.id,
        center_id=case.center_id,
        state=rules.ReportState.DRAFT if report is None else report.state,
        accounts=accounts_of(report),
        profit=profit_of(report),
        narrative=AnnualNarrative({} if report is None else report.narrative),
        target_vs_actual=[TargetActualOut.model_validate(row) for row in shown.rows],
        due_on=due.due_on,
        last_on=due.last_on,
        first_submitted_on=None if report is None else report.first_submitted_on,
        submitted_at=None if report is None else report.submitted_at,
        late=days > 0,
        lateness_days=days,
        returns=[AnnualReportReturnOut.model_validate(row) for row in returns],
        version=0 if report is None else report.version,
        warnings=warnings_of(shown.warnings, language),
    )
