"""The HTTP face of triennial assessments."""

import json
from fractions import Fraction
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from evaluation.assessments import actions, queries
from evaluation.assessments.round_routes import router as rounds
from evaluation.assessments.rules import signed_text
from evaluation.assessments.schemas import AdjustmentIn, AssessmentIn, AssessmentOut
from evaluation.assessments.tables import TriennialAssessment
from evaluation.cycles.schemas import AskedYear
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

router = Router(prefix="/v1/evaluation/assessments", tags=["assessments"])
ROUTERS: Final = (router, rounds)
RULES: Final = ("A131", "A124", "X03")
READERS: Final = access(
    "official", "member", "service",
    tenant="officials see all, a centre's operator and lead theirs once it is published",
    rules=("X04", "X11"),
)  # fmt: skip


@router.post(
    "",
    status_code=201,
    operation_id="evaluation_draft_assessment",
    openapi_extra=access("handler", tenant="any centre", rules=RULES),
    responses=problems(
        "NOT_FOUND", "SOD_VIOLATION", "TRIENNIAL_INCOMPLETE", "YEARS_OVERLAP", "STATE_CONFLICT"
    ),
)
async def draft(
    body: AssessmentIn, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> AssessmentOut:
    """Assess a centre by three published years in a row."""
    years = actions.Years(body.center_id, body.last_year, body.method)
    return _out(await actions.draft(session, actor, years, now), response)


@router.get(
    "", operation_id="evaluation_list_assessments", openapi_extra=READERS, responses=problems()
)
async def list_assessments(
    actor: CurrentActor,
    page: PageQuery,
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="One centre.")] = None,
    last_year: Annotated[AskedYear | None, Query(description="The last of three years.")] = None,
) -> Page[AssessmentOut]:
    """List assessments, newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.assessments(actor, center_id, last_year),
        page,
        keys=[col(TriennialAssessment.id).desc()],
        filters={"center_id": center_id, "last_year": last_year},
    )
    return Page(items=[_out(row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{assessment_id}",
    operation_id="evaluation_get_assessment",
    openapi_extra=READERS,
    responses=problems("NOT_FOUND"),
)
async def get_assessment(
    assessment_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> AssessmentOut:
    """Show an assessment with the three results that it rests on."""
    return _out(await queries.assessment(session, actor, assessment_id), response)


@router.put(
    "/{assessment_id}/adjustment",
    operation_id="evaluation_adjust_assessment",
    openapi_extra=access("handler", tenant="any centre", rules=("A131", "X06")),
    responses=problems(
        "NOT_FOUND",
        "VERSION_CONFLICT",
        "ADJUSTMENT_TOO_LARGE",
        "STATE_CONFLICT",
        "STALE_INPUT",
        "SOD_VIOLATION",
    ),
)
async def adjust(
    assessment_id: UUID,
    body: AdjustmentIn,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> AssessmentOut:
    """Enter by how much the panel moves the score, within five points, and why."""
    points = Fraction(body.points)
    return _out(
        await actions.adjust(session, actor, assessment_id, points, body.reason, version), response
    )


@router.post(
    "/{assessment_id}/review",
    operation_id="evaluation_review_assessment",
    openapi_extra=access("reviewer", tenant="any centre", rules=RULES),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT", "STALE_INPUT"),
)
async def review(
    assessment_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> AssessmentOut:
    """Let an assessment go to publication."""
    return _out(await actions.review(session, actor, assessment_id, now), response)


@router.post(
    "/{assessment_id}/publish",
    operation_id="evaluation_publish_assessment",
    openapi_extra=access("approver", tenant="any centre", rules=RULES),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "STATE_CONFLICT", "STALE_INPUT"),
)
async def publish(
    assessment_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> AssessmentOut:
    """Publish an assessment, by somebody who had no part in it or in its years."""
    return _out(await actions.publish(session, actor, assessment_id, now), response)


def _out(row: TriennialAssessment, response: Response | None = None) -> AssessmentOut:
    if response is not None:
        tagged(response, row.version)
    kept = row.model_dump(exclude={"document", "score", "total", "adjustment"})
    return AssessmentOut(
        **kept,
        years=json.loads(row.document)["years"],
        score=f"{row.score:.2f}",
        total=f"{row.total:.2f}",
        adjustment=signed_text(Fraction(row.adjustment)),
    )
