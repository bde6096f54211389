"""The job queue (PgQueuer), bound to this house's sessions.

A job is entered inside the caller's transaction, so that it exists exactly when its cause does.
Due dates follow the programme clock and are found by `due_at <= :now`; the queue only says that
there is something to do.

A job whose handler fails is tried again, later each time: what it met may have been a lost
connection or a lock. When it has failed for good, whoever asks for it is told so.

PgQueuer runs, with a connection of its own, only while there is: at rest it would flush what it
has not ten times a second, and look for schedules that nobody made.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain.settings import db_settings
from pgqueuer.domain.types import QueueExecutionMode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.jobs.repeating import repeated

# A job whose worker was killed is taken up again after this long without a sign of life.
HEARTBEAT: Final = timedelta(seconds=10)
# A job that is entered wakes the worker at once; this is for those that a kill left behind.
LOOK: Final = timedelta(seconds=5)
RETRY_SECONDS: Final = 1.0
# So long a run goes on after its last job.
LINGER: Final = timedelta(seconds=2)
# What is entered right after the last job ended shares the next run.
PAUSE_SECONDS: Final = 0.1

# So often a job is tried again: after 1, 2, 4 … seconds, for two minutes in all.
TRIES_AGAIN: Final = 7
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=1)

# What waits, and what somebody took up who gives no sign of life.
_WAITING: Final = text("""
    SELECT 1 FROM pgqueuer
     WHERE entrypoint = ANY(:names)
       AND ((status = 'queued' AND execute_after <= :now)
            OR (status = 'picked' AND heartbeat < :silent_since))
     LIMIT 1
""")

JobStep = Callable[[FastAPI, bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobHandler:
    """What is done for a job with its payload, and what is noted once that failed for good."""

    do: JobStep
    give_up: JobStep


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
    told = asyncio.Event()
    app.state.sequencer.hear(db_settings().channel, told.set)
    while True:
        told.clear()
        now = datetime.now(UTC)
        if await app.state.database.sessions.at_once(
            _WAITING, names=list(handlers), now=now, silent_since=now - HEARTBEAT
        ):
            await _work_off(app, handlers)
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK.total_seconds()):
                await told.wait()


async def _work_off(app: FastAPI, handlers: Mapping[str, JobHandler]) -> None:
    """Run jobs until none waits; what is entered meanwhile is taken, too."""
    connection = await app.state.database.address.connect()
    try:
        queuer = PgQueuer.from_asyncpg_connection(connection)
        for name, handler in handlers.items():
            _register(queuer, app, name, handler)
        await queuer.qm.run(
            dequeue_timeout=LINGER, heartbeat_timeout=HEARTBEAT, mode=QueueExecutionMode.drain
        )
    finally:
        await connection.close()


def _register(queuer: PgQueuer, app: FastAPI, name: str, handler: JobHandler) -> None:
    @queuer.entrypoint(name, executor_factory=_tries_again)
    async def run(job: Job) -> None:
        try:
            await handler.do(app, job.payload or b"")
        except Exception:
            if job.attempts >= TRIES_AGAIN:
                await handler.give_up(app, job.payload or b"")
            raise


def _tries_again(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters,
        max_attempts=TRIES_AGAIN,
        initial_delay=FIRST_PAUSE,
        max_delay=LONGEST_PAUSE,
    )


def install_sql() -> str:
    """Give the statements that make the queue's tables, for a migration."""
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

    return QueryBuilderEnvironment().build_install_query()
