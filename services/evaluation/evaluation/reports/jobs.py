"""The time came: reports whose last day has passed are missing."""

import asyncio
from typing import Final

import structlog
from fastapi import FastAPI

from evaluation.reports import actions
from shared.auth import Actor

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.reports")

log = structlog.get_logger(__name__)


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


async def watch(app: FastAPI) -> None:
    """Look again and again; the programme clock says what is due."""
    while True:
        try:
            await miss_overdue(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("reports.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
