"""Code tables, fields and calls."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from sqlmodel import col

from registry.programme import actions, queries
from registry.programme.schemas import (
    CallIn,
    CallOut,
    CodeOut,
    CodeTableListOut,
    CodeTableOut,
    FieldIn,
    FieldOut,
    FieldPatch,
)
from registry.programme.tables import Call, FieldEntry
from shared.http import (
    CurrentActor,
    IfMatch,
    MaybeActor,
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

PUBLIC = "everyone sees the same"
CACHE = "public, max-age=60"

code_tables = Router(prefix="/v1/registry/code-tables", tags=["programme"])
fields = Router(prefix="/v1/registry/fields", tags=["programme"])
calls = Router(prefix="/v1/registry/calls", tags=["programme"])

Scheme = Annotated[str, Path(max_length=64, description="Name of a code table.")]
FieldPath = Annotated[str, Path(max_length=64, description="Code of a field.")]


@code_tables.get(
    "",
    operation_id="registry_list_code_tables",
    openapi_extra=access(tenant=PUBLIC, rules=("X15",)),
    responses=problems(),
)
async def list_code_tables(response: Response, session: Reading) -> CodeTableListOut:
    """Name the code tables."""
    response.headers["Cache-Control"] = CACHE
    return CodeTableListOut(items=list(await queries.code_schemes(session)))


@code_tables.get(
    "/{scheme}",
    operation_id="registry_read_code_table",
    openapi_extra=access(tenant=PUBLIC, rules=("X15",)),
    responses=problems("NOT_FOUND"),
)
async def read_code_table(scheme: Scheme, response: Response, session: Reading) -> CodeTableOut:
    """Read a code table: each word with its Chinese and its English name."""
    response.headers["Cache-Control"] = CACHE
    rows = await queries.code_table(session, scheme)
    return CodeTableOut(scheme=scheme, entries=[CodeOut.model_validate(row) for row in rows])


@fields.get(
    "",
    operation_id="registry_list_fields",
    openapi_extra=access(tenant=PUBLIC, rules=("A047",)),
    responses=problems(),
)
async def list_fields(
    page: PageQuery,
    response: Response,
    session: Reading,
    on: Annotated[Day | None, Query(description="Only those active that day.")] = None,
) -> Page[FieldOut]:
    """List the fields of industry that the programme supports, with their dates."""
    response.headers["Cache-Control"] = CACHE
    rows, cursor = await paginate(
        session, queries.fields(on), page, keys=[col(FieldEntry.code)], filters={"on": on}
    )
    return Page(items=[FieldOut.model_validate(row) for row in rows], next_cursor=cursor)


@fields.post(
    "",
    status_code=201,
    operation_id="registry_open_field",
    openapi_extra=access("handler", tenant="officials", rules=("A047",)),
    responses=problems("FORBIDDEN_SCOPE", "ALREADY_EXISTS"),
)
async def open_field(
    body: FieldIn, actor: CurrentActor, response: Response, session: Transaction
) -> FieldOut:
    """Add a field of industry."""
    entry = await actions.open_field(session, actor, body)
    tagged(response, entry.version)
    return FieldOut.model_validate(entry)


@fields.patch(
    "/{code}",
    operation_id="registry_retire_field",
    openapi_extra=access("handler", tenant="officials", rules=("A047",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "VERSION_CONFLICT", "DAYS_REVERSED"),
)
async def retire_field(
    code: FieldPath,
    body: FieldPatch,
    actor: CurrentActor,
    version: IfMatch,
    response: Response,
    session: Transaction,
) -> FieldOut:
    """Say on which day a field ends."""
    entry = await actions.retire_field(session, actor, code, body.active_until, version)
    tagged(response, entry.version)
    return FieldOut.model_validate(entry)


@calls.get(
    "",
    operation_id="registry_list_calls",
    openapi_extra=access(tenant="drafts are seen by officials only", rules=("A115",)),
    responses=problems(),
)
async def list_calls(page: PageQuery, actor: MaybeActor, session: Reading) -> Page[CallOut]:
    """List the calls; the rolling one is always among them."""
    rows, cursor = await paginate(
        session, queries.calls(actor), page, keys=[col(Call.id)], filters={}
    )
    return Page(items=[CallOut.model_validate(row) for row in rows], next_cursor=cursor)


@calls.get(
    "/{call_id}",
    operation_id="registry_read_call",
    openapi_extra=access(tenant="drafts are seen by officials only", rules=("A115",)),
    responses=problems("NOT_FOUND"),
)
async def read_call(
    call_id: UUID, actor: MaybeActor, response: Response, session: Reading
) -> CallOut:
    """Read a call with its checklist of materials."""
    call = await queries.visible_call(session, actor, call_id)
    tagged(response, call.version)
    return CallOut.model_validate(call)


@calls.post(
    "",
    status_code=201,
    operation_id="registry_draft_call",
    openapi_extra=access("handler", tenant="officials", rules=("A115", "A047")),
    responses=problems(
        "FORBIDDEN_SCOPE", "FIELD_INACTIVE", "CODE_UNKNOWN", "DAYS_REVERSED", "NOT_FOUND"
    ),
)
async def draft_call(
    body: CallIn, actor: CurrentActor, today: Today, response: Response, session: Transaction
) -> CallOut:
    """Draft a call."""
    call = await actions.draft_call(session, actor, body, today)
    tagged(response, call.version)
    return CallOut.model_validate(call)


@calls.post(
    "/{call_id}/publish",
    operation_id="registry_publish_call",
    openapi_extra=access("handler", tenant="officials", rules=("A115",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def publish_call(
    call_id: UUID, actor: CurrentActor, today: Today, response: Response, session: Transaction
) -> CallOut:
    """Publish a call, so that applications may name it."""
    call = await actions.publish_call(session, actor, call_id, today)
    tagged(response, call.version)
    return CallOut.model_validate(call)


@calls.post(
    "/{call_id}/close",
    operation_id="registry_close_call",
    openapi_extra=access("handler", tenant="officials", rules=("A159",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def close_call(
    call_id: UUID, actor: CurrentActor, response: Response, session: Transaction
) -> CallOut:
    """Close a call; the rolling one stays open."""
    call = await actions.close_call(session, actor, call_id)
    tagged(response, call.version)
    return CallOut.model_validate(call)
