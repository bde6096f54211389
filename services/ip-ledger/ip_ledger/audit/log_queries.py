"""What the audit asks of the log's rows: each statement names the first row that differs."""

from typing import Final, NamedTuple


class Question(NamedTuple):
    """A comparison of rows: the statement gives the first one that differs, as text."""

    table: str
    reason: str
    sql: str


# A record's bytes and its leaf against each other, before anything reads the bytes, so that what
# follows may rely on them. Which of the two was changed, the tree tells: leaves are signed.
_MISMATCH: Final = r"""SELECT {} FROM log_leaf l JOIN log_record r ON r.id = l.record_id
    WHERE l.leaf_hash <> sha256('\x00'::bytea || r.body) ORDER BY l.leaf_index LIMIT 1"""
RECORD_HASH: Final = Question(
    "log_record", "its bytes do not hash to its leaf", _MISMATCH.format("r.id::text")
)
LEAF_HASH: Final = Question(
    "log_leaf", "its hash is not that of its record", _MISMATCH.format("l.leaf_index::text")
)

# What a record's bytes say, in JSON or in the small form of an entry (`journal/record_rules.py`),
# whose places are written out here once more. A number of bytes is cast as it stands: big-endian.
IS_SMALL: Final = "get_byte(r.body, 0) = 2"
_ID: Final = "encode(substr(r.body, {}, 16), 'hex')::uuid"
CONTENT: Final = f"""CASE WHEN {IS_SMALL} THEN jsonb_build_object(
    'kind', CASE get_byte(r.body, 1) WHEN 1 THEN 'journal_entry' END,
    'id', {_ID.format(17)}, 'center_id', {_ID.format(33)},
    'recorded_at', timestamptz 'epoch' + substr(r.body, 5, 8)::bigint * interval '1 microsecond',
    'document', jsonb_build_object(
        'kind', CASE get_byte(r.body, 2) WHEN 0 THEN 'ordinary' WHEN 1 THEN 'opening'
                                         WHEN 2 THEN 'exchange' END,
        'effective_on', date '1970-01-01' + substr(r.body, 13, 4)::int,
        'reverses_id', CASE WHEN get_byte(r.body, 3) & 1 = 1 THEN {_ID.format(49)} END,
        'source_id', CASE WHEN get_byte(r.body, 3) & 2 = 2
            THEN {_ID.format("49 + 16 * (get_byte(r.body, 3) & 1)")} END))
    ELSE convert_from(r.body, 'UTF8')::jsonb END"""
# Where the seals of a small record begin, less one.
SEALS: Final = "48 + 16 * (get_byte(r.body, 3) & 1) + 8 * (get_byte(r.body, 3) & 2)"


def unsealed(name: str, value: str, place: int) -> str:
    """Ask whether the `place`-th seal of a small record does not hold a value, a JSON text."""
    label = rf"convert_to(E'zhichuang salt v2\n{name}\n', 'UTF8')"
    salt = f"substr(sha256({label} || r.secret), 1, 16)"
    made = rf"""sha256(convert_to(E'zhichuang opening v1\n{name}\n', 'UTF8') || {salt}
        || convert_to({value}, 'UTF8'))"""
    return f"substr(r.body, {SEALS} + 1 + 32 * {place}, 32) IS DISTINCT FROM {made}"


LOG: Final = (
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
        f"""SELECT r.id::text FROM log_record r, LATERAL (SELECT {CONTENT} AS j) AS b
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
