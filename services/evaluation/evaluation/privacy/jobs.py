"""After a change of keys, values of former keys are sealed anew."""

from typing import Final

import structlog
from fastapi import FastAPI

from evaluation.privacy import actions
from shared.jobs import repeated

LOOK_SECONDS: Final = 600.0

log = structlog.get_logger(__name__)


async def seal_anew(app: FastAPI) -> int:
    """Seal in transactions of bounded size; give how many values were sealed anew."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.seal_anew(session)
        done += count
        if not count:
            return done


async def look(app: FastAPI) -> None:
    """Look at the start, since keys change between starts, and now and then."""
    if done := await seal_anew(app):
        log.info("privacy.sealed_anew", count=done)


BACKGROUND: Final = (repeated("privacy", LOOK_SECONDS, look),)
