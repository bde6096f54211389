"""The time came: cases are closed when nobody may object any more."""

import asyncio
from typing import Final

import structlog
from fastapi import FastAPI

from evaluation.objections import actions
from shared.auth import Actor

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.objections")

log = structlog.get_logger(__name__)


async def close_due(app: FastAPI) -> int:
    """Close cases in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.close_due(session, CLERK, app.state.clock.today())
        done += count
        if count < actions.SWEEP:
            return done


async def watch(app: FastAPI) -> None:
    """Look again and again; the programme clock says what is due."""
    while True:
        try:
            await close_due(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("objections.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
