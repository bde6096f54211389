"""What the databases say of themselves; only questions are asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic.script import ScriptDirectory

from shared.database.migrate import configuration
from shared.sealing import Sealer
from shared.settings import Settings
from zhichuang.doctoring import rules
from zhichuang.doctoring.rules import Finding, Waiting, soon, wrong

_SECONDS: Final = 5.0
# Ids tell when they were made, in real time; a sandbox's own dates are not.
_EVENTS: Final = (
    "SELECT count(*), uuid_extract_timestamp(min(event_id::text)::uuid) FROM event_pending"
)
_RECORDS: Final = (
    "SELECT count(*), uuid_extract_timestamp(min(record_id::text)::uuid) FROM log_pending"
)
_JOBS: Final = (
    "SELECT count(*), min(execute_after) FROM pgqueuer"
    " WHERE status = 'queued' AND execute_after <= clock_timestamp()"
)
_DELIVERIES: Final = (
    "SELECT count(*), min(next_at) FROM webhook_delivery JOIN webhook ON webhook.id = webhook_id"
    " WHERE webhook_delivery.state = 'pending' AND webhook.state = 'active' AND next_at <= $1"
)
_UNSIGNED: Final = (
    "SELECT (SELECT coalesce(max(leaf_index) + 1, 0) FROM log_leaf)"
    " - (SELECT coalesce(max(tree_size), 0) FROM log_checkpoint)"
)
_SIGNS: Final = (
    "SELECT max(active_at) FROM signing_key"
    " WHERE active_at <= $1 AND (retires_at IS NULL OR retires_at > $1)"
)
_ARCHIVER: Final = (
    "SELECT failed_count, last_failed_wal FROM pg_stat_archiver WHERE last_failed_time >"
    " coalesce(last_archived_time, '-infinity')"
)
# What is sealed names its key; the services own these columns, and a test compares.
_SEALED: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "registry": (("objection", "named_party"), ("objection", "contact")),
    "evaluation": (("expert_personal_data", "content"), ("expert_sensitive", "sealed")),
}
_KEYS_USED: Final = (
    "SELECT DISTINCT split_part({column}, ':', 2) FROM {table} WHERE {column} LIKE 'sealed:%'"
)
_FAILING: Final = (
    "SELECT chore, problem FROM (SELECT DISTINCT ON (chore) chore, problem FROM housekeeping_run"
    " ORDER BY chore, ended_at DESC) AS newest WHERE problem IS NOT NULL"
)
_LOCALE: Final = "SELECT datctype FROM pg_database WHERE datname = current_database()"
_CONNECTIONS: Final = (
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
    " current_setting('max_connections')::int"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A service's database and the settings that its processes are told."""

    package: str
    dsn: str
    environment: Mapping[str, str]

    @property
    def service(self) -> str:
        """Its name as everybody says it."""
        return self.package.replace("_", "-")


def look(place: Place) -> list[Finding]:
    """Ask a database everything; one that cannot be asked is the only finding."""
    return asyncio.run(_look(place))


async def _look(place: Place) -> list[Finding]:
    try:
        async with _connected(place.dsn) as connection:
            return await _asked(place, connection)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [wrong("DATABASE_UNREACHABLE", service=place.service, reason=reason.rstrip("."))]


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Any]:
    address = dsn.replace("postgresql+asyncpg://", "postgresql://", 1)
    connection = await asyncpg.connect(
        address, timeout=_SECONDS, command_timeout=_SECONDS, ssl=None
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=_SECONDS)


async def _asked(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    findings = [
        *await _clock(place, connection),
        *await _server(place, connection),
        *await _migrations(place, connection),
    ]
    # Of tables that the program does not expect, nothing sensible can be asked.
    if any(one.code.startswith("MIGRATIONS") for one in findings):
        return findings
    return [
        *findings,
        *await _waiting(place, connection),
        *await _keys(place, connection),
        *await _sealed(place, connection),
    ]


async def _clock(place: Place, connection: asyncpg.Connection) -> Iterator[Finding]:
    before = datetime.now(UTC)
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    after = datetime.now(UTC)
    return rules.skew(place.service, theirs - (before + (after - before) / 2))


async def _server(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    service, findings = place.service, []
    number = int(await connection.fetchval("SHOW server_version_num")) // 10_000
    if number < rules.OLDEST_DATABASE:
        findings.append(wrong("DATABASE_TOO_OLD", service=service, version=number))
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        findings.append(wrong("DATABASE_READ_ONLY", service=service))
    if not await connection.fetchval("SELECT cardinality(show_trgm('上海'))"):
        locale = await connection.fetchval(_LOCALE)
        findings.append(wrong("CHINESE_NOT_SEEN", service=service, locale=locale))
    # The server is one for all services on one machine: it is told of once.
    if place.package == "gateway":
        findings += [
            wrong("ARCHIVE_FAILING", count=count, piece=piece)
            for count, piece in await connection.fetch(_ARCHIVER)
        ]
        findings += rules.connections(*await connection.fetchrow(_CONNECTIONS))
    return findings


async def _migrations(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    script = ScriptDirectory.from_config(configuration(place.package, place.dsn))
    found = None
    if await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    known = frozenset(one.revision for one in script.walk_revisions())
    finding = rules.migration(place.package, found, known, script.get_current_head() or "")
    return [] if finding is None else [finding]


async def _waiting(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    now = datetime.now(UTC)

    async def ask(question: str, *values: object) -> Waiting:
        return Waiting(*await connection.fetchrow(question, *values))

    async def there(table: str) -> bool:
        return bool(await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table))

    service = place.service
    events = await ask(_EVENTS)
    findings = [*rules.late("OUTBOX_LAG", events, now, rules.EVENTS_LATE, service=service)]
    if await there("pgqueuer"):
        findings += rules.queue(service, await ask(_JOBS), now)
    if await there("housekeeping_run"):
        findings += [
            soon("HOUSEKEEPING_FAILING", service=service, chores=chore, problem=problem)
            for chore, problem in await connection.fetch(_FAILING)
        ]
    if place.package == "ip_ledger":
        findings += rules.late("LOG_LAG", await ask(_RECORDS), now, rules.EVENTS_LATE)
        unsigned = await connection.fetchval(_UNSIGNED)
        if unsigned > 0:
            await asyncio.sleep(1.0)
            unsigned = min(unsigned, await connection.fetchval(_UNSIGNED))
        findings += [wrong("CHECKPOINT_LAG", count=unsigned)] if unsigned > 0 else []
    if place.package == "gateway":
        deliveries = await ask(_DELIVERIES, now)
        findings += rules.late("WEBHOOK_LAG", deliveries, now, rules.DELIVERIES_LATE)
    return findings


async def _keys(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    findings: list[Finding] = []
    if place.package == "gateway":
        now = datetime.now(UTC)
        days = int(place.environment.get("ZHICHUANG_KEY_ROTATION_DAYS") or 90)
        findings += rules.signing_key(await connection.fetchval(_SIGNS, now), now, days)
    if place.package == "ip_ledger":
        signed = await connection.fetchval("SELECT count(*) FROM log_checkpoint")
        told = place.environment
        beside = Path(told.get("ZHICHUANG_FILES") or Settings().files).parent / "log.key"
        file = Path(told.get("ZHICHUANG_LOG_KEY_FILE") or beside)
        if signed and not file.exists():  # noqa: ASYNC240 - one look, and nothing else runs
            findings.append(wrong("LOG_KEY_MISSING", file=str(file)))
    return findings


async def _sealed(place: Place, connection: asyncpg.Connection) -> list[Finding]:
    """Name the keys that sealed values were sealed with, and that nobody has any more."""
    told = place.environment
    settings = Settings(
        data_keys=told.get("ZHICHUANG_DATA_KEYS", ""), data_key=told.get("ZHICHUANG_DATA_KEY", "")
    )
    if not settings.data_keys.get_secret_value():
        return [soon("DATA_KEY_MISSING")]
    try:
        sealer = Sealer.of(settings)
    except ValueError as error:
        return [wrong("DATA_KEY_UNUSABLE", reason=str(error).splitlines()[0])]
    used: set[str] = set()
    for table, column in _SEALED.get(place.package, ()):
        rows = await connection.fetch(_KEYS_USED.format(table=table, column=column))
        used |= {row[0] for row in rows}
    lost = sorted(used - sealer.names)
    return [wrong("DATA_KEY_LOST", service=place.service, names=", ".join(lost))] if lost else []
