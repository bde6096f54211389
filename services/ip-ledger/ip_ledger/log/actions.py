"""Putting records into the log, and making the tree over those that are committed."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ip_ledger.log import queries, rules
from ip_ledger.log.keys import LogKey
from ip_ledger.log.rules import RecordDraft, Sealed
from ip_ledger.log.tables import LogCheckpoint, LogOpening, LogPending, LogRecord, LogTile
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record for the log: `document` stands in the open, `openings` are sealed fields by name.

    `readers` are the organizations concerned, which may fetch the receipt beside the centre's
    operator and officials. Values are JSON without floats; names are ASCII.
    """

    kind: str
    record_id: UUID
    center_id: UUID | None
    document: Mapping[str, Any]
    openings: Mapping[str, Any]
    readers: Sequence[UUID] = ()


def sealed(record: NewRecord, at: datetime) -> Sealed:
    """Write a record's bytes with fresh salts."""
    draft = RecordDraft(
        record.kind, record.record_id, record.center_id, record.document, record.openings
    )
    salts = [secrets.token_bytes(rules.SALT_BYTES) for _ in range(1 + len(record.openings))]
    return rules.sealed_record(draft, at, salts)


async def append_record(
    session: AsyncSession,
    kind: str,
    record_id: UUID,
    center_id: UUID | None,
    document: Mapping[str, Any],
    openings: Mapping[str, Any],
    readers: Iterable[UUID] = (),
) -> None:
    """Log one record in the caller's transaction; its leaf follows after the commit."""
    record = NewRecord(kind, record_id, center_id, document, openings, tuple(readers))
    await append_records(session, [record])


async def append_records(session: AsyncSession, records: Sequence[NewRecord]) -> dict[UUID, str]:
    """Log a set of records in the caller's transaction: three statements, however many.

    Gives the SHA-256 of each record's stored bytes, for the audit row of its change.
    """
    if not records:
        return {}
    clock: Clock = session.info["clock"]
    at = clock.now()
    written = [(record, sealed(record, at)) for record in records]
    rows = [
        {
            "id": record.record_id,
            "kind": record.kind,
            "center_id": record.center_id,
            "reader_org_ids": sorted(set(record.readers)),
            "body": content.body,
            "leaf_hash": rules.leaf_hash(content.body),
            "recorded_at": at,
        }
        for record, content in written
    ]
    openings = [
        {"record_id": record.record_id, "name": name, "salt": salt, "value": value.decode()}
        for record, content in written
        for name, salt, value in content.openings
    ]
    await session.execute(insert(LogRecord), rows)
    if openings:
        await session.execute(insert(LogOpening), openings)
    await session.execute(
        insert(LogPending), [{"record_id": record.record_id} for record in records]
    )
    return {
        record.record_id: hashlib.sha256(content.body).hexdigest() for record, content in written
    }


async def sign_checkpoint(
    connection: AsyncConnection, key: LogKey, signed_at: datetime
) -> int | None:
    """Store the tiles that have become full, then sign the tree; give its size if it grew.

    `signed_at` is real time: a checkpoint is no business of the programme's clock.

    The caller holds the sequencer's lock. Every statement can be done again, and the checkpoint
    comes last, so that a crash anywhere only leaves work for the next call.
    """
    signed = await queries.latest_checkpoint(connection)
    size = await queries.tree_size(connection)
    if signed is not None and signed.tree_size == size:
        return None
    await _store_full_tiles(connection, 0 if signed is None else signed.tree_size, size)
    root = rules.EMPTY_ROOT
    if size:
        tiles = await queries.tiles(connection, rules.tiles_of([(0, size)]), size)
        root = rules.range_root((0, size), tiles)
    await connection.execute(
        insert(LogCheckpoint).values(
            tree_size=size,
            root=root,
            note=key.signed(rules.checkpoint_text(key.origin, size, root)),
            signed_at=signed_at,
        )
    )
    return size


async def _store_full_tiles(connection: AsyncConnection, old_size: int, new_size: int) -> None:
    level = 0
    # Each level is made of the one below, so that it can only follow it; seven levels hold more
    # leaves than will ever be.
    while full := rules.full_tiles(level, old_size, new_size):
        kept = await queries.stored_tiles(connection, level, full)
        missing = [index for index in full if index not in kept]
        hashes = await queries.hashes_below(connection, level, missing)
        rows = [
            {"level": level, "tile_index": index, "hashes": b"".join(cut), "root": root}
            for index, cut in hashes.items()
            for root in [rules.perfect_root(cut)]
        ]
        if rows:
            await connection.execute(insert(LogTile), rows)
        level += 1
