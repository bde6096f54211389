"""The time came: what nobody of a centre shares any more closes, and old uses are told (A062)."""

from typing import Any, Final, Protocol

from registry.resources import actions
from shared.auth import Actor
from shared.jobs import repeated

# Nothing waits for it, and once it has been there is nothing left.
LOOK_SECONDS: Final = 3_600.0
CLOSING_SECONDS: Final = 60.0
CHUNK: Final = 500
CLERK: Final = Actor.system("resources")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def tell_uses(app: Process) -> int:
    """Tell what was used and never told, in transactions of bounded size; give how many of them."""
    after, chunks = None, 0
    while True:
        async with app.state.database.sessions.begin() as session:
            today = app.state.clock.today()
            after = await actions.tell_uses(session, CLERK, after, today, CHUNK)
        if after is None:
            return chunks
        chunks += 1


async def close_left(app: Process) -> int:
    """Close what owners who left, and centres that ended, have left open; give how much it was."""
    done = 0
    while True:
        clock = app.state.clock
        async with app.state.database.sessions.begin() as session:
            closed = await actions.close_left(session, CLERK, clock.today(), clock.now(), CHUNK)
        done += closed
        if closed == 0:
            return done


BACKGROUND: Final = (
    repeated("resources", LOOK_SECONDS, tell_uses),
    repeated("resources", CLOSING_SECONDS, close_left),
)
