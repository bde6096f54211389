"""Snapshots, results and public ratings over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import queries as cycles
from evaluation.cycles.clients import GatheredFacts
from evaluation.cycles.schemas import AskedYear
from evaluation.cycles.tables import EvaluationCase
from evaluation.results import (
    actions,
    computing_actions,
    freezing_actions,
    queries,
    standing_queries,
)
from evaluation.results.schemas import (
    EvaluationResultOut,
    FactCountsOut,
    FactSnapshotOut,
    FeedPositionsOut,
    LeafResultOut,
    PublicRatingOut,
    ResultReviewIn,
    SecondReadingIn,
    SecondReadingOut,
    document_of,
)
from evaluation.results.tables import EvaluationResult, FactSnapshot, ResultPublication
from evaluation.schemes.rules import Rating
from shared.http import (
    CurrentActor,
    Language,
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
    readiness_of,
)
from shared.http.schemas import Code, Readiness
from shared.rules import Kind, Rule, found, require

router = Router(prefix="/v1/evaluation/cases", tags=["results"])
public = Router(prefix="/v1/public/ratings", tags=["results"])
ROUTERS: Final = (router, public)
HANDLERS = access("handler", tenant="any case", rules=("X03", "X13"))
COMPUTERS = access(
    "official", tenant="any case; a handler keeps results", rules=("A126", "A127", "A132")
)
OFFICIALS = access("official", "service", tenant="any case")
READERS = access(
    "official", "member", "expert", "agency", "service",
    tenant="officials see all, a centre's operator and lead theirs once it is published",
    rules=("X04", "X11"),
)  # fmt: skip
KEEPING: Final = Rule("X02", "delivery")


@router.post(
    "/{case_id}/snapshot",
    operation_id="evaluation_freeze_snapshot",
    status_code=201,
    openapi_extra=HANDLERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "REPORT_MISSING", "SOD_VIOLATION"
    ),
)
async def freeze(
    case_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    gathered: GatheredFacts,
    session: Transaction,
) -> FactSnapshotOut:
    """Freeze the year's facts, plan and report as known at the cut-off."""
    return _snapshot(await freezing_actions.freeze(session, actor, case_id, gathered, now, today))


@router.get(
    "/{case_id}/snapshot",
    operation_id="evaluation_get_snapshot",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_snapshot(case_id: UUID, actor: CurrentActor, session: Reading) -> FactSnapshotOut:
    """Show what was frozen, and its hash."""
    case = await cycles.case(session, actor, case_id)
    return _snapshot(found(await queries.snapshot_of(session, case.id)))


@router.get(
    "/{case_id}/snapshot/content",
    operation_id="evaluation_get_snapshot_content",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
    response_class=Response,
)
async def get_snapshot_content(case_id: UUID, actor: CurrentActor, session: Reading) -> Response:
    """Give the frozen bytes, whose SHA-256 is the snapshot's hash."""
    case = await cycles.case(session, actor, case_id)
    snapshot = found(await queries.snapshot_of(session, case.id))
    return Response(snapshot.content, media_type="application/json")


@router.post(
    "/{case_id}/compute",
    operation_id="evaluation_compute_result",
    openapi_extra=COMPUTERS,
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "SNAPSHOT_MISSING", "SHEETS_TOO_FEW",
        "SHEETS_WAITING", "PANEL_INCOMPLETE", "SCHEME_FROZEN", "PANEL_CONFLICT", "SOD_VIOLATION",
        "LEAF_NOT_REOPENED", "LEAF_WAITING", "SHEET_INCOMPLETE", "SNAPSHOT_CHANGED",
        "VALUE_NEGATIVE", "WEIGHTS_NOT_100",
    ),
)  # fmt: skip
async def compute(
    case_id: UUID,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
    preview: Annotated[bool, Query(description="Compute and keep nothing.")] = False,  # noqa: FBT002 - a query says it by name
    profile: Annotated[
        Code | None, Query(description="Another weight profile, for a preview: code or id.")
    ] = None,
) -> EvaluationResultOut:
    """Compute the result from the frozen facts and the score sheets."""
    if preview:
        session.info["preview"] = True
        computed = await computing_actions.preview(session, actor, case_id, profile, today)
    else:
        require([KEEPING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=actor.has("handler"))])
        computed = await computing_actions.compute(session, actor, case_id, profile, now, today)
    document = {**computed.outcome.document, "result_hash": computed.outcome.result_hash}
    comments = await computing_actions.said_of(session, computed)
    return _result(computed.case, computed.result, None, document, comments)


@router.get(
    "/{case_id}/readiness",
    operation_id="evaluation_get_case_readiness",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_CHANGED"),
)
async def readiness(
    case_id: UUID, actor: CurrentActor, today: Today, language: Language, session: Reading
) -> Readiness:
    """Tell what the case waits for, and which rules of that step hold."""
    step = await standing_queries.next_step(session, actor, case_id, today)
    return Readiness(
        ready=step.name is not None and not any(check.refuses for check in step.checks),
        next_step=step.name,
        who_acts=step.who_acts,
        checks=readiness_of(step.checks, language),
    )


@router.post(
    "/{case_id}/second-readings",
    operation_id="evaluation_read_result_again",
    status_code=201,
    openapi_extra=access("reviewer", tenant="any case", rules=("A126", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "STATE_CONFLICT",
        "PANEL_CONFLICT",
        "SOD_VIOLATION",
        "SNAPSHOT_CHANGED",
        "STALE_INPUT",
    ),
)
async def read_again(
    case_id: UUID, body: SecondReadingIn, actor: CurrentActor, now: Now, session: Transaction
) -> SecondReadingOut:
    """Record a second reading; a total near a grade's bound is not reviewed without one."""
    reading = await actions.read_again(session, actor, case_id, body.conclusion, body.reason, now)
    return SecondReadingOut.model_validate(reading)


@router.get(
    "/{case_id}/second-readings",
    operation_id="evaluation_list_second_readings",
    openapi_extra=OFFICIALS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def list_readings(
    case_id: UUID, actor: CurrentActor, session: Reading
) -> Page[SecondReadingOut]:
    """List the second readings of the newest result."""
    case = await cycles.case(session, actor, case_id)
    last = await queries.latest_result(session, case.id)
    rows = [] if last is None else await queries.readings_of(session, last.id)
    return Page(items=[SecondReadingOut.model_validate(row) for row in rows])


@router.post(
    "/{case_id}/review",
    operation_id="evaluation_review_result",
    openapi_extra=access("reviewer", tenant="any case", rules=("A126", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT", "SECOND_READING_MISSING", "STALE_INPUT",
        "PANEL_CONFLICT", "SOD_VIOLATION", "SNAPSHOT_CHANGED"),
)  # fmt: skip
async def review(
    case_id: UUID,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
    body: ResultReviewIn | None = None,
) -> EvaluationResultOut:
    """Let the result go to publication."""
    text = None if body is None else body.text
    return await _decided(session, *await actions.review(session, actor, case_id, text, now))


@router.post(
    "/{case_id}/publish",
    operation_id="evaluation_publish_result",
    openapi_extra=access("approver", tenant="any case", rules=("A124", "X03")),
    responses=problems(
        "FORBIDDEN_SCOPE",
        "NOT_FOUND",
        "STATE_CONFLICT",
        "SECOND_READING_MISSING",
        "STALE_INPUT",
        "PANEL_CONFLICT",
        "SOD_VIOLATION",
        "SNAPSHOT_CHANGED",
    ),
)
async def publish(
    case_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> EvaluationResultOut:
    """Publish the result, by somebody who had no part in it before."""
    return await _decided(session, *await actions.publish(session, actor, case_id, now))


@router.get(
    "/{case_id}/result",
    operation_id="evaluation_get_result",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SNAPSHOT_CHANGED"),
)
async def get_result(
    case_id: UUID,
    actor: CurrentActor,
    session: Reading,
    version: Annotated[
        int | None, Query(ge=1, le=10_000, description="An earlier version of the result.")
    ] = None,
) -> EvaluationResultOut:
    """Show a result leaf by leaf; a centre sees its own once it is published."""
    return await _decided(session, *await queries.result(session, actor, case_id, version))


@router.get(
    "/{case_id}/result/document",
    operation_id="evaluation_get_result_document",
    openapi_extra=READERS,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
    response_class=Response,
)
async def get_result_document(case_id: UUID, actor: CurrentActor, session: Reading) -> Response:
    """Give the result's canonical bytes, whose SHA-256 is its `result_hash`."""
    _, result = await queries.result(session, actor, case_id, None)
    return Response(result.document, media_type="application/json")


@public.get(
    "",
    operation_id="public_list_ratings",
    openapi_extra=access(tenant="what was published", rules=("X11",)),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_ratings(
    page: PageQuery,
    response: Response,
    session: Reading,
    year: Annotated[AskedYear | None, Query(description="The year that was judged.")] = None,
    center_code: Annotated[Code | None, Query(description="One centre.")] = None,
    rating: Annotated[Rating | None, Query(description="One grade.")] = None,
) -> Page[PublicRatingOut]:
    """List published ratings, newest first; no token is needed.

    Those of centres that were taken over are among them, marked, for years not judged here.
    """
    asked = queries.ratings_page(year, center_code, rating)
    filters = {"year": year, "center_code": center_code, "rating": rating}
    rows, next_cursor = await paginate(session, asked.statement, page, asked.keys, filters)
    response.headers["cache-control"] = "public, max-age=60"
    items = [
        PublicRatingOut.model_validate(dict(zip(asked.names, row, strict=True))) for row in rows
    ]
    return Page(items=items, next_cursor=next_cursor)


def _snapshot(snapshot: FactSnapshot) -> FactSnapshotOut:
    return FactSnapshotOut(
        id=snapshot.id,
        case_id=snapshot.case_id,
        snapshot_hash=snapshot.hash,
        cutoff_at=snapshot.cutoff_at,
        taken_at=snapshot.taken_at,
        positions=FeedPositionsOut(
            registry=snapshot.registry_position, ip_ledger=snapshot.ip_ledger_position
        ),
        facts=FactCountsOut(registry=snapshot.registry_facts, ip_ledger=snapshot.ip_ledger_facts),
        plan_version=snapshot.plan_version,
        report_state=snapshot.report_state,
    )


async def _decided(
    session: AsyncSession, case: EvaluationCase, result: EvaluationResult
) -> EvaluationResultOut:
    published = await queries.publication_of(session, result.id)
    comments = await computing_actions.comments_of(session, result)
    document = {**document_of(result.document), "result_hash": result.result_hash}
    return _result(case, result, published, document, comments)


def _result(
    case: EvaluationCase,
    result: EvaluationResult | None,
    published: ResultPublication | None,
    document: Mapping[str, Any],
    comments: Mapping[str, list[str]],
) -> EvaluationResultOut:
    leaves = [
        LeafResultOut.model_validate({**leaf, "comments": comments.get(leaf["code"], [])})
        for leaf in document["leaves"]
    ]
    return EvaluationResultOut.model_validate(
        {
            **document,
            "case_id": case.id,
            "center_id": case.center_id,
            "year": case.year,
            "state": case.state,
            "preview": result is None,
            "version": None if result is None else result.version,
            "computed_at": None if result is None else result.computed_at,
            "published_at": None if published is None else published.published_at,
            "leaves": leaves,
        }
    )
