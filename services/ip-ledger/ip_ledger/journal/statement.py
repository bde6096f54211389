"""The one statement that posts entries: however many there are, it runs once.

It is written for asyncpg (`$1`), because both of its callers have a driver connection: an action
inside its request's transaction, and the poster with its queue.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from ip_ledger.journal.rules import EntryDraft

# Accounts are locked in the order of their ids, so that two batches never wait for each other in
# a ring. The update hangs on the locking part: rows that another part of the same statement had
# changed before they were locked would silently be skipped. `old` is the row as it was just
# before the update, also when another batch had changed it after this statement began.
POST: Final = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::bigint[])
    WITH ORDINALITY AS t(entry_id, line, account_id, currency, amount_fen, place)
), locked AS MATERIALIZED (
    SELECT account_id FROM account_balance WHERE account_id = ANY($3::uuid[])
    ORDER BY account_id FOR NO KEY UPDATE
), entry AS (
    INSERT INTO journal_entry (id, center_id, effective_on, recorded_at, reference, source_id,
                               reverses_id, recorded_by)
    SELECT * FROM unnest($6::uuid[], $7::uuid[], $8::date[], $9::timestamptz[], $10::text[],
                         $11::uuid[], $12::uuid[], $13::uuid[])
    RETURNING id
), running AS MATERIALIZED (
    SELECT given.*, sum(amount_fen) OVER so_far AS total, row_number() OVER so_far AS nth
    FROM given JOIN entry ON entry.id = given.entry_id
    WINDOW so_far AS (PARTITION BY account_id ORDER BY place)
), changed AS (
    UPDATE account_balance AS b
    SET balance_fen = b.balance_fen + d.total, version = b.version + d.count
    FROM (SELECT account_id, sum(amount_fen)::bigint AS total, count(*) AS count
          FROM running GROUP BY account_id) AS d
    JOIN locked ON locked.account_id = d.account_id
    WHERE b.account_id = d.account_id
    RETURNING b.account_id, old.balance_fen AS balance_was, old.version AS version_was
)
INSERT INTO posting (entry_id, line, account_id, currency, amount_fen, balance_after_fen,
                     account_version)
SELECT entry_id, line, account_id, currency, amount_fen, balance_was + total, version_was + nth
FROM running JOIN changed USING (account_id)
"""


def arguments(
    drafts: Sequence[EntryDraft], recorded_at: datetime, recorded_by: Sequence[UUID]
) -> list[list[Any]]:
    """Give the arrays that `POST` takes, in its order."""
    lines = [
        (draft.id, place, line.account_id, line.currency, line.amount_fen)
        for draft in drafts
        for place, line in enumerate(draft.lines)
    ]
    entries = [
        (
            draft.id,
            draft.center_id,
            draft.effective_on,
            recorded_at,
            draft.reference,
            draft.source_id,
            draft.reverses_id,
            person_id,
        )
        for draft, person_id in zip(drafts, recorded_by, strict=True)
    ]
    return [list(column) for rows in (lines, entries) for column in zip(*rows, strict=True)]
