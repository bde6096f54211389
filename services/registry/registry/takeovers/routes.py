"""Existing centres over HTTP: a dry run with a result per row, then a commit by another person."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from registry.takeovers import actions, queries
from registry.takeovers.commands import taken
from registry.takeovers.schemas import (
    ROW_NAMES,
    ROWS,
    TakenCenterIn,
    TakeOverDecisionIn,
    TakeOverDetailOut,
    TakeOverJudgedOut,
    TakeOverOut,
    TakeOverStanding,
)
from registry.takeovers.tables import TakeOver
from shared.http import (
    CurrentActor,
    CurrentWork,
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
    tagged,
)
from shared.http.batch_body import examples_of, rows_body
from shared.http.batches import Outcome, Row, RowResult, inline_rows, row_out
from shared.http.schemas import Day, ShortText

router = Router(prefix="/v1/registry/take-overs", tags=["take-overs"])
OFFICIALS: Final = "officials of the competent authority"
RULES: Final = ("X05", "X03")
ROWS_BODY: Final = rows_body(ROW_NAMES, examples_of(TakenCenterIn))


@router.post(
    "",
    status_code=201,
    operation_id="registry_propose_take_over",
    openapi_extra={
        **access("handler", tenant=OFFICIALS, key_required=True, streamed=True, rules=RULES),
        "requestBody": ROWS_BODY,
    },
    responses={
        **problems(
            "IDEMPOTENCY_KEY_REQUIRED",
            "UNSUPPORTED_MEDIA_TYPE",
            "BODY_TOO_LARGE",
            "ROWS_TOO_MANY",
            "DAY_IN_FUTURE",
        ),
        200: {"model": TakeOverJudgedOut, "description": "A row failed, and nothing is kept."},
    },
    response_model=TakeOverJudgedOut,
)
async def propose(
    request: Request,
    actor: CurrentActor,
    today: Today,
    now: Now,
    language: Language,
    work: CurrentWork,
    source: Annotated[ShortText, Query(description="Where the rows come from.")],
    sourced_on: Annotated[Day, Query(description="The day on which they stood so there.")],
) -> Response:
    """Judge existing centres as a dry run; where every row is good, another person may commit.

    201 when it is kept, 200 with `state: refused` when a row failed and nothing is.
    """
    read = await inline_rows(request, ROWS, work)
    session = await work.begin()
    take_over, results = await actions.propose(
        session,
        actor,
        actions.Source(source, sourced_on, read.sha256),
        [Row(row.index, taken(row.value)) for row in read.rows if isinstance(row, Row)],
        [row for row in read.rows if isinstance(row, RowResult)],
        today,
        now,
    )
    failed = sum(result.outcome is Outcome.FAILED for result in results)
    if failed or not take_over.centers:
        session.info["preview"] = True
    refused = bool(session.info.get("preview"))
    standing = TakeOverStanding.REFUSED if refused else TakeOverStanding.PROPOSED
    answer = TakeOverJudgedOut(
        **{**take_over.model_dump(exclude={"rows"}), "state": standing},
        failed=failed,
        results=[row_out(result, language) for result in results],
    )
    status = 200 if refused else 201
    return Response(answer.model_dump_json(), status, media_type="application/json")


@router.get(
    "",
    operation_id="registry_list_take_overs",
    openapi_extra=access("official", tenant=OFFICIALS, rules=RULES),
    responses=problems(),
)
async def list_take_overs(page: PageQuery, session: Reading) -> Page[TakeOverOut]:
    """List what was brought, newest first."""
    rows, cursor = await paginate(
        session, queries.take_overs(), page, keys=[col(TakeOver.id).desc()]
    )
    return Page(items=[TakeOverOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{take_over_id}",
    operation_id="registry_get_take_over",
    openapi_extra=access("official", tenant=OFFICIALS, rules=RULES),
    responses=problems("NOT_FOUND"),
)
async def get_take_over(
    take_over_id: UUID, session: Reading, response: Response
) -> TakeOverDetailOut:
    """Show a take-over with its rows."""
    row = await queries.take_over(session, take_over_id)
    tagged(response, row.version)
    return TakeOverDetailOut.model_validate(row.model_dump())


@router.post(
    "/{take_over_id}/commit",
    operation_id="registry_commit_take_over",
    openapi_extra=access("approver", tenant=OFFICIALS, rules=RULES),
    responses=problems(
        "NOT_FOUND",
        "SOD_VIOLATION",
        "STATE_CONFLICT",
        "ALREADY_EXISTS",
        "CODE_UNKNOWN",
        "DAYS_OUT_OF_ORDER",
        "DAY_IN_FUTURE",
        "ENTITY_TAKEN",
    ),
)
async def commit(
    take_over_id: UUID,
    body: TakeOverDecisionIn,
    actor: CurrentActor,
    today: Today,
    now: Now,
    session: Transaction,
) -> TakeOverOut:
    """Enter all of it, marked as imported, by somebody who did not bring it."""
    row = await actions.commit(session, actor, take_over_id, body.reason, today, now)
    return TakeOverOut.model_validate(row)


@router.post(
    "/{take_over_id}/drop",
    operation_id="registry_drop_take_over",
    openapi_extra=access("handler", "approver", tenant=OFFICIALS, rules=RULES),
    responses=problems("NOT_FOUND", "STATE_CONFLICT", "SOD_VIOLATION"),
)
async def drop(
    take_over_id: UUID,
    body: TakeOverDecisionIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> TakeOverOut:
    """Give a take-over up; nothing of it was entered."""
    return TakeOverOut.model_validate(
        await actions.drop(session, actor, take_over_id, body.reason, now)
    )
