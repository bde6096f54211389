"""Dossiers for agencies over HTTP."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from evaluation.dossiers import actions, queries
from evaluation.dossiers.clients import AskedRelease
from evaluation.dossiers.rules import DossierPart
from evaluation.dossiers.schemas import (
    AgencyDossierContentOut,
    AgencyDossierOut,
    DossierAssessmentOut,
    DossierWithdrawalIn,
    DossierYearOut,
)
from evaluation.dossiers.tables import AgencyDossier
from evaluation.results.schemas import document_of
from shared.http import (
    CurrentActor,
    IfMatch,
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

router = Router(prefix="/v1/evaluation/dossiers", tags=["dossiers"])
ROUTERS: Final = (router,)
RULES: Final = ("A133", "A135")
APPROVERS: Final = access("approver", tenant="any centre", rules=RULES)
READERS: Final = access(
    "official", "agency", tenant="officials all, an agency what is released to it", rules=RULES
)


@router.post(
    "",
    status_code=201,
    operation_id="evaluation_release_dossier",
    openapi_extra=APPROVERS,
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "FIELD_INVALID", "AGENCY_REQUIRED"),
)
async def release(
    asked: AskedRelease,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> AgencyDossierOut:
    """Let an agency read a centre's published results, within a scope and until a day."""
    row = await actions.release(session, actor, asked.body, now, today, is_agency=asked.to_agency)
    return _out(row, response)


@router.get(
    "",
    operation_id="evaluation_list_dossiers",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE"),
)
async def list_dossiers(
    actor: CurrentActor,
    page: PageQuery,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="One centre.")] = None,
) -> Page[AgencyDossierOut]:
    """List releases, newest first; an agency finds those that stand today."""
    rows, next_cursor = await paginate(
        session,
        queries.dossiers(actor, today, center_id),
        page,
        keys=[col(AgencyDossier.id).desc()],
        filters={"center_id": center_id},
    )
    items = [AgencyDossierOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{dossier_id}",
    operation_id="evaluation_get_dossier",
    openapi_extra=READERS,
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE"),
)
async def get_dossier(
    dossier_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Reading
) -> AgencyDossierContentOut:
    """Read what is published and in scope, as it stands now."""
    row = await queries.dossier(session, actor, dossier_id, today)
    asked = set(row.parts)
    years: list[Any] = []
    if asked & {DossierPart.RATINGS, DossierPart.LEAF_POINTS}:
        years = list(await queries.published_years(session, row))
    assessed = []
    if DossierPart.ASSESSMENTS in asked:
        assessed = list(await queries.published_assessments(session, row))
    return AgencyDossierContentOut(
        dossier=_out(row, response),
        years=[_year(*one, leaves=DossierPart.LEAF_POINTS in asked) for one in years],
        assessments=[
            DossierAssessmentOut.model_validate({**one.model_dump(), "total": f"{one.total:.2f}"})
            for one in assessed
        ],
    )


@router.post(
    "/{dossier_id}/withdraw",
    operation_id="evaluation_withdraw_dossier",
    openapi_extra=APPROVERS,
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    dossier_id: UUID,
    body: DossierWithdrawalIn,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    response: Response,
    session: Transaction,
) -> AgencyDossierOut:
    """Withdraw a release; the agency reads nothing of it any more."""
    row = await actions.withdraw(session, actor, dossier_id, body.reason, version, now)
    return _out(row, response)


def _year(publication: Any, result: Any, *, leaves: bool) -> DossierYearOut:  # noqa: ANN401 - rows
    told = document_of(result.document)["leaves"] if leaves else []
    return DossierYearOut.model_validate(
        {
            "year": publication.year,
            "version": publication.version,
            "total": f"{result.total:.2f}",
            "rating": result.rating,
            "result_hash": result.result_hash,
            "published_at": publication.published_at,
            "leaves": [{name: leaf[name] for name in ("code", "points", "max")} for leaf in told],
        }
    )


def _out(row: AgencyDossier, response: Response) -> AgencyDossierOut:
    tagged(response, row.version)
    return AgencyDossierOut.model_validate(row)
