"""Documents of results over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Response

from evaluation.cycles import queries as cycles
from evaluation.documents import actions, queries
from evaluation.documents.rules import MEDIA, FileKind
from evaluation.documents.schemas import DocumentRunOut
from evaluation.documents.tables import DocumentFile
from shared.documents.pages import page_response
from shared.http import CurrentActor, Now, Reading, Router, Transaction, access, problems

router = Router(prefix="/v1/evaluation", tags=["results"])
ROUTERS: Final = (router,)
OFFICIALS = access("official", "service", tenant="any cycle")


@router.post(
    "/cycles/{cycle_id}/documents",
    operation_id="evaluation_make_documents",
    status_code=202,
    openapi_extra=access("handler", tenant="any cycle", rules=("A126",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def ask(
    cycle_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> DocumentRunOut:
    """Have the reports of all published centres, the workbook and the ranking made."""
    return DocumentRunOut.model_validate(await actions.ask(session, actor, cycle_id, now))


@router.get(
    "/document-runs/{run_id}",
    operation_id="evaluation_get_document_run",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_run(run_id: UUID, session: Reading) -> DocumentRunOut:
    """Show how far a run is."""
    return DocumentRunOut.model_validate(await queries.run(session, run_id))


@router.get(
    "/cases/{case_id}/documents/report.pdf",
    operation_id="evaluation_get_case_report_pdf",
    openapi_extra=access(
        "official", "member", "service", tenant="officials see all, a centre its own",
        rules=("X04",),
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STALE_INPUT"),
    response_class=Response,
)  # fmt: skip
async def get_pdf(case_id: UUID, actor: CurrentActor, session: Reading) -> Response:
    """Give a centre's newest report as PDF, made of its published result."""
    case = await cycles.case(session, actor, case_id)
    return _file(await actions.report_of_case(session, case.id, FileKind.REPORT_PDF))


@router.get(
    "/cases/{case_id}/documents/report.html",
    operation_id="evaluation_get_case_report_page",
    openapi_extra=access(
        "official", "member", "service", tenant="officials see all, a centre its own",
        rules=("X04",),
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STALE_INPUT"),
    response_class=Response,
)  # fmt: skip
async def get_page(case_id: UUID, actor: CurrentActor, session: Reading) -> Response:
    """Give a centre's newest report as a page."""
    case = await cycles.case(session, actor, case_id)
    return _file(await actions.report_of_case(session, case.id, FileKind.REPORT_HTML))


@router.get(
    "/cycles/{cycle_id}/documents/results.xlsx",
    operation_id="evaluation_get_cycle_workbook",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STALE_INPUT"),
    response_class=Response,
)
async def get_workbook(cycle_id: UUID, session: Reading) -> Response:
    """Give the newest workbook of a cycle."""
    return _file(await actions.file_of_cycle(session, cycle_id, FileKind.WORKBOOK))


@router.get(
    "/cycles/{cycle_id}/documents/ranking.html",
    operation_id="evaluation_get_cycle_ranking",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STALE_INPUT"),
    response_class=Response,
)
async def get_ranking(cycle_id: UUID, session: Reading) -> Response:
    """Give the newest ranking of a cycle as a page."""
    return _file(await actions.file_of_cycle(session, cycle_id, FileKind.RANKING))


def _file(file: DocumentFile) -> Response:
    media, ending = MEDIA[file.kind]
    content = file.content or b""
    if ending == "html":
        return page_response(content.decode())
    headers = {"Content-Disposition": f'attachment; filename="{file.subject_id}.{ending}"'}
    return Response(content, media_type=media, headers=headers)
