"""What one process of several does: the one that holds a lock of the database."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database

# How soon it is noticed that the lock is gone.
HELD_SECONDS: Final = 5.0


@asynccontextmanager
async def alone(database: Database, lock: int) -> AsyncIterator[AsyncConnection | None]:
    """Hold a lock of the whole database; give its connection, None where another process has it.

    The connection commits each statement by itself. The lock is given back explicitly: a pooled
    connection would keep it, and with it the work, until somebody happened to draw it again.
    """
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        asked = text("SELECT pg_try_advisory_lock(:lock)")
        if not await connection.scalar(asked, {"lock": lock}):
            yield None
            return
        try:
            yield connection
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": lock})


async def while_held(connection: AsyncConnection, work: Coroutine[Any, Any, None]) -> None:
    """Do the work of whoever holds the lock, and stop as soon as the lock's connection is gone.

    The server gave the lock back with it, and another process may hold it by now.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        group.create_task(_look(connection))


async def _look(connection: AsyncConnection) -> None:
    while True:
        await connection.execute(text("SELECT 1"))
        await asyncio.sleep(HELD_SECONDS)
