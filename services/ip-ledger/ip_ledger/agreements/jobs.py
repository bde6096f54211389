"""A signed agreement binds from its first day on, whether or not anyone calls."""

import asyncio
from typing import Final

import structlog
from fastapi import FastAPI

from ip_ledger.agreements import actions
from shared.auth import Actor

ACTOR: Final = Actor.system("ip-ledger:agreements")
# The registry must hear of it within two seconds of the day's beginning.
LOOK_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


async def put_due_in_force(app: FastAPI) -> None:
    """Put in force what is due, again and again, until the process ends."""
    while True:
        try:
            await look(app)
        except Exception as error:
            log.warning("agreements.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def look(app: FastAPI) -> int:
    """Put in force what is due now; give how many agreements that were."""
    clock = app.state.clock
    async with app.state.database.sessions.begin() as session:
        count = await actions.put_due_in_force(session, ACTOR, clock.now(), clock.today())
    if count:
        app.state.committed.set()
    return count
