"""Every row of a filled database many times over, each copy a tenant of its own.

Ids are mapped the same way wherever they stand, so that copies refer to each other as the originals
do; an id keeps its time, so that rows lie where they would have come to lie.
"""

from typing import Final

from zhichuang.postgres import PostgreSQL

# What there is once in a programme, whoever joins it; and what only one process's moment needs.
ONCE: Final = frozenset({
    "alembic_version", "clock_offset", "feed_cursor", "housekeeping_run", "inbox", "kept_answer",
    "event_pending", "policy", "policy_version", "calendar_day", "scheme", "directory_day",
    "directory_policy",
    # Each row is hashed with the one before it: a copy would be a forgery, and is refused as one.
    "door_record", "audit_link",
})  # fmt: skip
_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL),
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
               AND i.indnkeyatts = 1 AND a.attnum = i.indkey[0]),
       pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval%' OR a.attidentity <> '',
       coalesce((SELECT f.confrelid::regclass::text FROM pg_constraint f
                 WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey[1] = a.attnum
                 LIMIT 1), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND a.attgenerated = '' AND c.relname NOT LIKE 'pgqueuer%'
ORDER BY c.relname, a.attnum"""
_ID: Final = (
    "(left({0}::text, 20) || substr(md5({0}::text || n), 1, 3) || '-'"
    " || substr(md5({0}::text || n), 4, 12))::uuid"
)
_USCC: Final = "overlay({0} placing upper(left(md5({0} || n), 6)) from 9)"


def multiply(server: PostgreSQL, database: str, times: int) -> dict[str, tuple[int, int]]:
    """Put `times - 1` copies of each row beside it; give rows before and after by table."""
    counted: dict[str, tuple[int, int]] = {}
    for table, columns in _tables(server, database).items():
        before = _count(server, database, table)
        if before and table not in ONCE:
            server.execute(_copying(table, columns, times), database=database)
        counted[table] = (before, _count(server, database, table))
    server.execute("VACUUM ANALYZE", database=database)
    return counted


def _tables(server: PostgreSQL, database: str) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in server.execute(_COLUMNS, database=database).splitlines():
        table, *column = line.split("|")
        found.setdefault(table, []).append(column)
    return found


def _count(server: PostgreSQL, database: str, table: str) -> int:
    return int(server.execute(f'SELECT count(*) FROM "{table}"', database=database))


def _copying(table: str, columns: list[list[str]], times: int) -> str:
    named = [(name, _value(name, *rest, table=table)) for name, *rest in columns]
    kept = [(name, value) for name, value in named if value]
    names = ", ".join(f'"{name}"' for name, _ in kept)
    values = ", ".join(value for _, value in kept)
    # Guards judge what a caller does; these rows were judged when they were made. What is there
    # once a year or once at all meets itself and stays as it is.
    return (  # The names are those of our own tables.
        "SET session_replication_role = replica;\n"
        f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" o,'
        f" generate_series(1, {times - 1}) n ON CONFLICT DO NOTHING"
    )


def _value(name: str, kind: str, unique: str, drawn: str, points_to: str, *, table: str) -> str:
    own = f'o."{name}"'
    if drawn == "t":
        return ""
    if kind == "uuid":
        return own if points_to in ONCE else _ID.format(own)
    if "uscc" in name and kind in {"text", "character varying"}:
        return _USCC.format(own)
    if unique == "t" and kind in {"text", "character varying"}:
        return f"{own} || '~' || n"
    if unique == "t" and kind in {"bigint", "integer"}:
        return f'{own} + n * (SELECT max("{name}") FROM "{table}")'
    return own
