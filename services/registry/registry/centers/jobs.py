"""The time came: what centres owe is called to mind, and turns overdue the day after (A053)."""

from typing import Any, Final, Protocol

from registry.centers import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 5.0
# Where nothing happens, only a day's beginning brings something due.
IDLE_SECONDS: Final = 60.0
CHUNK: Final = 200
CLERK: Final = Actor.system("centers")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def call_to_mind(app: Process) -> int:
    """Say what is due of milestones, in transactions of bounded size; give how many."""
    done = 0
    async with app.state.database.sessions.begin() as session:
        await actions.owe_registrations(session, CLERK, app.state.clock.now(), CHUNK)
    while True:
        async with app.state.database.sessions.begin() as session:
            looked = await actions.call_to_mind(session, CLERK, app.state.clock.now(), CHUNK)
        done += looked
        if looked < CHUNK:
            return done


BACKGROUND: Final = (repeated("centers", LOOK_SECONDS, call_to_mind, idle_seconds=IDLE_SECONDS),)
