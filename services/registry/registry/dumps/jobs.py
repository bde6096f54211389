"""The time came: once a day the registry writes down what it holds."""

import asyncio
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from registry.dumps import actions, queries
from registry.dumps.actions import store_in
from registry.dumps.rules import kept_from
from shared.jobs import repeated

LOOK_SECONDS: Final = 60.0
# A snapshot in which everything has its position is found within moments, unless writes never rest.
TRIES: Final = 50
PAUSE_SECONDS: Final = 0.1


class Process(Protocol):
    """The running app, of which the job needs its database, its clock and its settings."""

    state: Any


async def write(app: Process) -> bool:
    """Write the day's dump unless it is there or being written; tell whether this call did."""
    today = app.state.clock.today()
    sessions = app.state.database.sessions
    async with sessions.reading() as session:
        if await queries.dump_of_day(session, today) is not None:
            return False
    async with app.state.database.engine.connect() as connection:
        if not await _settled(connection):
            return False
        now, position = app.state.clock.now(), await queries.position_now(connection)
        parts = await actions.write_parts(connection, store_in(app.state.settings), today)
        async with sessions.begin() as session:
            written = await actions.keep(session, today, position, now, parts)
        # The lock goes with the transaction, when all of it is entered and old files are gone.
        await _sweep(app)
        await connection.rollback()
    return written is not None


async def _settled(connection: AsyncConnection) -> bool:
    """Open a snapshot under the lock in which, if writes let it, every change has its position.

    What had none would be told again by the feed: harmless to a consumer, since an event carries
    the whole resource, but two dumps and the delta between them would not fit to the row.
    """
    await connection.execution_options(isolation_level="REPEATABLE READ")
    for _ in range(TRIES):
        if not await queries.locked(connection):
            await connection.rollback()
            return False
        if not await queries.anything_unnumbered(connection):
            return True
        await connection.rollback()
        await asyncio.sleep(PAUSE_SECONDS)
    return await queries.locked(connection)


async def _sweep(app: Process) -> None:
    before = kept_from(app.state.clock.today(), app.state.settings.dump_keep_days)
    async with app.state.database.sessions.begin() as session:
        hashes = await actions.forget(session, before)
    store = store_in(app.state.settings)
    for sha256 in hashes:
        await store.forget(sha256)


BACKGROUND: Final = (repeated("dumps", LOOK_SECONDS, write),)
