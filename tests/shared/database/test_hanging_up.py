"""Connections that a rush needed are closed again once nobody uses them."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from shared.clock import Clock
from shared.database import Database
from shared.database.reads import Statement
from shared.events.tables import Event
from tests.fixtures.postgres import TestDatabase

pytestmark = pytest.mark.anyio
RUSH = 5


async def pids(database: Database, at_once: int) -> set[int]:
    together = asyncio.Barrier(at_once)

    async def ask() -> int:
        async with database.sessions.reading() as session:
            await together.wait()
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            await together.wait()
        return pid or 0

    return set(await asyncio.gather(*(ask() for _ in range(at_once))))


async def test_what_nobody_uses_is_closed_and_what_is_used_stays(
    database: Callable[[str], TestDatabase],
) -> None:
    kept = Database(database("gateway").app_url, Clock(), RUSH)
    try:
        assert len(await pids(kept, RUSH)) == RUSH
        counting = Statement(select(Event.id).limit(1))
        await kept.reads.row(counting, {})
        assert await kept.hang_up(60.0) == 0, "all of them were just used"
        await asyncio.sleep(0.05)
        [used] = await pids(kept, 1)
        # Looking at how long they rested is no use of them.
        assert await kept.hang_up(60.0) == 0
        assert await kept.hang_up(0.04) == RUSH, "four of the pool, and the one that only reads"
        assert await pids(kept, 1) == {used}, "the one that was used is still there"
        # What was closed is not connected again to be closed once more.
        assert await kept.hang_up(0.0) == 1
        assert await kept.hang_up(0.0) == 0
        # And a rush is served as before.
        assert len(await pids(kept, RUSH)) == RUSH
        assert await kept.reads.row(counting, {}) is None
    finally:
        await kept.close()


@pytest.mark.refusing
async def test_a_look_that_is_broken_off_keeps_no_connection(
    database: Callable[[str], TestDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_connection: AsyncConnection) -> None:
        raise OSError("the server went away")

    kept = Database(database("gateway").app_url, Clock(), RUSH)
    try:
        await pids(kept, RUSH)
        with monkeypatch.context() as patched:
            patched.setattr(AsyncConnection, "invalidate", broken)
            with pytest.raises(OSError, match="went away"):
                await kept.hang_up(0.0)
        # All of them are to be had at once.
        assert len(await pids(kept, RUSH)) == RUSH
    finally:
        await kept.close()
