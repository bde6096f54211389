"""Reading from a copy of the database that takes no writes, without ever showing what is older.

Before a read, the database is asked how far it has flushed: whatever was acknowledged to anybody
by then is in there. The copy is read once it has replayed as far. So nobody sees less than his own
last write, through whichever process it went, and nothing has to be remembered of any caller.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg
import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database.connecting import Address

Value = TypeVar("Value")

# A copy that is this far behind is not waited for, and left alone for a moment.
WAIT_SECONDS: Final = 0.05
LOOK_SECONDS: Final = 0.002
BEHIND_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 1.0

FLUSHED: Final = "SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint"
# A copy that was promoted is none any more.
REPLAYED: Final = text("""
    SELECT pg_is_in_recovery(), (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint
""")
AWAY: Final = (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

READS: Final = Counter(
    "zhichuang_replica_reads_total",
    "Reads that a replica was asked for: answered there, or why by the database itself.",
    ["outcome"],
)

log = structlog.get_logger(__name__)


class Flushed:
    """How far the database has flushed; one question answers all who came before it was put."""

    def __init__(self, address: Address) -> None:
        """Connect to nothing yet."""
        self._address = address
        self._connection: asyncpg.Connection[Any] | None = None
        self._one = asyncio.Lock()
        self._coming: asyncio.Task[int] | None = None

    async def position(self) -> int:
        """Give a position that no commit acknowledged before this call lies beyond."""
        if self._coming is None:
            self._coming = asyncio.create_task(self._ask())
        return await asyncio.shield(self._coming)

    async def _ask(self) -> int:
        async with self._one:
            # Whoever comes from now on may have been acknowledged something meanwhile.
            self._coming = None
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._address.connect()
                try:
                    return int(await self._connection.fetchval(FLUSHED))
                except BaseException:
                    self._connection.terminate()
                    raise

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.terminate()


class Replica:
    """Copies of a database, which are read where they are near enough."""

    def __init__(
        self, engine: AsyncEngine, open_session: Callable[[], AsyncSession], flushed: Flushed
    ) -> None:
        """Take the copies' pool, what opens a session on it, and who knows what is due."""
        self._engine = engine
        self._open = open_session
        self._flushed = flushed
        self._alone_until = 0.0

    async def session(self) -> AsyncSession | None:
        """Give a session that sees all that was acknowledged; None where the database is asked."""
        if time.monotonic() < self._alone_until:
            READS.labels("left alone").inc()
            return None
        session = self._open()
        try:
            if await self._has_all(session):
                return session
        except AWAY as error:
            self.leave_alone(error)
        await _dropped(session)
        return None

    def leave_alone(self, error: BaseException) -> None:
        """Ask the copies nothing for a moment, since one of them failed."""
        self._alone_until = time.monotonic() + AWAY_SECONDS
        READS.labels("away").inc()
        log.warning("replica.away", error=type(error).__name__)

    async def read(self, ask: Callable[[AsyncSession], Awaitable[Value]]) -> Value | None:
        """Let `ask` read from a copy; None where the database has to be asked."""
        session = await self.session()
        if session is None:
            return None
        try:
            return await ask(session)
        except AWAY as error:
            self.leave_alone(error)
            return None
        finally:
            await _dropped(session)

    async def close(self) -> None:
        """Close every connection."""
        self._flushed.close()
        await self._engine.dispose()

    async def _has_all(self, session: AsyncSession) -> bool:
        due = await self._flushed.position()
        until = time.monotonic() + WAIT_SECONDS
        while True:
            copying, replayed = (await session.execute(REPLAYED)).one()
            if not copying:
                # Its connections of before lead to a server that now takes writes, or wrongly does.
                await self._engine.dispose()
                self._alone_until = time.monotonic() + AWAY_SECONDS
                READS.labels("no replica").inc()
                return False
            if replayed >= due:
                READS.labels("answered").inc()
                return True
            if time.monotonic() >= until:
                self._alone_until = time.monotonic() + BEHIND_SECONDS
                READS.labels("behind").inc()
                return False
            await asyncio.sleep(LOOK_SECONDS)


async def _dropped(session: AsyncSession) -> None:
    session.expunge_all()
    try:
        await session.close()
    except AWAY as error:
        log.warning("replica.away", error=type(error).__name__)
