"""The time came: findings are called to mind, and told to be overdue."""

from typing import Final

from fastapi import FastAPI

from evaluation.findings import actions
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 30.0
CLERK: Final = Actor.system("evaluation.findings")


async def call_to_mind(app: FastAPI) -> int:
    """Remind in transactions of bounded size; give how many findings were due."""
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            count = await actions.call_to_mind(session, CLERK, app.state.clock.today())
        done += count
        if count < actions.SWEEP:
            return done


BACKGROUND: Final = (repeated("findings", LOOK_SECONDS, call_to_mind),)
