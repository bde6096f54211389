"""Putting records into the log, and making the tree over those that are committed."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ip_ledger.log import queries, rules
from ip_ledger.log.keys import LogKey
from ip_ledger.log.rules import RecordDraft, Sealed
from ip_ledger.log.tables import LogCheckpoint, LogTile
from shared.clock import Clock

# One array for each column, as with events (`RECORD_MANY`); `place` keeps their order in the log.
# Readers are text, because an array of arrays of different lengths is none.
APPEND: Final = text("""
    WITH logged AS (
        INSERT INTO log_record (id, kind, center_id, reader_org_ids, body, recorded_at, secret)
        SELECT id, kind, center_id, CAST(readers AS uuid[]), body, :at, secret
        FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:centers AS uuid[]),
                    CAST(:readers AS text[]), CAST(:bodies AS bytea[]), CAST(:secrets AS bytea[]))
             WITH ORDINALITY AS sent (id, kind, center_id, readers, body, secret, place)
        ORDER BY place
    ), sealed AS (
        INSERT INTO log_opening (record_id, name, salt, value)
        SELECT * FROM unnest(CAST(:opened AS uuid[]), CAST(:names AS text[]),
                             CAST(:salts AS bytea[]), CAST(:values AS text[]))
    )
    INSERT INTO log_pending (record_id) SELECT unnest(CAST(:ids AS uuid[]))
""")


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


@dataclass(frozen=True, slots=True)
class Written:
    """A record whose bytes its feature wrote itself; `secret` is what its salts follow from."""

    kind: str
    record_id: UUID
    center_id: UUID | None
    body: bytes
    readers: Sequence[UUID] = ()
    secret: bytes | None = None


def new_secrets(count: int) -> list[bytes]:
    """Draw the secrets of so many records at once: each call asks the kernel."""
    drawn = secrets.token_bytes(rules.SALT_BYTES * count)
    return [
        drawn[start : start + rules.SALT_BYTES] for start in range(0, len(drawn), rules.SALT_BYTES)
    ]


def sealed(record: NewRecord, at: datetime) -> Sealed:
    """Write a record's bytes with fresh salts."""
    draft = RecordDraft(
        record.kind, record.record_id, record.center_id, record.document, record.openings
    )
    return rules.sealed_record(draft, at, new_secrets(1 + len(record.openings)))


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
    """Log a set of records in the caller's transaction: one statement, however many.

    Gives the SHA-256 of each record's stored bytes, for the audit row of its change.
    """
    if not records:
        return {}
    clock: Clock = session.info["clock"]
    at = clock.now()
    bodies = [sealed(record, at) for record in records]
    openings = [
        (record.record_id, name, salt, value.decode())
        for record, content in zip(records, bodies, strict=True)
        for name, salt, value in content.openings
    ]
    written = [
        Written(one.kind, one.record_id, one.center_id, content.body, one.readers)
        for one, content in zip(records, bodies, strict=True)
    ]
    return await append_written(session, written, at, openings)


async def append_written(
    session: AsyncSession,
    records: Sequence[Written],
    at: datetime,
    openings: Sequence[tuple[UUID, str, bytes, str]] = (),
) -> dict[UUID, str]:
    """Log records as they are written, with rows of openings; gives their hashes."""
    values = {
        "at": at,
        "ids": [record.record_id for record in records],
        "kinds": [record.kind for record in records],
        "centers": [record.center_id for record in records],
        "readers": [
            "{" + ",".join(map(str, sorted(set(record.readers)))) + "}" for record in records
        ],
        "bodies": [record.body for record in records],
        "secrets": [record.secret for record in records],
        "opened": [opening[0] for opening in openings],
        "names": [opening[1] for opening in openings],
        "salts": [opening[2] for opening in openings],
        "values": [opening[3] for opening in openings],
    }
    await session.execute(APPEND, values)
    return {record.record_id: hashlib.sha256(record.body).hexdigest() for record in records}


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
