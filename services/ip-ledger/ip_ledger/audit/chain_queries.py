"""Linking events and their audit rows into a chain, and sealing stretches of it.

A row is hashed by the database over one JSON array of its columns, so that the audit, which runs
the same expression over the same rows, differs only where a row does.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_LINKS: Final = 5_000

EVENT_HASH: Final = """sha256(convert_to(jsonb_build_array(
    e.id, e.seq, e.type, e.subject_id, e.center_id, e.data,
    (extract(epoch FROM e.recorded_at) * 1000000)::bigint)::text, 'UTF8'))"""
AUDIT_HASH: Final = """sha256(convert_to(jsonb_build_array(
    a.id, a.event_id, a.action, a.subject_id, a.person_id, a.client_id, a.before_sha256,
    a.after_sha256, a.reason, (extract(epoch FROM a.at) * 1000000)::bigint)::text, 'UTF8'))"""

# The subject leads to the audit rows by an index; their event is not indexed.
LINK: Final = text(f"""
    WITH fresh AS MATERIALIZED (
        SELECT position, event_id FROM event_position
        WHERE position > (SELECT coalesce(max(position), 0) FROM audit_link)
        ORDER BY position LIMIT :most
    )
    INSERT INTO audit_link (position, event_sha256, audit_sha256)
    SELECT f.position, {EVENT_HASH},
        (SELECT string_agg({AUDIT_HASH}, ''::bytea ORDER BY a.id) FROM audit a
         WHERE a.subject_id = e.subject_id AND a.event_id = e.id)
    FROM fresh f JOIN event e ON e.id = f.event_id
""")

UNSEALED: Final = text("""
    WITH last AS (
        SELECT until_position, sha256 FROM audit_seal ORDER BY until_position DESC LIMIT 1
    )
    SELECT min(l.position), max(l.position),
        sha256(coalesce((SELECT sha256 FROM last), ''::bytea) || string_agg(
            l.event_sha256 || coalesce(l.audit_sha256, ''::bytea), ''::bytea ORDER BY l.position)),
        (SELECT sha256 FROM last), max(e.recorded_at)
    FROM audit_link l
    JOIN event_position p ON p.position = l.position JOIN event e ON e.id = p.event_id
    WHERE l.position > coalesce((SELECT until_position FROM last), 0)
    HAVING count(*) > 0
""")

# One statement: a seal and its record are there together, also after a crash.
SEAL: Final = text("""
    WITH seal AS (
        INSERT INTO audit_seal (until_position, from_position, sha256, record_id)
        VALUES (:until, :first, :sha256, :record_id)
    ), record AS (
        INSERT INTO log_record (id, kind, center_id, reader_org_ids, body, recorded_at)
        VALUES (:record_id, 'audit_seal', NULL, '{}', :body, :recorded_at)
    )
    INSERT INTO log_pending (record_id) VALUES (:record_id)
""")


class Stretch(NamedTuple):
    """Links that no seal covers yet."""

    first: int
    until: int
    sha256: bytes
    former: bytes | None
    recorded_at: datetime


async def link(connection: AsyncConnection) -> int:
    """Link events that were numbered since; give how many."""
    return (await connection.execute(LINK, {"most": MOST_LINKS})).rowcount


async def unsealed(connection: AsyncConnection) -> Stretch | None:
    """Give the stretch after the last seal, if there is one."""
    row = (await connection.execute(UNSEALED)).first()
    return None if row is None else Stretch(*row)
