"""The statements that post entries: however many there are, each runs once.

They are written for asyncpg (`$1`), because both of their callers have a driver connection: an
action inside its request's transaction, and the poster with its queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from ip_ledger.journal.record_rules import entry_record
from ip_ledger.journal.rules import EntryDraft
from ip_ledger.log.actions import new_secrets
from shared.auth import Actor

# How both statements post. Accounts are locked in the order of their ids, so that two batches
# never wait for each other in a ring. The update hangs on the locking part: rows that another part
# of the same statement had changed before they were locked would silently be skipped. `old` is
# the row just before the update, also when another batch changed it after this statement began.
#
# The planner cannot know how long the arrays are and expects one row of every part, for which it
# would compare each pair: a batch of 64 entries then costs 65,000 comparisons per join. So no part
# is joined where a filter or a scalar will do (a scalar is evaluated once, before the first row),
# and the joins that are left are FULL, which are always hashed. They pair every row: an account
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
                         account_version, effective_on, recorded_at)
    SELECT entry_id, line, account_id, currency, amount_fen, balance_was + total, version_was + nth,
           draft.effective_on, draft.recorded_at
    FROM running FULL JOIN changed USING (account_id) FULL JOIN draft ON draft.id = entry_id
    RETURNING 1
)
"""

# What is kept of entries that were posted: the event, whose id is the entry's own, and the log's
# record; what the event tells, and the audit row, follow from both (`event_told`, `audit_trail`).
# They draw their numbers only after the accounts are locked (they wait for `changed`), so that an
# account's entries are numbered in the order in which they changed it.
KEPT: Final = """
done AS MATERIALIZED (
    SELECT * FROM draft WHERE (SELECT count(*) FROM changed) >= 0
), event AS (
    INSERT INTO event (id, type, subject_id, center_id, data, recorded_at)
    SELECT id, 'entry.posted' AS type, id, center_id, '{}', recorded_at FROM done
), waiting AS (
    INSERT INTO event_pending (event_id) SELECT id FROM done
), logged AS (
    INSERT INTO log_record (id, kind, center_id, reader_org_ids, body, recorded_at, secret)
    SELECT id, 'journal_entry', center_id, readers::uuid[], record_body, recorded_at, secret
    FROM done
), unnumbered AS (
    INSERT INTO log_pending (record_id) SELECT id FROM done
)
"""

POST: Final = """
WITH draft AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::timestamptz[], $5::text[],
                         $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
                         $11::text[], $12::bytea[], $13::bytea[], $14::text[])
    AS t(id, center_id, effective_on, recorded_at, reference, source_id, reverses_id, person_id,
         kind, exchange_rate, client_id, record_body, secret, readers)
), given AS MATERIALIZED (
    SELECT * FROM unnest($15::uuid[], $16::int[], $17::uuid[], $18::text[], $19::bigint[])
    WITH ORDINALITY AS t(entry_id, line, account_id, currency, amount_fen, place)
), POSTING, KEPT
SELECT count(*) FROM posted
""".replace("POSTING", POSTING).replace("KEPT", KEPT)

# The poster's: each command with its verdict and its kept answer as well.
POST_COMMANDS: Final = """
WITH command AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::timestamptz[], $5::text[],
                         $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
                         $11::text[], $12::bytea[], $13::bytea[], $14::text[],
                         $20::bytea[], $21::bigint[], $22::bytea[], $23::bytea[])
    AS t(id, center_id, effective_on, recorded_at, reference, source_id, reverses_id, person_id,
         kind, exchange_rate, client_id, record_body, secret, readers, scope,
         lock_number, body_sha256, answer)
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
    SELECT t.* FROM unnest($15::uuid[], $16::int[], $17::uuid[], $18::text[], $19::bigint[])
    WITH ORDINALITY AS t(entry_id, line, account_id, currency, amount_fen, place)
    WHERE t.entry_id IN (SELECT id FROM draft)
), POSTING, KEPT, answered AS (
    INSERT INTO kept_answer (scope, body_sha256, status, media_type, body, kept_at)
    SELECT scope, body_sha256, 201, 'application/json', answer, $24 FROM done
    WHERE scope IS NOT NULL
)
SELECT c.id, c.free, done.id IS NOT NULL AS posted, kept.body_sha256, kept.status,
       kept.media_type, kept.body
FROM held AS c LEFT JOIN done USING (id) LEFT JOIN kept USING (id)
""".replace("POSTING", POSTING).replace("KEPT", KEPT)


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry to post: who posts it, when, and the organizations whose own accounts it touches."""

    draft: EntryDraft
    actor: Actor
    recorded_at: datetime
    readers: Collection[UUID] = ()


def arguments(entries: Sequence[Posted]) -> list[list[Any]]:
    """Give entries and their lines as the arrays `$1` to `$19` of both statements."""
    rows = [
        _row(one, secret) for one, secret in zip(entries, new_secrets(len(entries)), strict=True)
    ]
    lines = [
        (one.draft.id, place, line.account_id, line.currency, line.amount_fen)
        for one in entries
        for place, line in enumerate(one.draft.lines)
    ]
    return [*_columns(rows, 14), *_columns(lines, 5)]


def _row(one: Posted, secret: bytes) -> tuple[Any, ...]:
    draft, actor = one.draft, one.actor
    return (
        draft.id,
        draft.center_id,
        draft.effective_on,
        one.recorded_at,
        draft.reference,
        draft.source_id,
        draft.reverses_id,
        actor.person_id,
        draft.kind.value,
        draft.exchange_rate,
        actor.client_id,
        entry_record(draft, one.recorded_at, actor.person_id, actor.client_id, secret),
        secret,
        "{" + ",".join(map(str, sorted(set(one.readers)))) + "}",
    )


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Turn rows into columns, also when there is none."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
