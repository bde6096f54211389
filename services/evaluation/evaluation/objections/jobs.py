"""The time came: cases are closed when nobody may object any more."""

from typing import Final

from fastapi import FastAPI

from evaluation.objections import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.objections")


async def close_due(app: FastAPI) -> int:
    """Close cases in transactions of bounded size; give how many."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.close_due(session, CLERK, app.state.clock.today())
        done += count
        if count < actions.SWEEP:
            return done


BACKGROUND: Final = (repeated("objections", LOOK_SECONDS, close_due),)
