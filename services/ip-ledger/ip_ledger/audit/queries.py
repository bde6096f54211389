"""Asking every question of the audit, in one snapshot of the whole database."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import col, select

from ip_ledger.audit.chain_queries import AUDIT_HASH, EVENT_HASH
from ip_ledger.audit.derived_queries import COUNTED
from ip_ledger.audit.log_queries import LEAVES, Question
from ip_ledger.audit.rules import Difference
from ip_ledger.audit.tables import SelfAudit
from ip_ledger.log.rules import TileKey

_AUDITED: Final = f"""(
    SELECT a.event_id, string_agg({AUDIT_HASH}, ''::bytea ORDER BY a.id) AS sha256,
        min(a.id::text) AS id FROM audit a GROUP BY a.event_id)"""
_LINKED: Final = f"""audit_link l LEFT JOIN event_position p ON p.position = l.position
    LEFT JOIN event e ON e.id = p.event_id LEFT JOIN {_AUDITED} w ON w.event_id = e.id"""
_BROKEN: Final = """(SELECT s.* FROM (
        SELECT *, lag(sha256) OVER (ORDER BY until_position) AS former FROM audit_seal) AS s
    WHERE s.sha256 <> sha256(coalesce(s.former, ''::bytea) || coalesce((
        SELECT string_agg(l.event_sha256 || coalesce(l.audit_sha256, ''::bytea), ''::bytea
                          ORDER BY l.position)
        FROM audit_link l
        WHERE l.position BETWEEN s.from_position AND s.until_position), ''::bytea)))"""

CHAIN: Final = (
    Question(
        "audit_seal",
        "it is not what its record in the log says",
        """SELECT s.until_position::text FROM audit_seal s
        LEFT JOIN log_record r ON r.id = s.record_id AND r.kind = 'audit_seal',
            LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb->'document' AS d) AS b
        WHERE b.d IS NULL OR b.d->>'sha256' <> encode(s.sha256, 'base64')
           OR b.d->>'from_position' <> s.from_position::text
           OR b.d->>'until_position' <> s.until_position::text
        ORDER BY s.until_position LIMIT 1""",
    ),
    Question(
        "audit_seal",
        "the log tells of it and it is gone",
        """SELECT convert_from(r.body, 'UTF8')::jsonb->'document'->>'until_position'
        FROM log_record r WHERE r.kind = 'audit_seal'
        AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.record_id = r.id)
        ORDER BY r.seq LIMIT 1""",
    ),
    Question(
        "event_position",
        "a linked event has lost its place",
        """SELECT l.position::text FROM audit_link l WHERE NOT EXISTS (
            SELECT FROM event_position p WHERE p.position = l.position)
        ORDER BY l.position LIMIT 1""",
    ),
    Question(
        "audit_link",
        "its stretch does not make its seal",
        f"""SELECT coalesce((SELECT l.position::text FROM {_LINKED}
                WHERE l.position BETWEEN s.from_position AND s.until_position
                  AND (l.event_sha256 IS DISTINCT FROM {EVENT_HASH}
                       OR l.audit_sha256 IS DISTINCT FROM w.sha256)
                ORDER BY l.position LIMIT 1), s.from_position || '-' || s.until_position)
        FROM {_BROKEN} AS s ORDER BY s.until_position LIMIT 1""",
    ),
    Question(
        "event",
        "it is not what was linked when it got its place",
        f"""SELECT coalesce(e.id, p.event_id)::text FROM {_LINKED}
        WHERE l.event_sha256 IS DISTINCT FROM {EVENT_HASH}
          AND NOT EXISTS (SELECT FROM {_BROKEN} AS s
              WHERE l.position BETWEEN s.from_position AND s.until_position)
        ORDER BY l.position LIMIT 1""",
    ),
    Question(
        "audit",
        "it is not what was linked with its event",
        f"""SELECT coalesce(w.id, 'of event ' || e.id) FROM {_LINKED}
        WHERE l.audit_sha256 IS DISTINCT FROM w.sha256
          AND l.event_sha256 IS NOT DISTINCT FROM {EVENT_HASH}
          AND NOT EXISTS (SELECT FROM {_BROKEN} AS s
              WHERE l.position BETWEEN s.from_position AND s.until_position)
        ORDER BY l.position LIMIT 1""",
    ),
    Question(
        "audit",
        "it belongs to no event",
        """SELECT a.id::text FROM audit a WHERE NOT EXISTS (
            SELECT FROM event e WHERE e.id = a.event_id) ORDER BY a.id LIMIT 1""",
    ),
)


class StoredTree(NamedTuple):
    """A checkpoint as it is stored."""

    tree_size: int
    root: bytes
    note: str


async def answers(
    connection: AsyncConnection, questions: Sequence[Question]
) -> AsyncIterator[Difference]:
    """Ask the questions one after another; give what differs.

    A row that cannot even be read, such as a document that is no JSON, is a difference too.
    """
    for question in questions:
        try:
            async with connection.begin_nested():
                row = (await connection.execute(text(question.sql))).scalar()
        except DBAPIError as error:
            told = f"a row of it cannot be read ({type(error.orig).__name__})"
            yield Difference(question.table, None, told)
            continue
        if row is not None:
            yield Difference(question.table, row, question.reason)


async def leaves(connection: AsyncConnection) -> AsyncIterator[bytes]:
    """Stream every leaf's hash in the order of the tree."""
    rows = await connection.stream(text(LEAVES))
    async for part in rows.scalars().partitions(10_000):
        for leaf in part:
            yield leaf


async def stored_tiles(connection: AsyncConnection) -> dict[TileKey, tuple[bytes, bytes]]:
    """Give each stored tile as the SHA-256 of its hashes, and its root."""
    rows = await connection.execute(
        text("SELECT level, tile_index, sha256(hashes), root FROM log_tile")
    )
    return {TileKey(level, index): (hashes, root) for level, index, hashes, root in rows}


async def checkpoints(connection: AsyncConnection) -> list[StoredTree]:
    """Give every checkpoint, the smallest tree first."""
    rows = await connection.execute(
        text("SELECT tree_size, root, note FROM log_checkpoint ORDER BY tree_size")
    )
    return [StoredTree(*row) for row in rows]


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Count the rows of the audited tables."""
    parts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in COUNTED)
    return {row[0]: row[1] for row in await connection.execute(text(parts))}


async def linked_until(connection: AsyncConnection) -> int:
    """Give the place of the last event that is linked."""
    found: int = await connection.scalar(text("SELECT coalesce(max(position), 0) FROM audit_link"))
    return found


async def newest(session: AsyncSession) -> SelfAudit | None:
    """Give the last audit that came to its end."""
    statement = select(SelfAudit).order_by(col(SelfAudit.finished_at).desc()).limit(1)
    return await session.scalar(statement)
