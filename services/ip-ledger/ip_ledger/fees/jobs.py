"""The time came: fees fall due, rights lapse without them, and terms end."""

from typing import Any, Final, Protocol

from ip_ledger.fees import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 5.0
# While nothing happens here, a day's beginning is noticed within half a minute.
IDLE_SECONDS: Final = 30.0
CHUNK: Final = 200
CLERK: Final = Actor.system("ip-ledger.fees")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


async def look_at_rights(app: Process) -> int:
    """Look at every right whose time has come, in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            looked = await actions.look(session, CLERK, app.state.clock.now(), CHUNK)
        done += looked
        if looked < CHUNK:
            return done


BACKGROUND: Final = (repeated("fees", LOOK_SECONDS, look_at_rights, idle_seconds=IDLE_SECONDS),)
