"""A signed agreement binds from its first day on, whether or not anyone calls."""

import asyncio
from typing import Final

import structlog

from ip_ledger.agreements import actions
from shared.auth import Actor
from shared.database import Sessions

CLERK: Final = Actor.system("ip-ledger.agreements")
# The registry must hear of it within two seconds of the day's beginning.
LOOK_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


async def watch(sessions: Sessions, committed: asyncio.Event) -> None:
    """Put in force what is due, again and again, until the process ends."""
    while True:
        try:
            if await put_due_in_force(sessions):
                committed.set()
        except Exception as error:
            log.warning("agreements.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def put_due_in_force(sessions: Sessions) -> int:
    """Put in force what is due now; give how many agreements that were."""
    clock = sessions.clock
    async with sessions.begin() as session:
        return await actions.put_due_in_force(session, CLERK, clock.now(), clock.today())
