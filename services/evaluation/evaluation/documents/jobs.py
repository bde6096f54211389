"""Documents that were asked for are made, a few centres at a time, over restarts too."""

import asyncio
from typing import Final

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from evaluation.documents import actions, queries
from shared.jobs import repeated

LOOK_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 15.0

log = structlog.get_logger(__name__)


async def work(app: FastAPI) -> bool:
    """Take one step of one run; tell whether there was anything to do."""
    async with app.state.database.sessions.begin() as session:
        # The row stays locked while its files are made: no other process makes the same ones.
        run = await queries.running_for_update(session)
        if run is None:
            return False
        try:
            todo = await actions.next_step(session, run)
        except SQLAlchemyError:
            raise  # The database is away, or another transaction was first: once more, later.
        except Exception:
            log.exception("documents.given_up", run=str(run.id), cycle=str(run.cycle_id))
            actions.give_up(session, actions.CLERK, run, app.state.clock.now())
            return True
        made = [(one, await asyncio.to_thread(_made, one)) for one in todo]
        now = app.state.clock.now()
        actions.keep(session, run, made, now)
        if not todo:
            actions.finish(session, actions.CLERK, run, now)
        return True


def _made(making: actions.Making) -> bytes | str:
    try:
        return making.make()
    except Exception as error:
        # One centre's file must not keep those of the others from being made.
        log.exception("documents.failed", subject=str(making.subject_id), kind=making.kind.value)
        return type(error).__name__


async def work_off(app: FastAPI) -> None:
    """Work as long as there is something to do."""
    while await work(app):
        pass


BACKGROUND: Final = (repeated("documents", LOOK_SECONDS, work_off, idle_seconds=IDLE_SECONDS),)
