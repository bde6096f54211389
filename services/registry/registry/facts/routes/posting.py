"""The HTTP face of facts: one at a time, many at once, and as they were known on a day."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from registry.facts import actions, queries, schemas
from registry.facts.rules import FactKind
from registry.facts.schemas import (
    ROWS,
    DerivedOut,
    FactCorrectionIn,
    FactIn,
    FactOut,
    FactPageOut,
)
from registry.facts.tables import Fact
from shared.auth import Actor
from shared.calendar import end_of_day
from shared.http import (
    CurrentActor,
    CurrentWork,
    PageQuery,
    Reading,
    Router,
    Today,
    Transaction,
    access,
    problems,
)
from shared.http.batch_body import rows_body
from shared.http.batches import (
    BatchKind,
    BatchOptions,
    BatchOut,
    Before,
    Outcome,
    Row,
    RowResult,
    jobs_router,
    run_batch,
)
from shared.http.schemas import Day, Instant

TICK: Final = timedelta(microseconds=1)
OWN = "own facts and those of one's centres; officials and services see all"
JOBS_PATH = "/v1/registry/jobs"

ROWS_BODY: Final = rows_body(schemas.FACT_IN_NAMES, [schemas.POSTED_EXAMPLE])

facts = Router(prefix="/v1/registry/facts", tags=["facts"])
batches = Router(prefix="/v1/registry/fact-batches", tags=["facts"])
jobs = jobs_router("registry", "facts", "member", "handler")


class StandardDomain(StrEnum):
    """What a standard is about; `testing` finds those of inspection and testing (A071)."""

    TESTING = "testing"
    PRODUCT = "product"
    PROCESS = "process"
    MANAGEMENT = "management"


class FactOrder(StrEnum):
    """In which order facts are listed."""

    RECORDED = "recorded_at"
    RECORDED_DESCENDING = "-recorded_at"


def _shown(fact: Fact, superseded_by_id: UUID | None) -> dict[str, Any]:
    return {
        **fact.model_dump(),
        "superseded_by_id": superseded_by_id,
        "derived": DerivedOut(
            is_member=fact.is_member, is_sme=fact.is_sme, region_code=fact.region_code
        ),
    }


async def record_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[actions.Sent]]
) -> list[RowResult]:
    """Record the rows of a batch by the same rules as a single posting."""
    return await actions.record_facts(session, actor, rows, session.info["clock"].today())


async def foretell_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[actions.Sent]], before: Before
) -> list[RowResult]:
    """Tell what recording the rows of a batch would answer, after those that were foretold."""
    today = session.info["clock"].today()
    return await actions.foretell_facts(session, actor, rows, today, before)


def sent_row(body: FactIn, today: date) -> actions.Sent:
    """Make of a row what depends on it and the day alone, while the rows before it are written."""
    return actions.sent(body.fact(), today)


BATCH: Final = BatchKind(
    "fact-batches", ROWS, record_rows, JOBS_PATH, prepare=sent_row, foretell=foretell_rows
)


def as_known(
    as_of: Annotated[
        Instant | Day | None,
        Query(description="What was known then: an instant, or a day, meaning its end."),
    ] = None,
) -> datetime | None:
    """Read `as_of`: a day means its end in Shanghai."""
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    # The first instant of the next day is no longer part of it.
    return end_of_day(as_of) - TICK


@facts.post(
    "",
    status_code=201,
    operation_id="registry_post_fact",
    openapi_extra=access(
        "member", tenant="centres to which one belongs", key_required=True, rules=("A019", "X05")
    ),
    responses=problems(
        "NOT_FOUND",
        "STATE_CONFLICT",
        "EXTERNAL_ID_MISMATCH",
        "USCC_CHECK_DIGIT",
        "AMOUNT_EXCEEDED",
        "CHAIN_STAGE_MISSING",
        "CODE_UNKNOWN",
        "CURRENCY_NOT_CNY",
        "DAYS_REVERSED",
        "DAY_IN_FUTURE",
        "DAY_NOT_OF_MEMBERSHIP",
        "DIRECTION_MISSING",
        "FILE_UNKNOWN",
        "REFERENCE_RESERVED",
        "SHARES_PRECISION",
        "USCC_FORMAT",
        "VERIFIER_CONCERNED",
    ),
)
async def post_fact(
    body: FactIn, actor: CurrentActor, today: Today, response: Response, session: Transaction
) -> FactOut:
    """Record what happened at a centre; posting the same reference again gives the first one."""
    fact, outcome = await actions.post(session, actor, body.fact(), today)
    if outcome is Outcome.DUPLICATE:
        response.status_code = 200
    return _shown(fact, None)  # type: ignore[return-value]  # FastAPI makes the class of the kind


@facts.post(
    "/{fact_id}/corrections",
    status_code=201,
    operation_id="registry_correct_fact",
    openapi_extra=access("member", tenant=OWN, key_required=True, rules=("X07",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "FACT_SUPERSEDED",
        "AMOUNT_EXCEEDED",
        "CHAIN_STAGE_MISSING",
        "CODE_UNKNOWN",
        "CURRENCY_NOT_CNY",
        "DAYS_REVERSED",
        "DAY_IN_FUTURE",
        "DAY_NOT_OF_MEMBERSHIP",
        "DIRECTION_MISSING",
        "FACT_OF_BOOKING",
        "FILE_UNKNOWN",
        "MILESTONE_NAMED",
        "SHARES_PRECISION",
        "STATE_CONFLICT",
        "USCC_CHECK_DIGIT",
        "USCC_FORMAT",
        "VERIFIER_CONCERNED",
    ),
)
async def correct_fact(
    fact_id: UUID,
    body: FactCorrectionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
) -> FactOut:
    """Correct a fact by a new one that supersedes it and says why; both are kept."""
    kept = await queries.fact_seen(session, actor, fact_id, today)
    corrected = body.fact(kept.fact.center_id, kept.fact.external_id)
    fact = await actions.correct(session, actor, kept, corrected, body.reason, today)
    return _shown(fact, None)  # type: ignore[return-value]  # as above


@facts.get(
    "",
    operation_id="registry_list_facts",
    response_model=FactPageOut,
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("X04", "X13")),
    responses=problems("NOT_FOUND"),
)
async def list_facts(
    page: PageQuery,
    actor: CurrentActor,
    today: Today,
    as_of: Annotated[datetime | None, Depends(as_known)],
    session: Reading,
    center_id: Annotated[UUID | None, Query(description="Of this centre.")] = None,
    kind: Annotated[FactKind | None, Query(description="Of this kind.")] = None,
    on: Annotated[Day | None, Query(description="That happened on this day.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="First day included.")] = None,
    until: Annotated[Day | None, Query(description="Last day included.")] = None,
    domain: Annotated[
        StandardDomain | None, Query(description="Standards of this domain (A071).")
    ] = None,
    direction_id: Annotated[
        UUID | None, Query(description="Projects that cite this research direction (A081).")
    ] = None,
    sort: Annotated[FactOrder, Query(description="Order.")] = FactOrder.RECORDED,
) -> Response:
    """List facts as they were known at an instant, corrected ones with what corrects them."""
    asked = queries.FactFilter(
        center_id, kind, on or first, on or until, as_of, domain, direction_id
    )
    told, cursor = await queries.page_of_facts(
        session,
        actor,
        asked,
        page,
        today,
        newest_first=sort is FactOrder.RECORDED_DESCENDING,
    )
    body = f'{{"items":[{",".join(told)}],"next_cursor":{json.dumps(cursor)}}}'
    return Response(body, media_type="application/json")


@facts.get(
    "/{fact_id}",
    operation_id="registry_read_fact",
    response_model=FactOut,
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("X04",)),
    responses=problems("NOT_FOUND"),
)
async def read_fact(fact_id: UUID, actor: CurrentActor, today: Today, session: Reading) -> Response:
    """Read a fact, and which one corrects it."""
    told = await queries.fact_told(session, actor, fact_id, today)
    return Response(told, media_type="application/json")


@batches.post(
    "",
    operation_id="registry_post_facts",
    openapi_extra={
        **access(
            "member",
            tenant="centres to which one belongs",
            key_required=True,
            streamed=True,
            rules=("X05", "A019"),
        ),
        "requestBody": ROWS_BODY,
    },
    responses=problems(
        "IDEMPOTENCY_KEY_REQUIRED",
        "UNSUPPORTED_MEDIA_TYPE",
        "BODY_TOO_LARGE",
        "NOT_FOUND",
        "ROWS_TOO_MANY",
    ),
    response_model=BatchOut,
)
async def post_facts(
    request: Request,
    actor: CurrentActor,
    options: Annotated[BatchOptions, Depends()],
    work: CurrentWork,
) -> Response:
    """Record many facts as JSON, NDJSON or CSV; each row has its own verdict."""
    return await run_batch(request, BATCH, actor, work, options)
