"""The statements that post entries: however many there are, each runs once.

They are written for asyncpg (`$1`), because both of their callers have a driver connection: an
action inside its request's transaction, and the poster with its queue.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ip_ledger.journal.rules import EntryDraft
from shared.auth import Actor

# How both statements post. Accounts are locked in the order of their ids, so that two batches
# never wait for each other in a ring. The update hangs on the locking part: rows that another part
# of the same statement had changed before they were locked would silently be skipped. `old` is
# the row just before the update, also when another batch changed it after this statement began.
#
# The planner cannot know how long the arrays are and expects one row of every part, for which it
# would compare each pair: a batch of 64 entries then costs 65,000 comparisons per join. So no part
# is joined where a filter or a scalar will do (a scalar is evaluated once, before the first row),
# and the one join that is left is FULL, which is always hashed. It pairs every row: an account
# without a balance gives a null, which the table refuses, and is never skipped.
POSTING: Final = """
locked AS MATERIALIZED (
    SELECT account_id FROM account_balance
    WHERE account_id IN (SELECT account_id FROM given)
    ORDER BY account_id FOR NO KEY UPDATE
), entry AS (
    INSERT INTO journal_entry (id, center_id, effective_on, recorded_at, reference, source_id,
                               reverses_id, recorded_by, kind, exchange_rate, client_id)
    SELECT id, center_id, effective_on, recorded_at, reference, source_id, reverses_id, person_id,
           kind, exchange_rate, client_id
    FROM draft
), running AS MATERIALIZED (
    SELECT given.*, sum(amount_fen) OVER so_far AS total, row_number() OVER so_far AS nth
    FROM given
    WINDOW so_far AS (PARTITION BY account_id ORDER BY place)
), changed AS (
    UPDATE account_balance AS b
    SET balance_fen = b.balance_fen + d.total, version = b.version + d.count
    FROM (SELECT account_id, sum(amount_fen)::bigint AS total, count(*) AS count
          FROM running GROUP BY account_id) AS d
    WHERE b.account_id = d.account_id AND (SELECT count(*) FROM locked) >= 0
    RETURNING b.account_id, old.balance_fen AS balance_was, old.version AS version_was
), posted AS (
    INSERT INTO posting (entry_id, line, account_id, currency, amount_fen, balance_after_fen,
                         account_version)
    SELECT entry_id, line, account_id, currency, amount_fen, balance_was + total, version_was + nth
    FROM running FULL JOIN changed USING (account_id)
    RETURNING 1
)
"""

POST: Final = """
WITH draft AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::timestamptz[], $5::text[],
                         $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
                         $11::text[])
    AS t(id, center_id, effective_on, recorded_at, reference, source_id, reverses_id, person_id,
         kind, exchange_rate, client_id)
), given AS MATERIALIZED (
    SELECT * FROM unnest($12::uuid[], $13::int[], $14::uuid[], $15::text[], $16::bigint[])
    WITH ORDINALITY AS t(entry_id, line, account_id, currency, amount_fen, place)
), POSTING
SELECT count(*) FROM posted
""".replace("POSTING", POSTING)

# The poster's: each command with its verdict, kept answer, event, audit row and log record. Event
# and record draw their numbers only after the accounts are locked (they wait for `changed`), so
# that an account's entries are numbered in the order in which they changed it.
POST_COMMANDS: Final = """
WITH command AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::timestamptz[], $5::text[],
                         $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
                         $11::text[], $17::bytea[], $18::bigint[], $19::bytea[], $20::bytea[],
                         $21::bytea[], $22::bytea[], $23::text[], $24::uuid[], $25::text[])
    AS t(id, center_id, effective_on, recorded_at, reference, source_id, reverses_id, person_id,
         kind, exchange_rate, client_id, scope, lock_number, body_sha256, answer,
         record_body, secret, event_data, event_id, readers)
), held AS MATERIALIZED (
    SELECT *, scope IS NULL OR pg_try_advisory_xact_lock(lock_number) AS free FROM command
), kept AS MATERIALIZED (
    SELECT c.id, k.body_sha256, k.status, k.media_type, k.body
    FROM command c JOIN kept_answer k ON k.scope = c.scope
), draft AS MATERIALIZED (
    SELECT * FROM held AS c
    WHERE c.free
      AND NOT EXISTS (SELECT FROM kept WHERE kept.id = c.id)
      AND NOT EXISTS (SELECT FROM journal_entry e WHERE e.reverses_id = c.reverses_id)
), given AS MATERIALIZED (
    SELECT t.* FROM unnest($12::uuid[], $13::int[], $14::uuid[], $15::text[], $16::bigint[])
    WITH ORDINALITY AS t(entry_id, line, account_id, currency, amount_fen, place)
    WHERE t.entry_id IN (SELECT id FROM draft)
), POSTING, done AS MATERIALIZED (
    SELECT * FROM draft WHERE (SELECT count(*) FROM changed) >= 0
), answered AS (
    INSERT INTO kept_answer (scope, body_sha256, status, media_type, body, kept_at)
    SELECT scope, body_sha256, 201, 'application/json', answer, $26 FROM done
    WHERE scope IS NOT NULL
), event AS (
    INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
    SELECT event_id, 'entry.posted', id, center_id, event_data::jsonb, recorded_at FROM done
), waiting AS (
    INSERT INTO event_pending (event_id) SELECT event_id FROM done
), audited AS (
    INSERT INTO audit (id, event_id, action, subject_id, person_id, client_id, before_sha256,
                       after_sha256, reason, at)
    SELECT gen_random_uuid(), event_id, 'entry.posted', id, person_id, client_id,
           (SELECT encode(sha256(body), 'hex') FROM log_record r WHERE r.id = done.reverses_id),
           encode(sha256(record_body), 'hex'),
           CASE WHEN reverses_id IS NOT NULL THEN reference END, recorded_at
    FROM done
), logged AS (
    INSERT INTO log_record (id, kind, center_id, reader_org_ids, body, recorded_at, secret)
    SELECT id, 'journal_entry', center_id, readers::uuid[], record_body, recorded_at, secret
    FROM done
), unnumbered AS (
    INSERT INTO log_pending (record_id) SELECT id FROM done
)
SELECT c.id, c.free, done.id IS NOT NULL AS posted, kept.body_sha256, kept.status,
       kept.media_type, kept.body
FROM held AS c LEFT JOIN done USING (id) LEFT JOIN kept USING (id)
""".replace("POSTING", POSTING)


def arguments(
    drafts: Sequence[EntryDraft], recorded_at: Sequence[datetime], actors: Sequence[Actor]
) -> list[list[Any]]:
    """Give entries and their lines as the arrays `$1` to `$16` of both statements."""
    entries = [
        (
            draft.id,
            draft.center_id,
            draft.effective_on,
            at,
            draft.reference,
            draft.source_id,
            draft.reverses_id,
            actor.person_id,
            draft.kind.value,
            draft.exchange_rate,
            actor.client_id,
        )
        for draft, at, actor in zip(drafts, recorded_at, actors, strict=True)
    ]
    lines = [
        (draft.id, place, line.account_id, line.currency, line.amount_fen)
        for draft in drafts
        for place, line in enumerate(draft.lines)
    ]
    return [*columns(entries, 11), *columns(lines, 5)]


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Turn rows into columns, also when there is none."""
    return [[row[place] for row in rows] for place in range(width)]
