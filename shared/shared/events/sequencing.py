"""One sequencer per service gives committed events their position.

A number drawn inside a transaction is not commit order: a reader that went past it would miss
what committed late. So one process, holding an advisory lock, numbers what it can see.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.engine import Database

# "zhi chuang seq"; the lock is of one database, so that every service has its own.
LOCK: Final = 0x7A63_5345_5100_0001
# A replica's commit is seen at the next look, ours at once.
LOOK_SECONDS: Final = 0.1
RETRY_SECONDS: Final = 1.0

# What waits is taken and numbered by one statement: after a crash it waits still, or has a number.
NUMBER: Final = text("""
    WITH taken AS (DELETE FROM event_pending RETURNING event_id),
         last AS (SELECT coalesce(max(position), 0) AS position FROM event_position)
    INSERT INTO event_position (position, event_id)
    SELECT last.position + row_number() OVER (ORDER BY event.seq), event.id
    FROM taken JOIN event ON event.id = taken.event_id CROSS JOIN last
""")

# A further step that numbers something of the service's own, under the same lock.
Step = Callable[[AsyncConnection], Awaitable[int]]

log = structlog.get_logger(__name__)


class Sequencer:
    """Numbers events, and whatever else a service numbers by the same means."""

    def __init__(
        self, database: Database, committed: asyncio.Event, steps: tuple[Step, ...] = ()
    ) -> None:
        """`committed` is set by this process's own commits; `steps` run after the events."""
        self._database = database
        self._committed = committed
        self._steps = steps
        self._numbered = asyncio.Condition()

    async def run(self) -> None:
        """Number until cancelled; a lost connection or lock is taken up again."""
        while True:
            try:
                async with self._database.engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await self._hold(connection)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("sequencer.interrupted", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _hold(self, connection: AsyncConnection) -> None:
        if not await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            return
        while True:
            self._committed.clear()
            if await self.number(connection):
                async with self._numbered:
                    self._numbered.notify_all()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._committed.wait()

    async def number(self, connection: AsyncConnection) -> int:
        """Number what is committed and waits; give how many rows got a number."""
        count = (await connection.execute(NUMBER)).rowcount
        for step in self._steps:
            count += await step(connection)
        return count

    async def wait(self, seconds: float) -> None:
        """Wait until something was numbered here, at most some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._numbered:
                await self._numbered.wait()
