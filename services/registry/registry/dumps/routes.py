"""The HTTP face of dumps and deltas; the public's parts need no token."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from registry.caching import kept_by_all
from registry.directory.queries import feed_scope
from registry.dumps import actions, queries, rules
from registry.dumps.rules import Reader, TableFormat
from registry.dumps.schemas import DumpOut, DumpPartOut, PublicTableOut
from registry.dumps.tables import Dump, DumpPart
from registry.files.rules import content_digest
from shared.auth import Actor
from shared.database import Sessions
from shared.documents import csv_lines
from shared.events.resources import whole_parts
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    PageRequest,
    Reading,
    Router,
    Today,
    access,
    paginate,
    problems,
)
from shared.rules import found, require

READERS: Final = ("official", "service")
SEEN: Final = "services everything; officials no drafts that were never submitted"
EVERYONE: Final = "everyone the same: what the public lists show"
OWN: Final = "/v1/registry/dumps"
ANYONES: Final = "/v1/public/dumps"
TABLES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The table: CSV (UTF-8, a header row), or JSON `{table, on, rows}`.",
        "model": PublicTableOut,
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
# More rows than any of these has; a bound keeps the file from filling the memory.
MOST_ROWS: Final = 50_000
CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "NDJSON, compressed.",
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
    }
}
LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A line for each resource that changed.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}

dumps = Router(prefix=OWN, tags=["dumps"])
deltas = Router(prefix="/v1/registry/deltas", tags=["dumps"])
public = Router(prefix=ANYONES, tags=["public"])
exports = Router(prefix="/v1/public/exports", tags=["public"])
ROUTERS: Final = (dumps, deltas, public, exports)

KindPath = Annotated[str, Path(max_length=64, description="The kind of its resources.")]


def _reader(actor: Actor) -> Reader:
    return rules.readers_of(service=actor.has("service"), official=actor.has("official"))


async def _page(
    session: AsyncSession, page: PageRequest, reader: Reader, address: str
) -> Page[DumpOut]:
    rows, cursor = await paginate(
        session, queries.dumps(), page, keys=[col(Dump.day).desc()], filters={}
    )
    parts = await queries.parts_of(session, [row.id for row in rows], reader)
    items = [_shown(row, parts[row.id], address) for row in rows]
    return Page(items=items, next_cursor=cursor)


def _shown(row: Dump, parts: Sequence[DumpPart], address: str) -> DumpOut:
    return DumpOut(
        id=row.id,
        day=row.day,
        position=row.position,
        taken_at=row.taken_at,
        parts=[
            DumpPartOut(
                kind=part.kind,
                rows=part.rows,
                size=part.size,
                sha256=part.sha256,
                href=f"{address}/{row.id}/{part.kind}",
            )
            for part in parts
        ],
    )


async def _content(request: Request, part: DumpPart) -> StreamingResponse:
    store = actions.store_in(request.app.state.settings)
    # A file of another machine's disk is not here: better said than broken off.
    found(await store.size(part.sha256))
    return StreamingResponse(
        store.chunks(part.sha256),
        media_type="application/gzip",
        headers={
            "Content-Length": str(part.size),
            "Content-Digest": content_digest(part.sha256),
            "Content-Disposition": f'attachment; filename="{part.kind}.ndjson.gz"',
            "ETag": f'"{part.sha256}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@dumps.get(
    "",
    operation_id="registry_list_dumps",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("X15",)),
    responses=problems(),
)
async def list_dumps(page: PageQuery, actor: CurrentActor, session: Reading) -> Page[DumpOut]:
    """List the nightly dumps, the newest first, with the feed position each stands for."""
    return await _page(session, page, _reader(actor), OWN)


@dumps.get(
    "/{dump_id}/{kind}",
    operation_id="registry_download_dump",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("X15",)),
    responses={**CONTENT, **problems("NOT_FOUND")},
    response_class=StreamingResponse,
)
async def download_dump(
    dump_id: UUID, kind: KindPath, actor: CurrentActor, request: Request, session: Reading
) -> StreamingResponse:
    """Fetch the resources of one kind as they stood: NDJSON in gzip."""
    part = await queries.part_found(session, dump_id, _reader(actor), kind)
    return await _content(request, part)


@deltas.get(
    "",
    operation_id="registry_read_delta",
    openapi_extra=access(*READERS, tenant=SEEN, rules=("X15",)),
    responses={**LINES, **problems("POSITIONS_REVERSED")},
    response_class=StreamingResponse,
)
async def read_delta(
    actor: CurrentActor,
    request: Request,
    session: Reading,
    after: Annotated[int, Query(ge=0, le=2**53, description="A dump's position, or any.")] = 0,
    until: Annotated[
        int | None, Query(ge=0, le=2**53, description="A later dump's; else the feed's end.")
    ] = None,
) -> StreamingResponse:
    """Read what became of each resource between two positions: one line each, in their order."""
    last = max(after, await queries.newest_position(session)) if until is None else until
    require(rules.range_checks(after, last))
    lines = _delta(request.app.state.database.sessions, actor, after, last)
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def _delta(sessions: Sessions, actor: Actor, after: int, until: int) -> AsyncIterator[bytes]:
    """Stream the last state of each resource, in a session that outlives the request's."""
    async with sessions.reading() as session:
        scope = await feed_scope(session, actor)
    async with sessions.reading() as session:
        statement = queries.changes_between(after, until)
        stream = await session.stream(statement.execution_options(yield_per=actions.ROWS))
        async for chunk in stream.partitions(actions.ROWS):
            async with sessions.reading() as other:
                events = [queries.event_of(row) for row in chunk]
                if scope.in_full is not None:
                    seen = await scope.in_full(other, events)
                    events = [event for event in events if event.id in seen]
                parts = await whole_parts(other, scope.metadata, events)
            yield b"".join(
                actions.line_of(actions.delta_line(row, parts[row.id]))
                for row in chunk
                if row.id in parts
            )


@public.get(
    "",
    operation_id="public_list_dumps",
    openapi_extra=access(tenant=EVERYONE, rules=("X15",)),
    responses=problems(),
)
async def list_public_dumps(page: PageQuery, session: Reading) -> Page[DumpOut]:
    """List the nightly dumps of what is public, the newest first."""
    return await _page(session, page, Reader.PUBLIC, ANYONES)


@public.get(
    "/{dump_id}/{kind}",
    operation_id="public_download_dump",
    openapi_extra=access(tenant=EVERYONE, rules=("X15",)),
    responses={**CONTENT, **problems("NOT_FOUND")},
    response_class=StreamingResponse,
)
async def download_public_dump(
    dump_id: UUID, kind: KindPath, request: Request, session: Reading
) -> StreamingResponse:
    """Fetch what is public of one kind: NDJSON in gzip."""
    part = await queries.part_found(session, dump_id, Reader.PUBLIC, kind)
    return await _content(request, part)


@exports.get(
    "/{table}",
    operation_id="public_export_table",
    openapi_extra=access(tenant=EVERYONE, rules=("X11", "X15")),
    responses={**TABLES, **problems("NOT_FOUND")},
    response_class=Response,
)
async def export_public_table(
    table: Annotated[str, Path(max_length=64, description="Which one.", examples=["services"])],
    request: Request,
    today: Today,
    session: Reading,
    file_format: Annotated[
        TableFormat, Query(alias="format", description="`csv` or `json`.")
    ] = TableFormat.CSV,
) -> Response:
    """Download what is public of a kind as one file: what its list shows, by id.

    `awards`, `centers`, `first-purchases`, `notices`, `products`, `resources`, `services`,
    `typical-cases`.
    """
    kind = found(rules.DOWNLOADS.get(table))
    rows = await queries.public_rows(session, kind, today, MOST_ROWS)
    if file_format is TableFormat.JSON:
        told = PublicTableOut(table=table, on=today, rows=rows)
        content, media_type = told.model_dump_json().encode(), "application/json"
    else:
        columns = rules.columns_of(kind)
        lines = csv_lines(columns, (rules.cells(row, columns) for row in rows))
        content, media_type = b"".join(lines), "text/csv; charset=utf-8"
    headers = {
        "Content-Disposition": f'attachment; filename="{table}.{file_format.value}"',
        **kept_by_all(request),
    }
    return Response(content, media_type=media_type, headers=headers)
