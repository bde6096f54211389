"""The time came: applications that did not come back expired, members who left are gone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 30.0
CHUNK: Final = 50
CLERK: Final = Actor.system("applications")


# One look at what is due at an instant: it gives how much was done.
Look = Callable[[AsyncSession, datetime], Awaitable[int]]


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def _until_none_is_left(app: Process, look: Look) -> int:
    """Look in transactions of bounded size until there is nothing more; give how much it was."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await look(session, app.state.clock.now())
        done += count
        if count == 0:
            return done


async def expire_overdue(app: Process) -> int:
    """End what has run out of time; give how many."""
    return await _until_none_is_left(
        app, lambda session, now: actions.expire_overdue(session, CLERK, now)
    )


async def end_notices(app: Process) -> int:
    """End memberships whose last day is over; give how many."""
    return await _until_none_is_left(
        app, lambda session, now: actions.end_memberships(session, CLERK, now)
    )


async def end_outlived(app: Process) -> int:
    """End what still stands of centres that have ended; give how many there were."""
    return await _until_none_is_left(
        app, lambda session, _: actions.end_outlived(session, CLERK, CHUNK)
    )


async def mend_compositions(app: Process) -> int:
    """Judge again what is owed of compositions; give how many centres have cured it."""
    async with app.state.database.sessions.begin() as session:
        return await actions.mend_compositions(session, CLERK, app.state.clock.now())


BACKGROUND: Final = (
    repeated(
        "applications", LOOK_SECONDS, expire_overdue, end_notices, end_outlived, mend_compositions
    ),
)
