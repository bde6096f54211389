"""Looks that come again, and work that one process of several does."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from shared.clock import Clock
from shared.database import Database
from shared.jobs import alone, repeated
from tests.fixtures.postgres import TestDatabase

pytestmark = pytest.mark.anyio
LOCK = 0x7A63_0000_0000_0001


async def test_a_look_that_fails_is_named_by_its_kind_alone_and_comes_again() -> None:
    seen: list[str] = []
    done = asyncio.Event()

    async def fails(app: SimpleNamespace) -> None:
        seen.append(app.name)
        if len(seen) < 3:
            raise ValueError("李工 13800000000")

    async def follows(app: SimpleNamespace) -> None:
        seen.append("followed")
        done.set()

    with capture_logs() as logs:
        task = asyncio.ensure_future(
            repeated("letters", 0.001, fails, follows)(SimpleNamespace(name="here"))
        )
        await asyncio.wait_for(done.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert seen[:4] == ["here", "here", "here", "followed"]
    told = [(entry["event"], entry["error"]) for entry in logs]
    assert told == [("letters.interrupted", "ValueError")] * 2


async def broken(one: Database, other: Database) -> None:
    async with alone(one, LOCK) as mine, alone(other, LOCK) as second:
        assert mine is not None
        assert second is None
        raise ValueError("broken")


@pytest.mark.refusing
async def test_of_two_one_holds_and_a_failure_gives_the_lock_back(
    database: Callable[[str], TestDatabase],
) -> None:
    url = database("gateway").app_url
    one, other = (Database(url, Clock(), 2) for _ in range(2))
    try:
        with pytest.raises(ValueError, match="broken"):
            await broken(one, other)
        # Its connection is back in the pool and alive; the lock is not with it.
        async with alone(other, LOCK) as mine:
            assert mine is not None
    finally:
        await one.engine.dispose()
        await other.engine.dispose()
