"""What one process of several does: the one that holds a lock of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database


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
