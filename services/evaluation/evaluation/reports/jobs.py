"""The time came: reports whose last day has passed are missing."""

from typing import Final

from fastapi import FastAPI

from evaluation.reports import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.reports")


async def miss_overdue(app: FastAPI) -> int:
    """Set overdue reports as missing, in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            clock = app.state.clock
            count = await actions.miss_overdue(session, CLERK, clock.now(), clock.today())
        done += count
        if count < actions.SWEEP:
            return done


BACKGROUND: Final = (repeated("reports", LOOK_SECONDS, miss_overdue),)
