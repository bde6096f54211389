"""What waits in a service, looked up when somebody asks for `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.engine import Database

OUTBOX_WAITING: Final = Gauge(
    "zhichuang_outbox_waiting", "Events that have no position yet.", ["service"]
)
OUTBOX_LAG: Final = Gauge(
    "zhichuang_outbox_lag_seconds", "Age of the oldest event without a position.", ["service"]
)
JOBS_WAITING: Final = Gauge("zhichuang_jobs_waiting", "Jobs that wait for a worker.", ["service"])
JOBS_LAG: Final = Gauge("zhichuang_jobs_lag_seconds", "Age of the oldest due job.", ["service"])
DATABASE_UP: Final = Gauge("zhichuang_database_up", "Whether the database answers.", ["service"])
POOL_SIZE: Final = Gauge("zhichuang_pool_size", "Connections a process may have.", ["service"])
TASKS: Final = Gauge("zhichuang_tasks", "Tasks that a process has not ended.", ["service"])
POOL_USED: Final = Gauge("zhichuang_pool_used", "Connections that are in use.", ["service"])

# An id of version 7 tells when it was made, in real time; a sandbox's own dates do not.
_OUTBOX: Final = text("""
    SELECT (SELECT count(*) FROM event_pending),
           (SELECT uuid_extract_timestamp(event_id) FROM event_pending ORDER BY event_id LIMIT 1)
""")
_HAS_JOBS: Final = text("SELECT to_regclass('pgqueuer') IS NOT NULL")
_JOBS: Final = text("""
    SELECT count(*), min(execute_after) FROM pgqueuer
    WHERE status = 'queued' AND execute_after <= :now
""")

# A service's own further look; it sets gauges of its own.
Measure = Callable[[AsyncSession, datetime], Awaitable[None]]

log = structlog.get_logger(__name__)


def seconds_since(instant: datetime | None, now: datetime) -> float:
    """Give an age for a gauge; nothing waits for zero seconds."""
    return 0.0 if instant is None else max(0.0, (now - instant).total_seconds())


async def measure(service: str, database: Database, further: Sequence[Measure]) -> None:
    """Look once; a database that does not answer is a figure too."""
    TASKS.labels(service).set(len(asyncio.all_tasks()))
    pool: Any = database.engine.pool
    POOL_SIZE.labels(service).set(pool.size())
    POOL_USED.labels(service).set(pool.checkedout())
    try:
        async with database.sessions.reading() as session:
            now = datetime.now(UTC)
            count, oldest_at = (await session.execute(_OUTBOX)).one()
            OUTBOX_WAITING.labels(service).set(count)
            OUTBOX_LAG.labels(service).set(seconds_since(oldest_at, now))
            if await session.scalar(_HAS_JOBS):
                count, due_at = (await session.execute(_JOBS, {"now": now})).one()
                JOBS_WAITING.labels(service).set(count)
                JOBS_LAG.labels(service).set(seconds_since(due_at, now))
            for look in further:
                await look(session, now)
    except Exception as error:
        log.warning("measures.interrupted", error=type(error).__name__)
        DATABASE_UP.labels(service).set(0)
        return
    DATABASE_UP.labels(service).set(1)
