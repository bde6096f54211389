"""The HTTP face of the reports: each as JSON, as a spreadsheet and as a page."""

from typing import Annotated, Any, Final

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.programme.queries import names_of
from registry.reports import answers, pages
from registry.reports.rules import FIRST_YEAR
from registry.reports.schemas import NetworkReportOut, ProgrammeReportOut
from registry.reports.words import SCHEMES, Words
from shared.documents.pages import page_response
from shared.http import CurrentActor, Language, Reading, Router, Today, access, problems

OFFICIALS: Final = "officials and agencies: figures of every centre"
NETWORK: Final = "officials and agencies every centre, members those to which they belong"
READERS: Final = ("official", "agency", "service")
SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = Router(prefix="/v1/registry/reports", tags=["reports"])

Year = Annotated[
    int | None,
    Query(ge=FIRST_YEAR, le=2999, description="The year; without it the one that runs."),
]


def _form(media_type: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": schema}}, "description": "The report."}}


BOOK: Final = _form(SPREADSHEET, {"type": "string", "format": "binary"})
PAGE: Final = _form("text/html", {"type": "string"})


async def _words(session: AsyncSession, language: str) -> Words:
    return Words(language, await names_of(session, SCHEMES))


def _book(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=SPREADSHEET, headers=headers)


@router.get(
    "/programme",
    operation_id="registry_read_programme_report",
    openapi_extra=access(
        *READERS, tenant=OFFICIALS, rules=("A014", "A017", "A019", "A020", "A092", "A134")
    ),
    responses=problems("YEAR_WITHOUT_FIGURES"),
)
async def read_programme_report(
    actor: CurrentActor, today: Today, session: Reading, year: Year = None
) -> ProgrammeReportOut:
    """Read what the programme came to in a year: targets, centres, members, services, gaps."""
    return await answers.programme_report(session, actor, year or today.year, today)


@router.get(
    "/programme/workbook",
    operation_id="registry_download_programme_report",
    openapi_extra=access(*READERS, tenant=OFFICIALS, rules=("A014", "X15")),
    responses={**BOOK, **problems("YEAR_WITHOUT_FIGURES")},
    response_class=Response,
)
async def download_programme_report(
    actor: CurrentActor, today: Today, language: Language, session: Reading, year: Year = None
) -> Response:
    """Download the programme's report as a spreadsheet."""
    report = await answers.programme_report(session, actor, year or today.year, today)
    words = await _words(session, language)
    return _book(pages.programme_workbook(report, words), f"programme-{report.year}")


@router.get(
    "/programme/page",
    operation_id="registry_show_programme_report",
    openapi_extra=access(*READERS, tenant=OFFICIALS, rules=("A014",)),
    responses={**PAGE, **problems("YEAR_WITHOUT_FIGURES")},
    response_class=Response,
)
async def show_programme_report(
    actor: CurrentActor, today: Today, language: Language, session: Reading, year: Year = None
) -> Response:
    """Look at the programme's report as a page with charts."""
    report = await answers.programme_report(session, actor, year or today.year, today)
    return page_response(pages.programme_page(report, await _words(session, language)))


@router.get(
    "/network",
    operation_id="registry_read_network_report",
    openapi_extra=access(*READERS, "member", tenant=NETWORK, rules=("A005", "A020")),
    responses=problems("YEAR_WITHOUT_FIGURES"),
)
async def read_network_report(
    actor: CurrentActor, today: Today, session: Reading, year: Year = None
) -> NetworkReportOut:
    """Read how far each centre reaches: industries spanned, hours shared, joint projects."""
    return await answers.network_report(session, actor, year or today.year, today)


@router.get(
    "/network/workbook",
    operation_id="registry_download_network_report",
    openapi_extra=access(*READERS, "member", tenant=NETWORK, rules=("A005", "X15")),
    responses={**BOOK, **problems("YEAR_WITHOUT_FIGURES")},
    response_class=Response,
)
async def download_network_report(
    actor: CurrentActor, today: Today, language: Language, session: Reading, year: Year = None
) -> Response:
    """Download the network report as a spreadsheet."""
    report = await answers.network_report(session, actor, year or today.year, today)
    words = await _words(session, language)
    return _book(pages.network_workbook(report, words), f"network-{report.year}")


@router.get(
    "/network/page",
    operation_id="registry_show_network_report",
    openapi_extra=access(*READERS, "member", tenant=NETWORK, rules=("A005",)),
    responses={**PAGE, **problems("YEAR_WITHOUT_FIGURES")},
    response_class=Response,
)
async def show_network_report(
    actor: CurrentActor, today: Today, language: Language, session: Reading, year: Year = None
) -> Response:
    """Look at the network report as a page with charts."""
    report = await answers.network_report(session, actor, year or today.year, today)
    return page_response(pages.network_page(report, await _words(session, language)))
