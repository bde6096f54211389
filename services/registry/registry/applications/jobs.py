"""The time came: applications that did not come back expired, members who left are gone."""

from typing import Any, Final, Protocol

from registry.applications import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 30.0
CHUNK: Final = 50
CLERK: Final = Actor.system("applications")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def expire_overdue(app: Process) -> int:
    """End what has run out of time, in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.expire_overdue(session, CLERK, app.state.clock.now())
        done += count
        if count == 0:
            return done


async def end_notices(app: Process) -> int:
    """End memberships whose last day is over, in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            ended = await actions.end_memberships(session, CLERK, app.state.clock.now())
        done += ended
        if ended == 0:
            return done


async def end_outlived(app: Process) -> int:
    """End what still stands of centres that have ended; give how many there were."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.end_outlived(session, CLERK, CHUNK)
        done += count
        if count == 0:
            return done


async def mend_compositions(app: Process) -> int:
    """Judge again what is owed of compositions; give how many centres have cured it."""
    async with app.state.database.sessions.begin() as session:
        return await actions.mend_compositions(session, CLERK, app.state.clock.now())


BACKGROUND: Final = (
    repeated(
        "applications", LOOK_SECONDS, expire_overdue, end_notices, end_outlived, mend_compositions
    ),
)
