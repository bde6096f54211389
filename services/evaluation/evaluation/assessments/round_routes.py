"""Rounds of triennial assessments over HTTP; what a centre is told is its assessment."""

from collections import Counter
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.assessments import round_actions as actions
from evaluation.assessments import round_queries as queries
from evaluation.assessments.round_queries import RoundCenter
from evaluation.assessments.round_rules import RoundProgress, RoundState, years_of
from evaluation.assessments.schemas import (
    AssessmentRoundIn,
    AssessmentRoundOut,
    RoundCenterOut,
    RoundExplanationIn,
)
from evaluation.assessments.tables import AssessmentRound
from evaluation.cycles.tables import EvaluationCase
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

router = Router(prefix="/v1/evaluation/assessment-rounds", tags=["assessments"])
HANDLERS: Final = access("handler", tenant="any centre", rules=("A124", "A131"))
READERS: Final = access("official", tenant="any centre", rules=("A124", "A131"))


@router.post(
    "",
    status_code=201,
    operation_id="evaluation_open_assessment_round",
    openapi_extra=HANDLERS,
    responses=problems("FORBIDDEN_SCOPE", "FIELD_INVALID", "ALREADY_EXISTS"),
)
async def open_round(
    body: AssessmentRoundIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    response: Response,
    session: Transaction,
) -> AssessmentRoundOut:
    """Open the round of three years for all centres that were judged in them."""
    row = await actions.open_round(session, actor, body.last_year, body.due_on, now, today)
    return await _shown(session, row, response)


@router.get(
    "",
    operation_id="evaluation_list_assessment_rounds",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "CURSOR_MISMATCH"),
)
async def list_rounds(
    page: PageQuery,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
    state: Annotated[RoundState | None, Query(description="Only this state.")] = None,
) -> Page[AssessmentRoundOut]:
    """List rounds, the latest years first, with how many centres are how far."""
    statement = queries.rounds(state)
    keys = [col(AssessmentRound.last_year).desc(), col(AssessmentRound.id).desc()]
    rows, next_cursor = await paginate(session, statement, page, keys, {"state": state})
    counts = await queries.counts_of(session, rows)
    return Page(items=[_round(row, counts[row.id]) for row in rows], next_cursor=next_cursor)


@router.get(
    "/{round_id}",
    operation_id="evaluation_get_assessment_round",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_round(
    round_id: UUID,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    response: Response,
    session: Reading,
) -> AssessmentRoundOut:
    """Show a round with how many centres are how far."""
    return await _shown(session, await queries.assessment_round(session, round_id), response)


@router.get(
    "/{round_id}/centers",
    operation_id="evaluation_list_round_centers",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "CURSOR_MISMATCH"),
)
async def list_centers(
    round_id: UUID,
    page: PageQuery,
    actor: CurrentActor,  # noqa: ARG001 - only officials come here
    session: Reading,
) -> Page[RoundCenterOut]:
    """List the centres of a round with the years that each has and lacks, and how far it is."""
    row = await queries.assessment_round(session, round_id)
    keys = [col(EvaluationCase.center_id).asc()]
    found, next_cursor = await paginate(
        session, queries.centers_page(row.last_year), page, keys, {"round_id": round_id}
    )
    ids: list[UUID] = list(found)
    told = await queries.centers_of(session, row, ids)
    return Page(items=[_center(row, told[one]) for one in ids], next_cursor=next_cursor)


@router.post(
    "/{round_id}/explanations",
    status_code=201,
    operation_id="evaluation_explain_round_center",
    openapi_extra=HANDLERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def explain(
    round_id: UUID,
    body: RoundExplanationIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> RoundCenterOut:
    """Say why a centre is not assessed in this round; it keeps the round open no more."""
    row = await actions.explain(session, actor, round_id, body.center_id, body.reason, now)
    told = await queries.centers_of(session, row, [body.center_id])
    return _center(row, told[body.center_id])


@router.post(
    "/{round_id}/close",
    operation_id="evaluation_close_assessment_round",
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "STATE_CONFLICT", "ROUND_UNDECIDED"
    ),
)
async def close(
    round_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    response: Response,
    session: Transaction,
) -> AssessmentRoundOut:
    """Close a round, once each of its centres is decided or explained."""
    return await _shown(
        session, await actions.close(session, actor, round_id, version, now), response
    )


async def _shown(
    session: AsyncSession, row: AssessmentRound, response: Response
) -> AssessmentRoundOut:
    tagged(response, row.version)
    return _round(row, (await queries.counts_of(session, [row]))[row.id])


def _round(row: AssessmentRound, counts: Counter[RoundProgress]) -> AssessmentRoundOut:
    return AssessmentRoundOut(
        **row.model_dump(),
        years=years_of(row.last_year),
        centers={how_far.value: count for how_far, count in sorted(counts.items())},
    )


def _center(row: AssessmentRound, one: RoundCenter) -> RoundCenterOut:
    years = set(years_of(row.last_year))
    said = one.explanation
    return RoundCenterOut(
        center_id=one.center_id,
        published_years=sorted(one.published),
        missing_years=sorted(years - one.published),
        progress=one.progress(row.last_year),
        assessment_id=one.assessment_ids.get(row.last_year),
        explanation=None if said is None else said.reason,
        due_on=row.due_on,
    )
