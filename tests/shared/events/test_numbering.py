"""One process numbers events, every other one sees it, and whoever waits is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock
from shared.database import Database
from shared.events.sequencing import LOCK, Sequencer
from tests.fixtures.postgres import TestDatabase

pytestmark = pytest.mark.anyio

WRITTEN = text("""
WITH one AS (
    INSERT INTO event (id, type, subject_id, data, recorded_at)
    VALUES (uuidv7(), 'test.written', uuidv7(), '{}', '2026-01-05Z') RETURNING id)
INSERT INTO event_pending (event_id) SELECT id FROM one""")
WAITING = text("SELECT count(*) FROM event_pending")
HELD = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :low AND granted"
)
# Far beyond the second that is promised: the machine may be busy.
SECONDS = 20


@asynccontextmanager
async def process(url: str) -> AsyncIterator[tuple[Sequencer, Database]]:
    """Run a sequencer as a process of a service does."""
    database = Database(url, Clock(), 3)
    sequencer = Sequencer(database, asyncio.Event())
    running = asyncio.create_task(sequencer.run())
    while not sequencer.watching:  # noqa: ASYNC110 - as its readers look
        await asyncio.sleep(0.01)
    yield sequencer, database
    running.cancel()
    await asyncio.wait([running])
    await database.close()


async def test_what_another_process_wrote_is_numbered_and_both_are_told(
    database: Callable[[str], TestDatabase],
) -> None:
    url = database("gateway").app_url
    async with process(url) as (first, there), process(url) as (second, here):
        before = first.rounds, second.rounds
        async with here.sessions.begin() as session:
            await session.execute(WRITTEN)
        assert await first.wait(SECONDS, before[0])
        assert await second.wait(SECONDS, before[1])
        async with there.sessions.reading() as session:
            assert await session.scalar(WAITING) == 0
        # Nothing more has happened: nobody is woken for nothing.
        assert not await second.wait(0.3)


async def test_nobody_waits_for_a_process_that_is_asked_to_end() -> None:
    sequencer = Sequencer(Database("postgresql+asyncpg://nobody", Clock()), asyncio.Event())
    waiting = asyncio.create_task(sequencer.wait(SECONDS))
    await asyncio.sleep(0)
    sequencer.stop()
    async with asyncio.timeout(SECONDS / 2):
        assert not await waiting
    assert sequencer.stopping


@pytest.mark.refusing
async def test_whoever_stops_gives_the_lock_back_and_the_other_goes_on(
    database: Callable[[str], TestDatabase],
) -> None:
    url = database("gateway").app_url
    async with process(url):
        pass
    async with process(url) as (sequencer, there):
        before = sequencer.rounds
        async with there.sessions.begin() as session:
            await session.execute(WRITTEN)
        assert await sequencer.wait(SECONDS, before)
        async with there.sessions.reading() as session:
            assert await session.scalar(HELD, {"low": LOCK & 0xFFFF_FFFF}) == 1


@pytest.mark.refusing
async def test_a_step_that_fails_takes_back_the_steps_before_it_and_no_number(
    database: Callable[[str], TestDatabase],
) -> None:
    async def write(connection: AsyncConnection) -> int:
        return (await connection.execute(WRITTEN)).rowcount

    async def fail(connection: AsyncConnection) -> int:
        return (await connection.execute(text("SELECT 1 / 0"))).rowcount

    there = Database(database("gateway").app_url, Clock(), 3)
    sequencer = Sequencer(there, asyncio.Event(), (write, fail))
    async with there.sessions.begin() as session:
        await session.execute(WRITTEN)
    async with there.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(DBAPIError):
            await sequencer.number(connection)
        counts = text("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM event_position)")
        assert (await connection.execute(counts)).one() == (1, 1)
    await there.close()
