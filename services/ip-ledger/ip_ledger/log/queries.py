"""What is read of the log: tiles and checkpoints by anyone, receipts by those concerned."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Uuid,
    any_,
    exists,
    func,
    literal,
    or_,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col, select

from ip_ledger import tenancy
from ip_ledger.log.rules import TILE_WIDTH, TileKey, cut, width_of
from ip_ledger.log.tables import LogCheckpoint, LogLeaf, LogOpening, LogPending, LogRecord, LogTile
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found

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


async def tiles(reader: Reader, keys: Sequence[TileKey], size: int) -> dict[TileKey, list[bytes]]:
    """Give the hashes of tiles as they are in a tree of a size: one query, whatever their number.

    A full tile is stored; a partial one is read from its leaves, or from the roots below it.
    """
    full = [key for key in keys if width_of(key, size) == TILE_WIDTH]
    partial = [key for key in keys if 0 < width_of(key, size) < TILE_WIDTH]
    parts: list[Any] = [_partial(key, width_of(key, size)) for key in partial]
    if full:
        place = tuple_(col(LogTile.level), col(LogTile.tile_index))
        wanted = [(key.level, key.index) for key in full]
        parts.append(
            select(col(LogTile.level), col(LogTile.tile_index), col(LogTile.hashes)).where(
                place.in_(wanted)
            )
        )
    if not parts:
        return {}
    rows = (await reader.execute(union_all(*parts))).all()
    return {TileKey(level, index): cut(hashes) for level, index, hashes in rows}


def _partial(key: TileKey, width: int) -> Any:  # noqa: ANN401 - one arm of a union
    first = key.index * TILE_WIDTH
    # A lower tile's root is a hash of the tile above it.
    hashes, place = (
        (col(LogLeaf.leaf_hash), col(LogLeaf.leaf_index))
        if key.level == 0
        else (col(LogTile.root), col(LogTile.tile_index))
    )
    joined = func.string_agg(hashes, aggregate_order_by(literal(b""), place.asc()))
    statement = select(literal(key.level), literal(key.index), joined).where(
        place >= first, place < first + width
    )
    return statement if key.level == 0 else statement.where(col(LogTile.level) == key.level - 1)


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
    if not indexes:
        return {}
    parts = [_partial(TileKey(level, index), TILE_WIDTH) for index in indexes]
    rows = (await reader.execute(union_all(*parts))).all()
    return {index: cut(hashes) for _, index, hashes in rows}


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


async def visible_record(session: AsyncSession, actor: Actor, record_id: UUID) -> LogRecord:
    """Give a record whose receipt the actor may have, else NOT_FOUND."""
    if not actor.is_official and actor.org_id is None:
        return found(None)
    statement = select(LogRecord).where(col(LogRecord.id) == record_id, _may_read(actor))
    return found(await session.scalar(statement))


async def body_hashes(session: AsyncSession, record_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give the SHA-256 of records' stored bytes, by id."""
    digest = func.encode(func.sha256(col(LogRecord.body)), "hex")
    rows = await session.execute(
        select(col(LogRecord.id), digest).where(col(LogRecord.id).in_(record_ids))
    )
    return {row[0]: row[1] for row in rows}


async def leaf_index_of(session: AsyncSession, record_id: UUID) -> int | None:
    """Give a record's place in the tree, if it has one yet."""
    return await session.scalar(
        select(col(LogLeaf.leaf_index)).where(col(LogLeaf.record_id) == record_id)
    )


async def leaf_indexes_of(session: AsyncSession, record_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Give the places of those of the records that have one: one query, however many."""
    rows = await session.execute(
        select(col(LogLeaf.record_id), col(LogLeaf.leaf_index)).where(
            col(LogLeaf.record_id).in_(set(record_ids))
        )
    )
    return {row[0]: row[1] for row in rows}


async def openings_of(session: AsyncSession, record_id: UUID) -> Sequence[LogOpening]:
    """Give what opens a record's sealed fields and has not been erased."""
    rows = await session.scalars(
        select(LogOpening)
        .where(col(LogOpening.record_id) == record_id)
        .order_by(col(LogOpening.name))
    )
    return rows.all()


async def leaf_hashes(reader: Reader) -> list[bytes]:
    """Give every leaf hash in order, for an audit of the whole tree."""
    statement = select(col(LogLeaf.leaf_hash)).order_by(col(LogLeaf.leaf_index))
    return list((await reader.execute(statement)).scalars())
