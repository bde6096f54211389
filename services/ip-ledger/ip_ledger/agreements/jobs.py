"""A signed agreement binds from its first day on, whether or not anyone calls."""

import asyncio
import time
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog
from fastapi import FastAPI

from ip_ledger.agreements import actions
from shared.auth import Actor
from shared.database import Sessions

CLERK: Final = Actor.system("ip-ledger.agreements")
# The registry must hear of it within two seconds of the day's beginning.
LOOK_SECONDS: Final = 1.0
# Even where nothing seems to have happened.
AGAIN_SECONDS: Final = 30.0

log = structlog.get_logger(__name__)


async def watch(app: FastAPI) -> None:
    """Put in force what is due, again and again, until the process ends.

    What is due changes with the day and with what was signed: anything else is not worth asking.
    """
    state, looked = app.state, Looked()
    while True:
        try:
            now = (state.clock.today(), state.sequencer.rounds)
            if not state.sequencer.watching or looked.is_out_of_date(now, time.monotonic()):
                if await put_due_in_force(state.database.sessions):
                    state.committed.set()
                looked = Looked(now, time.monotonic())
        except Exception as error:
            log.warning("agreements.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Looked:
    """On which day, after how many rounds of events, and when it was looked."""

    at: tuple[date, int] | None = None
    monotonic: float = 0.0

    def is_out_of_date(self, now: tuple[date, int], monotonic: float) -> bool:
        """Tell whether something may be due that was not."""
        return self.at != now or monotonic - self.monotonic >= AGAIN_SECONDS


async def put_due_in_force(sessions: Sessions) -> int:
    """Put in force what is due now; give how many agreements that were."""
    clock = sessions.clock
    async with sessions.begin() as session:
        return await actions.put_due_in_force(session, CLERK, clock.now(), clock.today())
