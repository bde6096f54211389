"""What a centre keeps of how it works: documents, duties, themes, directions, its dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlmodel import col

from registry.governance import actions, queries
from registry.governance.actions import (
    Advice,
    DirectionContent,
    DocumentContent,
    DossierContent,
    Duty,
)
from registry.governance.routes.common import (
    EDIT_CODES,
    OWN,
    PREFIX,
    TAGS,
    center_to_read,
    own_center,
)
from registry.governance.rules import DirectionState, DocumentKind, Theme
from registry.governance.schemas.records import (
    CenterDocumentEndIn,
    CenterDocumentIn,
    CenterDocumentOut,
    DirectionOpinionIn,
    NationalDossierIn,
    NationalDossierOut,
    PilotThemeIn,
    PilotThemeListOut,
    PilotThemeOut,
    PilotThemeReportIn,
    ResearchDirectionIn,
    ResearchDirectionOut,
    ResponsibilityMatrixIn,
    ResponsibilityMatrixOut,
    ResponsibilityOut,
)
from registry.governance.tables import CenterDocument, ResearchDirection
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.http.schemas import Day
from shared.rules import found

router = Router(prefix=PREFIX, tags=TAGS)
READERS = ("member", "official", "service")
READ_CODES = ("NOT_FOUND", "FORBIDDEN_SCOPE")
ThemePath = Annotated[Theme, Path(description="One of three themes.")]


@router.post(
    "/documents",
    status_code=201,
    operation_id="registry_file_center_document",
    openapi_extra=access("member", tenant=OWN, rules=("A016", "A054", "A056", "A102")),
    responses=problems(*EDIT_CODES, "DAYS_REVERSED"),
)
async def file_document(
    center_id: UUID, body: CenterDocumentIn, actor: CurrentActor, now: Now, session: Transaction
) -> CenterDocumentOut:
    """File a document of the centre: articles, regulation, mechanism, summary of the pilot."""
    center = await own_center(session, actor, center_id)
    content = DocumentContent(
        body.kind, body.title, body.file_id, body.valid_from, body.valid_until
    )
    row = await actions.file_document(session, actor, center, content, now)
    return CenterDocumentOut.model_validate(row)


@router.get(
    "/documents",
    operation_id="registry_list_center_documents",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A016", "A054", "A056", "A102")),
    responses=problems(*READ_CODES),
)
async def list_documents(
    center_id: UUID,
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    kind: Annotated[DocumentKind | None, Query(description="Only those of a kind.")] = None,
    on: Annotated[Day | None, Query(description="Only those in force on a day.")] = None,
) -> Page[CenterDocumentOut]:
    """List the documents of a centre, newest first."""
    center = await center_to_read(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        queries.documents(center.id, kind, on),
        page,
        keys=[col(CenterDocument.at).desc(), col(CenterDocument.id).desc()],
        filters={"center_id": center_id, "kind": kind, "on": on},
    )
    return Page(
        items=[CenterDocumentOut.model_validate(row) for row in rows], next_cursor=next_cursor
    )


@router.post(
    "/documents/{document_id}/end",
    operation_id="registry_end_center_document",
    openapi_extra=access("member", tenant=OWN, rules=("A016",)),
    responses=problems(*EDIT_CODES, "DAYS_REVERSED"),
)
async def end_document(
    center_id: UUID,
    document_id: UUID,
    body: CenterDocumentEndIn,
    actor: CurrentActor,
    session: Transaction,
) -> CenterDocumentOut:
    """End a document after its last day."""
    center = await own_center(session, actor, center_id)
    row = await actions.end_document(session, actor, center, document_id, body.valid_until)
    return CenterDocumentOut.model_validate(row)


@router.put(
    "/responsibilities",
    operation_id="registry_set_responsibilities",
    openapi_extra=access("member", tenant=OWN, rules=("A054",)),
    responses=problems(*EDIT_CODES),
)
async def set_responsibilities(
    center_id: UUID, body: ResponsibilityMatrixIn, actor: CurrentActor, session: Transaction
) -> ResponsibilityMatrixOut:
    """Set the whole responsibility matrix of the centre."""
    center = await own_center(session, actor, center_id)
    duties = [Duty(**item.model_dump()) for item in body.items]
    rows = await actions.set_responsibilities(session, actor, center, duties)
    return ResponsibilityMatrixOut(items=[ResponsibilityOut.model_validate(row) for row in rows])


@router.get(
    "/responsibilities",
    operation_id="registry_read_responsibilities",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A054",)),
    responses=problems(*READ_CODES),
)
async def read_responsibilities(
    center_id: UUID, actor: CurrentActor, session: Reading
) -> ResponsibilityMatrixOut:
    """Read the responsibility matrix of a centre."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.responsibilities(session, center.id)
    return ResponsibilityMatrixOut(items=[ResponsibilityOut.model_validate(row) for row in rows])


@router.put(
    "/pilot-themes/{theme}",
    operation_id="registry_name_pilot_theme",
    openapi_extra=access("member", tenant=OWN, rules=("A103",)),
    responses=problems(*EDIT_CODES),
)
async def name_theme(
    center_id: UUID,
    theme: ThemePath,
    body: PilotThemeIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> PilotThemeOut:
    """Name what the pilot tries out under one of the three themes."""
    center = await own_center(session, actor, center_id)
    row = await actions.name_theme(session, actor, center, theme, body.text, today)
    return PilotThemeOut.model_validate(row)


@router.post(
    "/pilot-themes/{theme}/report",
    operation_id="registry_report_pilot_theme",
    openapi_extra=access("member", tenant=OWN, rules=("A103",)),
    responses=problems(*EDIT_CODES),
)
async def report_theme(
    center_id: UUID,
    theme: ThemePath,
    body: PilotThemeReportIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> PilotThemeOut:
    """Report on a theme that the pilot has named."""
    center = await own_center(session, actor, center_id)
    row = await actions.report_theme(session, actor, center, theme, body.text, body.file_id, today)
    return PilotThemeOut.model_validate(row)


@router.get(
    "/pilot-themes",
    operation_id="registry_list_pilot_themes",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A103",)),
    responses=problems(*READ_CODES),
)
async def list_themes(center_id: UUID, actor: CurrentActor, session: Reading) -> PilotThemeListOut:
    """List the themes of a pilot with their reports."""
    center = await center_to_read(session, actor, center_id)
    rows = await queries.themes(session, center.id)
    return PilotThemeListOut(items=[PilotThemeOut.model_validate(row) for row in rows])


@router.post(
    "/research-directions",
    status_code=201,
    operation_id="registry_propose_direction",
    openapi_extra=access("member", tenant=OWN, rules=("A081",)),
    responses=problems(*EDIT_CODES, "CODE_UNKNOWN"),
)
async def propose_direction(
    center_id: UUID, body: ResearchDirectionIn, actor: CurrentActor, now: Now, session: Transaction
) -> ResearchDirectionOut:
    """Propose a research direction of the centre."""
    center = await own_center(session, actor, center_id)
    content = DirectionContent(body.title, body.summary, body.field_code)
    row = await actions.propose_direction(session, actor, center, content, now)
    return ResearchDirectionOut.model_validate(row)


@router.get(
    "/research-directions",
    operation_id="registry_list_directions",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A081",)),
    responses=problems(*READ_CODES),
)
async def list_directions(
    center_id: UUID,
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    state: Annotated[DirectionState | None, Query(description="Only those in a state.")] = None,
) -> Page[ResearchDirectionOut]:
    """List the research directions of a centre, newest first."""
    center = await center_to_read(session, actor, center_id)
    rows, next_cursor = await paginate(
        session,
        queries.directions(center.id, state),
        page,
        keys=[col(ResearchDirection.at).desc(), col(ResearchDirection.id).desc()],
        filters={"center_id": center_id, "state": state},
    )
    return Page(
        items=[ResearchDirectionOut.model_validate(row) for row in rows], next_cursor=next_cursor
    )


@router.post(
    "/research-directions/{direction_id}/opinion",
    operation_id="registry_advise_direction",
    openapi_extra=access("member", tenant=OWN, rules=("A079", "A081")),
    responses=problems(*EDIT_CODES, "BODY_NOT_IN_OFFICE", "GOV_BODY_COMPOSITION", "DAY_IN_FUTURE"),
)
async def advise_direction(
    center_id: UUID,
    direction_id: UUID,
    body: DirectionOpinionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> ResearchDirectionOut:
    """Record the technical committee's opinion; it adopts the direction or rejects it."""
    center = await own_center(session, actor, center_id)
    direction = await queries.direction_for_update(session, center.id, direction_id)
    committee = await queries.body_of(session, center.id, body.body_id)
    advice = Advice(body.opinion, body.text, body.given_on, body.file_id)
    row = await actions.advise(session, actor, direction, committee, advice, today)
    return ResearchDirectionOut.model_validate(row)


@router.post(
    "/research-directions/{direction_id}/close",
    operation_id="registry_close_direction",
    openapi_extra=access("member", tenant=OWN, rules=("A081",)),
    responses=problems(*EDIT_CODES),
)
async def close_direction(
    center_id: UUID, direction_id: UUID, actor: CurrentActor, session: Transaction
) -> ResearchDirectionOut:
    """Close a direction; projects that cite it stay."""
    center = await own_center(session, actor, center_id)
    direction = await queries.direction_for_update(session, center.id, direction_id)
    row = await actions.close_direction(session, actor, direction)
    return ResearchDirectionOut.model_validate(row)


@router.put(
    "/national-dossier",
    operation_id="registry_write_national_dossier",
    openapi_extra=access("member", tenant=OWN, rules=("A123",)),
    responses=problems(*EDIT_CODES, "FILE_UNKNOWN"),
)
async def write_dossier(
    center_id: UUID,
    body: NationalDossierIn,
    actor: CurrentActor,
    session: Transaction,
    response: Response,
) -> NationalDossierOut:
    """Write the centre's dossier for the national level, until it is handed in."""
    center = await own_center(session, actor, center_id)
    content = DossierContent(body.text, body.alliance_coverage_ppm, body.file_ids)
    row = await actions.write_dossier(session, actor, center, content)
    tagged(response, row.version)
    return NationalDossierOut.model_validate(row)


@router.get(
    "/national-dossier",
    operation_id="registry_read_national_dossier",
    openapi_extra=access(*READERS, tenant=OWN, rules=("A123",)),
    responses=problems(*READ_CODES),
)
async def read_dossier(
    center_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> NationalDossierOut:
    """Read the centre's dossier for the national level."""
    center = await center_to_read(session, actor, center_id)
    row = found(await queries.dossier(session, center.id))
    tagged(response, row.version)
    return NationalDossierOut.model_validate(row)


@router.post(
    "/national-dossier/submit",
    operation_id="registry_submit_national_dossier",
    openapi_extra=access("member", tenant=OWN, rules=("A123",)),
    responses=problems(*EDIT_CODES, "DOSSIER_MISSING"),
)
async def submit_dossier(
    center_id: UUID, actor: CurrentActor, today: Today, session: Transaction
) -> NationalDossierOut:
    """Hand the dossier in; from now on it is not edited."""
    center = await own_center(session, actor, center_id)
    row = await actions.submit_dossier(session, actor, center, today)
    return NationalDossierOut.model_validate(row)
