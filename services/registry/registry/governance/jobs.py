"""The night came: independent seats are checked against what became known of people (A076)."""

from typing import Any, Final, Protocol

from registry.governance import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 60.0
CLERK: Final = Actor.system("governance")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def check_night(app: Process) -> bool:
    """Check once a day of the programme clock; tell whether this call was the day's."""
    clock = app.state.clock
    async with app.state.database.sessions.begin() as session:
        return await actions.check_night(session, CLERK, clock.today(), clock.now())


BACKGROUND: Final = (repeated("governance", LOOK_SECONDS, check_night, idle_seconds=IDLE_SECONDS),)
