"""Corrections over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Response

from evaluation.corrections import actions, queries
from evaluation.corrections.schemas import (
    ReportCorrectionIn,
    ReportCorrectionOut,
    ReportCorrectionReturnIn,
    correction_out,
)
from evaluation.corrections.tables import ReportCorrection
from evaluation.cycles import queries as cycles
from shared.http import (
    CurrentActor,
    Now,
    Reading,
    Router,
    Transaction,
    access,
    problems,
    tagged,
)
from shared.rules import found

router = Router(prefix="/v1/evaluation/cases/{case_id}/report/correction", tags=["reports"])
ROUTERS: Final = (router,)
HANDLERS: Final = access("handler", tenant="any case", rules=("A128", "X03"))


@router.put(
    "",
    operation_id="evaluation_correct_annual_report",
    openapi_extra=access(
        "member", tenant="the centre's operator and its lead sponsor", rules=("A128", "X09")
    ),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "REPORT_LOCKED", "FIELD_INVALID",
        "SOD_VIOLATION", "CURRENCY_NOT_CNY"),
)  # fmt: skip
async def file(
    case_id: UUID,
    body: ReportCorrectionIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> ReportCorrectionOut:
    """File the accounts once more, where an upheld objection reopened a leaf of them."""
    return _shown(await actions.file(session, actor, case_id, body, now), response)


@router.get(
    "",
    operation_id="evaluation_get_report_correction",
    openapi_extra=access(
        "official", "member", tenant="officials all, those who run a centre its own"
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_correction(
    case_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> ReportCorrectionOut:
    """Show the correction of a report."""
    case = await cycles.case(session, actor, case_id)
    return _shown(found(await queries.correction_of(session, case.id)), response)


@router.post(
    "/acceptance",
    operation_id="evaluation_accept_report_correction",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "REPORT_LOCKED", "SOD_VIOLATION"
    ),
)
async def accept(
    case_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> ReportCorrectionOut:
    """Accept a correction; it counts for the reopened leaves alone."""
    return _shown(await actions.accept(session, actor, case_id, now), response)


@router.post(
    "/return",
    operation_id="evaluation_return_report_correction",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "REPORT_LOCKED", "SOD_VIOLATION"
    ),
)
async def send_back(
    case_id: UUID,
    body: ReportCorrectionReturnIn,
    actor: CurrentActor,
    now: Now,
    response: Response,
    session: Transaction,
) -> ReportCorrectionOut:
    """Send a correction back with a reason."""
    return _shown(await actions.send_back(session, actor, case_id, body.reason, now), response)


def _shown(row: ReportCorrection, response: Response) -> ReportCorrectionOut:
    tagged(response, row.version)
    return correction_out(row)
