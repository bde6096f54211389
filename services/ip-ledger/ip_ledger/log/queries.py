"""What is read of the log: tiles and checkpoints by anyone, receipts by those concerned."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Uuid,
    any_,
    bindparam,
    column,
    exists,
    func,
    literal,
    or_,
    table,
    text,
    true,
)
from sqlalchemy import select as rows_of
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.log.rules import TILE_WIDTH, TileKey, cut, width_of
from ip_ledger.log.tables import LogCheckpoint, LogLeaf, LogPending, LogRecord, LogTile
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found

# What opens sealed fields, kept beside a record or following from its secret (`guards`).
OPENED: Final = table(
    "log_opened", column("record_id", Uuid), column("name"), column("salt"), column("value")
).c

# The sequencer reads on its own connection, requests in their session.
Reader = AsyncSession | AsyncConnection


class TreeHead(NamedTuple):
    """A signed tree: its size in leaves, its root, and the note that signs both."""

    tree_size: int
    root: bytes
    note: str


async def latest_checkpoint(reader: Reader) -> TreeHead | None:
    """Give the newest signed tree head."""
    statement = (
        select(col(LogCheckpoint.tree_size), col(LogCheckpoint.root), col(LogCheckpoint.note))
        .order_by(col(LogCheckpoint.tree_size).desc())
        .limit(1)
    )
    row = (await reader.execute(statement)).first()
    return None if row is None else TreeHead(*row)


async def tree_size(reader: Reader) -> int:
    """Count the leaves; they are numbered without gaps."""
    last = (await reader.execute(select(func.max(col(LogLeaf.leaf_index))))).scalar()
    return 0 if last is None else last + 1


async def records_waiting(reader: Reader) -> tuple[int, datetime | None]:
    """Count the records without a leaf, and tell since when, in real time, the oldest waits."""
    oldest = (
        select(func.uuid_extract_timestamp(col(LogPending.record_id)))
        .order_by(col(LogPending.record_id))
        .limit(1)
        .scalar_subquery()
    )
    statement = select(func.count(), oldest).select_from(LogPending)
    count, oldest_at = (await reader.execute(statement)).one()
    return count, oldest_at


async def unsigned_leaves(reader: Reader) -> int:
    """Count the leaves that no signed checkpoint covers."""
    head = await latest_checkpoint(reader)
    return await tree_size(reader) - (0 if head is None else head.tree_size)


# Always the same text, however many tiles: it is prepared once, while a union with an arm for each
# tile was written, sent and planned anew every time (most of what a receipt cost).
_TILES: Final = text("""
    SELECT t.level, t.tile_index, t.hashes
    FROM unnest(CAST(:levels AS int[]), CAST(:indexes AS bigint[])) AS wanted (level, tile_index)
    JOIN log_tile t USING (level, tile_index)
    UNION ALL
    SELECT level, tile_index, CASE WHEN level = 0
        THEN (SELECT string_agg(l.leaf_hash, '' ORDER BY l.leaf_index) FROM log_leaf l
              WHERE l.leaf_index >= tile_index * :tile
                AND l.leaf_index < tile_index * :tile + width)
        -- A lower tile's root is a hash of the tile above it.
        ELSE (SELECT string_agg(t.root, '' ORDER BY t.tile_index) FROM log_tile t
              WHERE t.level = part.level - 1 AND t.tile_index >= part.tile_index * :tile
                AND t.tile_index < part.tile_index * :tile + width) END
    FROM unnest(CAST(:part_levels AS int[]), CAST(:part_indexes AS bigint[]),
                CAST(:widths AS int[])) AS part (level, tile_index, width)
""").bindparams(bindparam("tile", TILE_WIDTH, type_=Integer))


async def tiles(reader: Reader, keys: Sequence[TileKey], size: int) -> dict[TileKey, list[bytes]]:
    """Give the hashes of tiles as they are in a tree of a size: one query, whatever their number.

    A full tile is stored; a partial one is read from its leaves, or from the roots below it.
    """
    widths = {key: width_of(key, size) for key in keys}
    full = [key for key in keys if widths[key] == TILE_WIDTH]
    part = {key: width for key, width in widths.items() if 0 < width < TILE_WIDTH}
    return await _tiles(reader, full, part)


async def _tiles(
    reader: Reader, full: Sequence[TileKey], part: Mapping[TileKey, int]
) -> dict[TileKey, list[bytes]]:
    if not full and not part:
        return {}
    arrays = {
        "levels": [key.level for key in full],
        "indexes": [key.index for key in full],
        "part_levels": [key.level for key in part],
        "part_indexes": [key.index for key in part],
        "widths": list(part.values()),
    }
    rows = (await reader.execute(_TILES, arrays)).all()
    return {TileKey(level, index): cut(hashes) for level, index, hashes in rows}


async def full_tiles(session: AsyncSession, size: int) -> AsyncIterator[tuple[TileKey, bytes]]:
    """Stream the full tiles of a tree of a size, the lowest level first."""
    statement = select(col(LogTile.level), col(LogTile.tile_index), col(LogTile.hashes)).order_by(
        col(LogTile.level), col(LogTile.tile_index)
    )
    rows = await session.stream(statement.execution_options(yield_per=100))
    async for level, index, hashes in rows:
        key = TileKey(level, index)
        if width_of(key, size) == TILE_WIDTH:
            yield key, hashes


async def stored_tiles(reader: Reader, level: int, indexes: range) -> set[int]:
    """Name which of these tiles are stored already."""
    statement = select(col(LogTile.tile_index)).where(
        col(LogTile.level) == level,
        col(LogTile.tile_index) >= indexes.start,
        col(LogTile.tile_index) < indexes.stop,
    )
    return set((await reader.execute(statement)).scalars())


async def hashes_below(
    reader: Reader, level: int, indexes: Sequence[int]
) -> dict[int, list[bytes]]:
    """Give the hashes that full tiles of a level are made of, by the index of the tile."""
    made = await _tiles(reader, [], {TileKey(level, index): TILE_WIDTH for index in indexes})
    return {key.index: hashes for key, hashes in made.items()}


def _may_read(actor: Actor) -> ColumnElement[bool]:
    """Officials, the organizations concerned, and whoever acts for the centre (X04)."""
    if actor.is_official:
        return true()
    own_center = exists().where(
        col(DirectoryCenter.id) == col(LogRecord.center_id),
        tenancy.operated_by(actor.org_ids),
    )
    readers = any_(col(LogRecord.reader_org_ids))
    concerned = (literal(org_id, Uuid()) == readers for org_id in sorted(actor.org_ids))
    return or_(*concerned, own_center)


class Kept(NamedTuple):
    """A record's bytes, its place in the tree and the newest signed tree, where they are there.

    `openings` are name, salt in hex and JSON value of each that has not been erased.
    """

    body: bytes
    leaf_index: int | None
    tree_size: int | None
    note: str | None
    openings: list[tuple[str, str, str]]


async def visible_record(session: AsyncSession, actor: Actor, record_id: UUID) -> Kept:
    """Give what a record's receipt is made of, if the actor may have it, else NOT_FOUND."""
    if not actor.is_official and actor.org_id is None:
        return found(None)
    head = (
        select(col(LogCheckpoint.tree_size), col(LogCheckpoint.note))
        .order_by(col(LogCheckpoint.tree_size).desc())
        .limit(1)
        .subquery()
    )
    opening = func.json_build_array(OPENED.name, func.encode(OPENED.salt, "hex"), OPENED.value)
    openings = (
        rows_of(func.json_agg(aggregate_order_by(opening, OPENED.name.asc())))
        .where(OPENED.record_id == col(LogRecord.id))
        .scalar_subquery()
    )
    statement = (
        rows_of(
            col(LogRecord.body), col(LogLeaf.leaf_index), head.c.tree_size, head.c.note, openings
        )
        .outerjoin(LogLeaf, col(LogLeaf.record_id) == col(LogRecord.id))
        .outerjoin(head, true())
        .where(col(LogRecord.id) == record_id, _may_read(actor))
    )
    row = found((await session.execute(statement)).first())
    body, leaf_index, size, note, opened = row
    return Kept(body, leaf_index, size, note, [tuple(one) for one in opened or []])


async def body_hashes(session: AsyncSession, record_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the SHA-256 of records' stored bytes, by id."""
    digest = func.encode(func.sha256(col(LogRecord.body)), "hex")
    rows = await session.execute(
        select(col(LogRecord.id), digest).where(col(LogRecord.id).in_(record_ids))
    )
    return {row[0]: row[1] for row in rows}


async def leaf_indexes_of(session: AsyncSession, record_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Give the places of those of the records that have one: one query, however many."""
    rows = await session.execute(
        select(col(LogLeaf.record_id), col(LogLeaf.leaf_index)).where(
            col(LogLeaf.record_id).in_(set(record_ids))
        )
    )
    return {row[0]: row[1] for row in rows}


async def leaf_hashes(reader: Reader) -> list[bytes]:
    """Give every leaf hash in order, for an audit of the whole tree."""
    statement = select(col(LogLeaf.leaf_hash)).order_by(col(LogLeaf.leaf_index))
    return list((await reader.execute(statement)).scalars())
