"""One sequencer per service gives committed events their position.

A number drawn inside a transaction is not commit order: a reader that went past it would miss
what committed late. So one process, holding an advisory lock, numbers what it can see.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.database.engine import Database

# "zhi chuang seq"; the lock is of one database, so that every service has its own.
LOCK: Final = 0x7A63_5345_5100_0001
# Another process's commit is seen at the next look, ours at once: whatever session recorded it. A
# look at an empty table is cheap; the steps, which are not,
# follow what was numbered, and are taken now and then in any case.
LOOK_SECONDS: Final = 0.1
QUIET_SECONDS: Final = 0.5
BUSY_SECONDS: Final = 2.0
# After a round that numbered something: what commits meanwhile shares the next one, and its commit.
PAUSE_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 5.0
# Where another process numbers, this one looks so often how far it has come.
WATCH_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 1.0

WAITING: Final = "SELECT EXISTS (SELECT FROM event_pending)"
NEWEST: Final = "SELECT position FROM event_position ORDER BY position DESC LIMIT 1"
# What waits is taken and numbered by one statement: after a crash it waits still, or has a number.
NUMBER: Final = text("""
    WITH taken AS (DELETE FROM event_pending RETURNING event_id),
         last AS (SELECT coalesce(max(position), 0) AS position FROM event_position)
    INSERT INTO event_position (position, event_id)
    SELECT last.position + row_number() OVER (ORDER BY event.seq), event.id
    FROM taken JOIN event ON event.id = taken.event_id CROSS JOIN last
""")

TAKE: Final = text("SELECT pg_try_advisory_lock(:lock)")

# Who waits in any process of the service is woken by a `NOTIFY` on it.
CHANNEL: Final = "recorded"
_NOTIFY: Final = text("SELECT pg_notify(:channel, '')")

# A further step that numbers something of the service's own, under the same lock.
Step = Callable[[AsyncConnection], Awaitable[int]]

log = structlog.get_logger(__name__)


async def tell_everywhere(session: AsyncSession) -> None:
    """Wake whoever waits for a round, in every process, when the transaction commits.

    For what is rare and has no event; of events the sequencer tells by itself.
    """
    await session.execute(_NOTIFY, {"channel": CHANNEL})


class Sequencer:
    """Numbers events, and whatever else a service numbers by the same means."""

    def __init__(
        self, database: Database, committed: asyncio.Event, steps: tuple[Step, ...] = ()
    ) -> None:
        """`committed` is set by this process's own commits; `steps` run after the events."""
        self._database = database
        self._committed = committed
        self._steps = steps
        self._told = asyncio.Event()
        self.stopping = False
        """Whether the process was asked to end: nobody should begin to wait."""
        self.rounds = 0
        """Goes up whenever events were numbered, here or, as this process sees it, elsewhere."""
        self.watching = False
        """Whether `rounds` follows what happens; without it, whoever waits has to look himself."""
        self._heard: dict[str, Callable[[], None]] = {CHANNEL: self._count}

    def hear(self, channel: str, told: Callable[[], None]) -> None:
        """Call `told` at each `NOTIFY` on a channel, and once whenever hearing began anew.

        For what is rare: a commit that notifies waits for every other one that does.
        """
        self._heard[channel] = told

    async def run(self) -> None:
        """Number, or watch another process number, until cancelled; what is lost is retaken."""
        # Those who want to `hear` begin beside this and say so first.
        await asyncio.sleep(0)
        while True:
            try:
                async with self._database.engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await self._take_part(connection)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("sequencer.interrupted", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _take_part(self, connection: AsyncConnection) -> None:
        # The driver itself: ten looks a second through every layer would cost more than the work.
        driver: Any = (await connection.get_raw_connection()).driver_connection
        newest = await driver.prepare(NEWEST)
        seen, try_at = None, 0.0
        try:
            await self._listen(driver)
            self.watching = True
            while True:
                if time.monotonic() >= try_at:
                    if await connection.scalar(TAKE, {"lock": LOCK}):
                        await self._hold(connection, driver)
                    try_at = time.monotonic() + RETRY_SECONDS
                position = await newest.fetchval()
                if position != seen:
                    seen = position
                    await self.tell()
                await asyncio.sleep(WATCH_SECONDS)
        except BaseException:
            # Back in the pool, the connection would keep the lock until somebody drew it again,
            # and go on hearing.
            await connection.invalidate()
            raise
        finally:
            self.watching = False

    async def _listen(self, driver: Any) -> None:  # noqa: ANN401 - asyncpg's
        for channel in list(self._heard):
            await driver.add_listener(channel, self._hear_notified)
            self._heard[channel]()

    def _hear_notified(self, _driver: object, _pid: object, channel: str, _payload: object) -> None:
        self._heard[channel]()

    async def _hold(self, connection: AsyncConnection, driver: Any) -> None:  # noqa: ANN401 - asyncpg's
        waiting = await driver.prepare(WAITING)
        busy_until = idle_until = 0.0
        while True:
            now = time.monotonic()
            due = self._committed.is_set() or now < busy_until or now >= idle_until
            if due or await waiting.fetchval():
                self._committed.clear()
                if await self.number(connection):
                    busy_until = time.monotonic() + BUSY_SECONDS
                    await self.tell()
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                idle_until = time.monotonic() + IDLE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if now < busy_until else QUIET_SECONDS):
                    await self._committed.wait()

    async def number(self, connection: AsyncConnection) -> int:
        """Number what is committed and waits; give how many rows got a number.

        The steps share a commit. Events have their own: they are numbered though a step may fail.
        """
        count = (await connection.execute(NUMBER)).rowcount
        if self._steps:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            async with driver.transaction():
                for step in self._steps:
                    count += await step(connection)
        return count

    async def wait(self, seconds: float, since: int | None = None) -> bool:
        """Wait for a round after `since`, by default the last one; False after some seconds."""
        before = self.rounds if since is None else since
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self.rounds == before:
                    await self._told.wait()
        return self.rounds != before

    async def tell(self) -> None:
        """Wake whoever waits: something was numbered, or the clock was moved."""
        self._count()

    def _count(self) -> None:
        self.rounds += 1
        self._wake()

    def stop(self) -> None:
        """Let go whoever waits, as if his time were over: the process is asked to end."""
        self.stopping = True
        self._wake()

    def _wake(self) -> None:
        told, self._told = self._told, asyncio.Event()
        told.set()
