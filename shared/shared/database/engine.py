"""Connections: one pool per process, sessions that know the programme clock."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Row, TextClause, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.clock import Clock
from shared.database.connecting import Address
from shared.database.reads import Reads
from shared.database.replica import Flushed, Replica
from shared.sealing import Sealer
from shared.settings import Settings

Value = TypeVar("Value")

UNUSED_SECONDS: Final = 60.0
# When a connection came back to its pool.
BACK_AT: Final = "back_at"


class LockingSession(Session):
    """A session in which a row that is locked is read as it is now.

    The ORM keeps what it has once read: a row that was looked at, waited for and then locked would
    still say what it said before the other's commit, and be judged by that.
    """


@event.listens_for(LockingSession, "do_orm_execute")
def _as_it_is_now(state: ORMExecuteState) -> None:
    locks = getattr(state.statement, "_for_update_arg", None) is not None
    # Reloading a column or a relation of one object brings options of its own.
    if state.is_select and locks and not state.is_column_load and not state.is_relationship_load:
        state.update_execution_options(populate_existing=True)


class Sessions:
    """Opens sessions; each carries the clock, so that `record()` dates what it writes.

    Each carries the sealer too: what is personal is sealed where it is written.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, sealer: Sealer | None = None) -> None:
        """Bind to an engine, a clock, and what seals personal data."""
        self.engine = engine
        self.clock = clock
        self.sealer = sealer or Sealer.of(Settings())
        # Set when something recorded was committed; `shared.events` looks for it by this name.
        self.committed = asyncio.Event()
        # The same pool, without a transaction around a statement.
        self._bare = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._make = async_sessionmaker(
            engine, sync_session_class=LockingSession, expire_on_commit=False, autoflush=True
        )

    def open(self) -> AsyncSession:
        """Give a session outside any transaction; the caller commits, rolls back and closes."""
        return self._make(info=self._known())

    def _known(self) -> dict[str, Any]:
        return {"clock": self.clock, "sealer": self.sealer, "committed": self.committed}

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that commits at the end, and rolls back on any exception."""
        async with self.open() as session, session.begin():
            yield session

    async def at_once(self, statement: TextClause, **values: object) -> Sequence[Row[Any]]:
        """Run one statement in a transaction of its own; give its rows.

        It goes to the database once; a session goes there three times (begin, ask, roll back).
        """
        async with self._bare.connect() as connection:
            return (await connection.execute(statement, values)).all()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session for reading; nothing that it changed is kept."""
        async with self.open() as session:
            yield session
            # A rollback expires what was loaded; rows that leave the block stay readable.
            session.expunge_all()
            await session.rollback()


class Database:
    """A process's database: the engine, its sessions and the plain address for hot paths."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        pool: int = 10,
        replica_url: str = "",
        answer_seconds: float | None = None,
    ) -> None:
        """Make the pools; nothing connects before the first statement."""
        self.url = url
        self.address = Address(url, answer_seconds)
        self.engine = _engine(self.address, pool)
        self._connected = 0
        event.listen(self.engine.sync_engine, "connect", self._count_in)
        event.listen(self.engine.sync_engine, "close", self._count_out)
        self.sessions = Sessions(self.engine, clock)
        self.reads = Reads(self.address, pool)
        self.replica: Replica | None = None
        if replica_url:
            copies = _engine(Address(replica_url, answer_seconds), pool)
            opening = Sessions(copies, clock, self.sessions.sealer).open
            self.replica = Replica(copies, opening, Flushed(self.address))

    @asynccontextmanager
    async def unhurried(self) -> AsyncIterator[AsyncConnection]:
        """Connect apart from the pool, for statements that may take as long as they need."""
        engine = _engine(Address(self.url), 1)
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def read(self, ask: Callable[[AsyncSession], Awaitable[Value]]) -> Value:
        """Let `ask` read, from a replica where there is one that has everything acknowledged.

        `ask` may be called twice: again on the database where a replica fails amid it.
        """
        if self.replica is not None:
            read = await self.replica.read(ask)
            if read is not None:
                return read
        async with self.sessions.reading() as session:
            return await ask(session)

    def _count_in(self, *_told: object) -> None:
        self._connected += 1

    def _count_out(self, *_told: object) -> None:
        self._connected -= 1

    async def hang_up(self, unused_seconds: float = UNUSED_SECONDS) -> int:
        """Close what nobody has used for a while, since each holds a process; give how many.

        The pool gives the connection that came back last, so that what a rush needed rests below.
        """
        before = time.monotonic() - unused_seconds
        pool: Any = self.engine.pool
        closed = self.reads.hang_up(before)
        async with AsyncExitStack() as held:
            resting = []
            # What was hung up before keeps its place in the pool, below the others: to look at it
            # would be to connect anew. None is waited for: a request may have taken it meanwhile.
            for _ in range(self._connected - pool.checkedout()):
                if not pool.checkedin():
                    break
                resting.append(await held.enter_async_context(self.engine.connect()))
            # The one that came back last is given back last.
            for connection in reversed(resting):
                known = (await connection.get_raw_connection()).info
                back_at = known.get(BACK_AT, 0.0)
                if back_at < before:
                    await connection.invalidate()
                    closed += 1
                await connection.close()
                # To have been looked at is no use.
                known[BACK_AT] = back_at
        return closed

    async def close(self) -> None:
        """Close every connection."""
        if self.replica is not None:
            await self.replica.close()
        self.reads.close()
        await self.engine.dispose()


def _engine(address: Address, pool: int) -> AsyncEngine:
    engine = create_async_engine(
        address.url,
        async_creator=address.connect,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        # What a statement was sent with is often personal: no error tells it to a log.
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "handle_error", _unanswered)
    event.listen(engine.sync_engine, "checkin", _back)
    return engine


def _back(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[BACK_AT] = time.monotonic()


def _unanswered(context: ExceptionContext) -> None:
    # Whether it was slow or gone, nobody knows: nothing more is asked on such a connection, and
    # those that were made before it are made anew.
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True
