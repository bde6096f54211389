"""Site visits over HTTP; the registry is asked for the report's file before the transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.duties.rules import SubjectType
from evaluation.visits import actions, queries
from evaluation.visits.rules import VisitEvidence
from evaluation.visits.schemas import (
    SiteVisitChange,
    SiteVisitIn,
    SiteVisitOut,
    VisitEvidenceIn,
    VisitSignatureIn,
    VisitSignatureOut,
)
from evaluation.visits.tables import SiteVisit, VisitExpert, VisitSignature
from shared.evidence import hashes
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)

router = Router(prefix="/v1/evaluation/site-visits", tags=["site-visits"])
HANDLERS = access("handler", tenant="any subject under review", rules=("A118", "X03", "X08"))
SIGNERS = access("expert", tenant="visits the expert took part in", rules=("A121", "X08"))
# Members are let in to be told that there is nothing: who visited is not theirs to know.
READERS = access("official", "expert", "member", "agency", tenant="officials; experts their own")
CONFLICTS = (
    "COI_CURRENT_ORG",
    "COI_EMPLOYMENT_3Y",
    "COI_BOARD",
    "COI_SHAREHOLDING",
    "COI_KINSHIP",
    "COI_COAUTHORED",
    "COI_GOVERNANCE_SEAT",
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, with the file that it names."""

    told: actions.Change


async def reported(
    body: SiteVisitIn, actor: CurrentActor, work: CurrentWork, services: Services
) -> actions.Report:
    """Ask the registry for the report's file, and for what else shows the visit."""
    await work.replay()
    named = [body.report_file_id, *(one.file_id for one in body.evidence)]
    known = await hashes(services, actor, named)
    return actions.Report(
        subject_type=body.subject_type,
        subject_id=body.subject_id,
        visited_on=body.visited_on,
        expert_ids=tuple(body.expert_ids),
        file=_file(known, body.report_file_id),
        evidence=_evidence(known, body.evidence),
    )


async def changed(
    body: SiteVisitChange, actor: CurrentActor, work: CurrentWork, services: Services
) -> Changed:
    """Ask the registry for the files that are new, where there are any."""
    await work.replay()
    named, shown = body.report_file_id, body.evidence
    files = [*([] if named is None else [named]), *(one.file_id for one in shown or ())]
    known = await hashes(services, actor, files)
    return Changed(
        actions.Change(
            visited_on=body.visited_on,
            file=None if named is None else _file(known, named),
            evidence=None if shown is None else _evidence(known, shown),
        )
    )


def _evidence(
    known: Mapping[UUID, str], shown: Sequence[VisitEvidenceIn]
) -> tuple[VisitEvidence, ...]:
    return tuple(
        VisitEvidence(
            file_id=one.file_id,
            sha256=known.get(one.file_id),
            taken_at=one.taken_at,
            latitude=None if one.latitude is None else Decimal(one.latitude),
            longitude=None if one.longitude is None else Decimal(one.longitude),
        )
        for one in shown
    )


def _file(known: Mapping[UUID, str], file_id: UUID) -> actions.ReportFile:
    return actions.ReportFile(file_id, known.get(file_id))


@router.post(
    "",
    operation_id="evaluation_report_site_visit",
    status_code=201,
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "NOT_FOUND",
        "VISIT_EXPERTS_TOO_FEW",
        "EXPERT_INACTIVE",
        "EXPERT_AWAY",
        *CONFLICTS,
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
        "REVIEW_MISSING",
        "STATE_CONFLICT",
    ),
)
async def report(
    told: Annotated[actions.Report, Depends(reported)],
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> SiteVisitOut:
    """Enter the report of a visit; the experts who went then sign it."""
    visit = await actions.report(session, actor, told, now, today)
    return await _shown(session, visit, response)


@router.get(
    "",
    operation_id="evaluation_list_site_visits",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_visits(
    page: PageQuery,
    actor: CurrentActor,
    session: Reading,
    subject_type: Annotated[SubjectType | None, Query(description="Only of this type.")] = None,
    subject_id: Annotated[UUID | None, Query(description="Only of this subject.")] = None,
) -> Page[SiteVisitOut]:
    """List visits, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visits_page(actor, subject_type, subject_id),
        page,
        [col(SiteVisit.id).desc()],
        {"subject_type": subject_type, "subject_id": subject_id},
    )
    experts = await queries.experts_of(session, [row.id for row in rows])
    signatures = await queries.signatures_of(session, rows)
    items = [
        _visit_out(
            row, [one for one in experts if one.visit_id == row.id], signatures.get(row.id, [])
        )
        for row in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{visit_id}",
    operation_id="evaluation_get_site_visit",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_visit(
    visit_id: UUID, actor: CurrentActor, response: Response, session: Reading
) -> SiteVisitOut:
    """Show a visit with its signatures."""
    return await _shown(session, await queries.visit(session, actor, visit_id), response)


@router.patch(
    "/{visit_id}",
    operation_id="evaluation_change_site_visit",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "PRECONDITION_REQUIRED",
        "EXPERT_AWAY",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ),
)
async def change(
    visit_id: UUID,
    version: IfMatch,
    change: Annotated[Changed, Depends(changed)],
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> SiteVisitOut:
    """Change a report; it must then be signed again."""
    visit = await actions.change(session, actor, visit_id, version, change.told, now, today)
    return await _shown(session, visit, response)


@router.post(
    "/{visit_id}/signatures",
    operation_id="evaluation_sign_site_visit",
    status_code=201,
    openapi_extra=SIGNERS,
    responses=problems(
        "SOD_VIOLATION",
        "NOT_FOUND",
        "EXPERT_AWAY",
        *CONFLICTS,
        "TEXT_HASH_MISMATCH",
        "STATE_CONFLICT",
    ),
)
async def sign(
    visit_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
    body: VisitSignatureIn | None = None,
) -> SiteVisitOut:
    """Sign a report as an expert who went; two signatures complete the visit."""
    read = None if body is None else body.hash
    visit = await actions.sign(session, actor, visit_id, read, now, today)
    return await _shown(session, visit, response)


async def _shown(session: AsyncSession, visit: SiteVisit, response: Response) -> SiteVisitOut:
    tagged(response, visit.version)
    experts = await queries.experts_of(session, [visit.id])
    signatures = await queries.signatures_of(session, [visit])
    return _visit_out(visit, experts, signatures.get(visit.id, []))


def _visit_out(
    visit: SiteVisit, experts: list[VisitExpert], signatures: list[VisitSignature]
) -> SiteVisitOut:
    return SiteVisitOut(
        **visit.model_dump(),
        expert_ids=[row.expert_id for row in experts],
        signatures=[VisitSignatureOut.model_validate(row) for row in signatures],
    )
