"""Writing a night's dump, and forgetting old ones."""

import json
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col

from registry.dumps import queries
from registry.dumps.rules import Reader
from registry.dumps.tables import Dump, DumpPart
from shared.database import new_id
from shared.events.resources import state_of
from shared.files import FileStore, Places, store_of

# Rows in hand at once, whatever a table holds.
ROWS: Final = 500
GZIP: Final = 31
LEVEL: Final = 6
# A dump of a night is no upload: it is bounded by the disk.
NO_LIMIT: Final = 2**62


def store_in(settings: Places) -> FileStore:
    """Give the store of dumps, apart from the evidence, since dumps are forgotten again."""
    return store_of(settings, "dumps")


@dataclass(slots=True)
class Counter:
    """Counts what passes by."""

    rows: int = 0


async def write_parts(
    connection: AsyncConnection, store: FileStore, today: date
) -> list[dict[str, Any]]:
    """Write every kind for every reader, out of the connection's one snapshot."""
    parts = []
    for reader in Reader:
        for declared, table in queries.resources_for(reader):
            counter = Counter()
            statement = queries.rows_for(reader, declared, table, today)
            lines = _lines(connection, statement, table, counter)
            stored = await store.put(_compressed(lines), limit_bytes=NO_LIMIT)
            parts.append(
                {
                    "reader": reader,
                    "kind": declared.kind,
                    "rows": counter.rows,
                    "size": stored.size,
                    "sha256": stored.sha256,
                }
            )
    return parts


async def _lines(
    connection: AsyncConnection, statement: Select[Any], table: Table, counter: Counter
) -> AsyncIterator[bytes]:
    async with connection.stream(statement.execution_options(yield_per=ROWS)) as rows:
        async for chunk in rows.mappings().partitions(ROWS):
            counter.rows += len(chunk)
            yield b"".join(line_of(state_of(table, row)) for row in chunk)


def line_of(content: dict[str, Any]) -> bytes:
    """Give one line of NDJSON."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def delta_line(row: Row[Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a delta says of a resource: how it stands since its last event, or its end."""
    return {
        "resource": part["kind"],
        "id": str(row.subject_id),
        "position": row.position,
        "removed": part.get("removed", False),
        "data": part["state"],
    }


async def _compressed(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Compress without a name or time inside: the same rows give the same hash."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    async for chunk in lines:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


async def keep(
    session: AsyncSession, day: date, position: int, now: datetime, parts: list[dict[str, Any]]
) -> UUID | None:
    """Enter a day's dump; None where another scheduler was first, and its own stays."""
    row = {"id": new_id(), "day": day, "position": position, "taken_at": now}
    statement = insert(Dump).values(row).on_conflict_do_nothing().returning(col(Dump.id))
    dump_id: UUID | None = await session.scalar(statement)
    if dump_id is not None:
        session.add_all(DumpPart(dump_id=dump_id, **part) for part in parts)
    return dump_id


async def forget(session: AsyncSession, before: date) -> frozenset[str]:
    """Forget the dumps of the days before one; give the files that nothing names any more."""
    old = await queries.old_dumps(session, before)
    if not old:
        return frozenset()
    hashes = await queries.hashes_of(session, [dump.id for dump in old])
    for dump in old:
        await session.delete(dump)
    return hashes
