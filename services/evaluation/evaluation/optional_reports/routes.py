"""Optional reports over HTTP: a centre that a cycle left out writes, a handler reads."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.cycles import queries as cycles
from evaluation.cycles.clients import Gathered
from evaluation.optional_reports import actions, queries
from evaluation.optional_reports.clients import CountedNow
from evaluation.optional_reports.rules import OptionalReportState
from evaluation.optional_reports.schemas import (
    OptionalReportIn,
    OptionalReportItemOut,
    OptionalReportOut,
)
from evaluation.optional_reports.tables import OptionalReport
from evaluation.reports.counting import counted_rows
from evaluation.reports.schemas import (
    AnnualNarrative,
    AnnualReportIn,
    AnnualReportReturnIn,
    TargetActualOut,
    accounts_of,
    profit_of,
)
from shared.http import (
    CurrentActor,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.rules import found

of_cycle = Router(prefix="/v1/evaluation/cycles", tags=["reports"])
router = Router(prefix="/v1/evaluation/optional-reports", tags=["reports"])
ROUTERS: Final = (of_cycle, router)
OWN: Final = "officials what was sent, a centre's operator and lead theirs"
WRITERS: Final = access(
    "member", tenant="the centre's operator and its lead sponsor", rules=("A128", "A129")
)
READERS: Final = access("official", "member", "service", tenant=OWN, rules=("A128", "X04"))
JUDGES: Final = access("handler", tenant="any report that was sent", rules=("A128", "X03"))


@of_cycle.post(
    "/{cycle_id}/optional-reports",
    operation_id="evaluation_begin_optional_report",
    status_code=201,
    openapi_extra=WRITERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "FIELD_INVALID", "STATE_CONFLICT", "CURRENCY_NOT_CNY"
    ),
)
async def begin(
    cycle_id: UUID,
    body: OptionalReportIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> OptionalReportOut:
    """Begin the report of a centre that the cycle does not judge; nobody owes it or scores it."""
    row = await actions.begin(session, actor, cycle_id, body.center_id, body, now)
    return await _shown(session, row, None, response)


@of_cycle.get(
    "/{cycle_id}/optional-reports",
    operation_id="evaluation_list_optional_reports",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH"),
)
async def list_reports(
    cycle_id: UUID,
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    state: Annotated[OptionalReportState | None, Query(description="Only in this state.")] = None,
) -> Page[OptionalReportItemOut]:
    """List the optional reports of a cycle, newest first."""
    cycle = await cycles.cycle(session, cycle_id)
    statement = queries.reports_page(actor, cycle.id, state)
    rows, next_cursor = await paginate(
        session, statement, page, [col(OptionalReport.id).desc()],
        {"cycle_id": cycle_id, "state": state},
    )  # fmt: skip
    items = [OptionalReportItemOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{report_id}",
    operation_id="evaluation_get_optional_report",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_report(
    report_id: UUID,
    actor: CurrentActor,
    counted: CountedNow,
    response: Response,
    session: Reading,
) -> OptionalReportOut:
    """Show an optional report, its counted indicators prefilled from the records."""
    row = await queries.report(session, actor, report_id)
    return await _shown(session, row, counted, response)


@router.put(
    "/{report_id}",
    operation_id="evaluation_write_optional_report",
    openapi_extra=WRITERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "PRECONDITION_REQUIRED",
        "SOD_VIOLATION", "FIELD_INVALID", "STATE_CONFLICT", "CURRENCY_NOT_CNY",
    ),
)  # fmt: skip
async def write(
    report_id: UUID,
    body: AnnualReportIn,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    counted: CountedNow,
    response: Response,
    session: Transaction,
) -> OptionalReportOut:
    """Write the report anew until it is sent, and again when it was returned."""
    row = await actions.save(session, actor, report_id, body, version, now)
    return await _shown(session, row, counted, response)


@router.post(
    "/{report_id}/submit",
    operation_id="evaluation_submit_optional_report",
    openapi_extra=WRITERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def submit(
    report_id: UUID,
    actor: CurrentActor,
    now: Now,
    counted: CountedNow,
    response: Response,
    session: Transaction,
) -> OptionalReportOut:
    """Send the report in; it has no last day, and is never late."""
    draft = await queries.report(session, actor, report_id)
    rows = await _rows(session, draft, counted)
    row = await actions.submit(session, actor, report_id, rows, now)
    return await _shown(session, row, counted, response)


@router.post(
    "/{report_id}/returns",
    operation_id="evaluation_return_optional_report",
    openapi_extra=JUDGES,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def give_back(
    report_id: UUID,
    body: AnnualReportReturnIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> OptionalReportOut:
    """Return the report with reasons."""
    row = await actions.give_back(session, actor, report_id, body.reasons, now)
    return await _shown(session, row, None, response)


@router.post(
    "/{report_id}/acceptance",
    operation_id="evaluation_accept_optional_report",
    openapi_extra=JUDGES,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT"),
)
async def accept(
    report_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> OptionalReportOut:
    """Accept the report; no score follows from it."""
    row = await actions.accept(session, actor, report_id, now)
    return await _shown(session, row, None, response)


async def _rows(
    session: AsyncSession, report: OptionalReport, counted: Gathered | None
) -> list[dict[str, Any]]:
    """Give what was counted when the report was sent, or count now."""
    if report.target_vs_actual is not None:
        return report.target_vs_actual
    if counted is None:
        return []
    cycle = await queries.cycle_of(session, report)
    return await counted_rows(session, cycle, report, counted)


async def _shown(
    session: AsyncSession, report: OptionalReport, counted: Gathered | None, response: Response
) -> OptionalReportOut:
    tagged(response, report.version)
    rows = await _rows(session, report, counted)
    return OptionalReportOut(
        **OptionalReportItemOut.model_validate(report).model_dump(),
        accounts=found(accounts_of(report)),
        profit=profit_of(report),
        narrative=AnnualNarrative(report.narrative),
        target_vs_actual=[TargetActualOut.model_validate(row) for row in rows],
        return_reasons=report.return_reasons,
    )
