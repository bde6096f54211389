"""The time came: members whose last day is over have left."""

import asyncio
from typing import Any, Final, Protocol

import structlog

from registry.memberships import actions
from shared.auth import Actor

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("memberships")


class Process(Protocol):
    """The running app, of which a job needs its database and its clock."""

    state: Any


log = structlog.get_logger(__name__)


async def end_notices(app: Process) -> int:
    """End memberships, in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            ended = await actions.end_notices(session, CLERK, app.state.clock.today())
        done += len(ended)
        if not ended:
            return done


async def watch(app: Process) -> None:
    """Look again and again; the programme clock says what is due."""
    while True:
        try:
            await end_notices(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("memberships.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
