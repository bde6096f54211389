"""The job queue (PgQueuer), bound to this house's sessions.

A job is entered inside the caller's transaction, so that it exists exactly when its cause does.
Due dates follow the programme clock and are found by `due_at <= :now`; the queue only says that
there is something to do.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from fastapi import FastAPI
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from sqlalchemy.ext.asyncio import AsyncSession

from shared.jobs.repeating import repeated

# A job whose worker was killed is taken up again after this long without a sign of life.
HEARTBEAT: Final = timedelta(seconds=10)
# A job that is entered wakes the worker at once; this is for those that a kill left behind.
LOOK: Final = timedelta(seconds=5)
RETRY_SECONDS: Final = 1.0

JobHandler = Callable[[FastAPI, bytes], Awaitable[None]]


async def enqueue(session: AsyncSession, name: str, payload: bytes) -> None:
    """Enter a job; it is seen when the caller's transaction commits."""
    raw = await (await session.connection()).get_raw_connection()
    connection: Any = raw.driver_connection
    await Queries(AsyncpgDriver(connection)).enqueue(name, payload)


def job_worker(handlers: Mapping[str, JobHandler]) -> Callable[[FastAPI], Awaitable[None]]:
    """Make the background task that works off the queue."""

    async def work(app: FastAPI) -> None:
        await _work(app, handlers)

    return repeated("jobs", RETRY_SECONDS, work)


async def _work(app: FastAPI, handlers: Mapping[str, JobHandler]) -> None:
    connection = await app.state.database.address.connect()
    try:
        queuer = PgQueuer.from_asyncpg_connection(connection)
        for name, handler in handlers.items():
            _register(queuer, app, name, handler)
        await queuer.run(dequeue_timeout=LOOK, heartbeat_timeout=HEARTBEAT)
    finally:
        await connection.close()


def _register(queuer: PgQueuer, app: FastAPI, name: str, handler: JobHandler) -> None:
    @queuer.entrypoint(name)
    async def run(job: Job) -> None:
        await handler(app, job.payload or b"")


def install_sql() -> str:
    """Give the statements that make the queue's tables, for a migration."""
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

    return QueryBuilderEnvironment().build_install_query()
