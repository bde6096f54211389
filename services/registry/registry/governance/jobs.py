"""The night came: independent seats are checked against what became known of people (A076)."""

import asyncio
from typing import Any, Final, Protocol

import structlog

from registry.governance import actions
from shared.auth import Actor

LOOK_SECONDS: Final = 5.0
CLERK: Final = Actor.system("governance")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


log = structlog.get_logger(__name__)


async def check_night(app: Process) -> bool:
    """Check once a day of the programme clock; tell whether this call was the day's."""
    clock = app.state.clock
    async with app.state.database.sessions.begin() as session:
        return await actions.check_night(session, CLERK, clock.today(), clock.now())


async def watch(app: Process) -> None:
    """Look again and again; the programme clock says when a day has begun."""
    while True:
        try:
            await check_night(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("governance.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
