"""Numbering committed records as leaves, and signing the tree over them."""

import time
from functools import cache
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.log import actions
from ip_ledger.log.keys import LogKey
from ip_ledger.settings import LedgerSettings
from shared.clock import Clock
from shared.events.sequencing import Step

# As with events: what waits is taken and numbered by one statement, so that after a crash it
# waits still, or has its leaf.
NUMBER_LEAVES: Final = text(r"""
    WITH taken AS (DELETE FROM log_pending RETURNING record_id),
         last AS (SELECT coalesce(max(leaf_index), -1) AS leaf_index FROM log_leaf)
    INSERT INTO log_leaf (leaf_index, record_id, leaf_hash)
    SELECT last.leaf_index + row_number() OVER (ORDER BY r.seq), r.id,
           sha256('\x00'::bytea || r.body)
    FROM taken JOIN log_record r ON r.id = taken.record_id CROSS JOIN last
""")

# A checkpoint is no business of the programme's clock: this one is never moved.
REAL_TIME: Final = Clock()


def step(settings: LedgerSettings) -> Step:
    """Make the sequencer's step: number what waits, and sign at most every so often."""
    signed_at = -settings.checkpoint_seconds

    @cache
    def key() -> LogKey:
        # Made when the log starts, not with the app: whoever only reads the API writes no file.
        return LogKey.of(settings)

    async def number_and_sign(connection: AsyncConnection) -> int:
        nonlocal signed_at
        numbered = (await connection.execute(NUMBER_LEAVES)).rowcount
        if time.monotonic() - signed_at < settings.checkpoint_seconds:
            return numbered
        if await actions.sign_checkpoint(connection, key(), REAL_TIME.now()) is not None:
            signed_at = time.monotonic()
        return numbered

    return number_and_sign
