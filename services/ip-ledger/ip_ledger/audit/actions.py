"""Linking and sealing the audit trail, as a step of the sequencer; keeping an audit's outcome."""

import base64

from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.audit import chain_queries
from ip_ledger.log.actions import NewRecord, sealed
from shared.database import new_id


async def link_and_seal(connection: AsyncConnection) -> int:
    """Link what was numbered, and seal it as one record of the log; give how many were linked.

    The caller holds the sequencer's lock. Links and seals are statements of their own: after a
    crash between them the next call seals what is linked.
    """
    linked = await chain_queries.link(connection)
    stretch = await chain_queries.unsealed(connection)
    if stretch is None:
        return linked
    record_id = new_id()
    document = {
        "from_position": stretch.first,
        "until_position": stretch.until,
        "previous_sha256": None if stretch.former is None else _text(stretch.former),
        "sha256": _text(stretch.sha256),
    }
    content = sealed(NewRecord("audit_seal", record_id, None, document, {}), stretch.recorded_at)
    await connection.execute(
        chain_queries.SEAL,
        {
            "until": stretch.until,
            "first": stretch.first,
            "sha256": stretch.sha256,
            "record_id": record_id,
            "body": content.body,
            "recorded_at": stretch.recorded_at,
        },
    )
    return linked


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
