"""What the audit asks of the log's rows: each statement names the first row that differs."""

from typing import Final, NamedTuple


class Question(NamedTuple):
    """A comparison of rows: the statement gives the first one that differs, as text."""

    table: str
    reason: str
    sql: str


# The bytes are judged before anything reads them as JSON: what follows may then rely on them.
LOG: Final = (
    Question(
        "log_record",
        "its bytes do not hash to its leaf",
        r"""SELECT id::text FROM log_record
        WHERE sha256('\x00'::bytea || body) <> leaf_hash ORDER BY seq LIMIT 1""",
    ),
    Question(
        "log_leaf",
        "its hash is not that of its record",
        r"""SELECT l.leaf_index::text FROM log_leaf l JOIN log_record r ON r.id = l.record_id
        WHERE l.leaf_hash <> r.leaf_hash ORDER BY l.leaf_index LIMIT 1""",
    ),
    Question(
        "log_leaf",
        "a leaf before it is missing",
        """SELECT leaf_index::text FROM (
            SELECT leaf_index, row_number() OVER (ORDER BY leaf_index) - 1 AS place FROM log_leaf
        ) AS l WHERE leaf_index <> place ORDER BY leaf_index LIMIT 1""",
    ),
    Question(
        "log_record",
        "it has no leaf and waits for none",
        """SELECT r.id::text FROM log_record r
        WHERE NOT EXISTS (SELECT FROM log_leaf l WHERE l.record_id = r.id)
          AND NOT EXISTS (SELECT FROM log_pending p WHERE p.record_id = r.id)
        ORDER BY r.seq LIMIT 1""",
    ),
    Question(
        "log_record",
        "its columns are not those of its bytes",
        """SELECT r.id::text FROM log_record r,
            LATERAL (SELECT convert_from(r.body, 'UTF8')::jsonb AS j) AS b
        WHERE b.j->>'id' <> r.id::text OR b.j->>'kind' <> r.kind
           OR b.j->>'center_id' IS DISTINCT FROM r.center_id::text
           OR (b.j->>'recorded_at')::timestamptz <> r.recorded_at
        ORDER BY r.seq LIMIT 1""",
    ),
    Question(
        "log_opening",
        "it does not open its record's sealed field",
        r"""SELECT o.record_id || ' ' || o.name FROM log_opening o
        JOIN log_record r ON r.id = o.record_id
        WHERE encode(sha256(convert_to(E'zhichuang opening v1\n' || o.name || E'\n', 'UTF8')
                            || o.salt || convert_to(o.value, 'UTF8')), 'base64')
              IS DISTINCT FROM convert_from(r.body, 'UTF8')::jsonb->'sealed'->>o.name
        ORDER BY r.seq, o.name LIMIT 1""",
    ),
)

LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY leaf_index"
