"""The time came: findings are called to mind, and told to be overdue."""

import asyncio
from typing import Final

import structlog
from fastapi import FastAPI

from evaluation.findings import actions
from shared.auth import Actor

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.findings")

log = structlog.get_logger(__name__)


async def call_to_mind(app: FastAPI) -> int:
    """Remind in transactions of bounded size; give how many findings were due."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.call_to_mind(session, CLERK, app.state.clock.today())
        done += count
        if count < actions.SWEEP:
            return done


async def watch(app: FastAPI) -> None:
    """Look again and again; the programme clock says what is due."""
    while True:
        try:
            await call_to_mind(app)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("findings.interrupted", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


BACKGROUND: Final = (watch,)
