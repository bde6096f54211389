"""A draw was asked for: it is solved in a process of its own, and what came of it is entered."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import structlog
from anyio import BrokenWorkerProcess, to_process
from fastapi import FastAPI

from evaluation.assignments import working_actions as actions
from evaluation.assignments.rules import DrawFailure
from shared.auth import Actor
from shared.jobs import repeated

LOOK_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 15.0
SEARCH_SECONDS: Final = 300.0
# A worker that did not come back in this time was killed; another takes its draw.
CLAIM: Final = timedelta(seconds=900)
CLERK: Final = Actor.system("evaluation.assignments")

log = structlog.get_logger(__name__)

Solver = Callable[..., Awaitable[dict[str, Any]]]


async def apart(*asked: Any) -> dict[str, Any]:  # noqa: ANN401 - what `worked` takes
    """Work off a draw in another process."""
    # The solver's libraries are large, and this process does not solve.
    from evaluation.assignments.drawing import worked

    return await to_process.run_sync(worked, *asked, cancellable=True)


async def draw_waiting(app: FastAPI, solver: Solver = apart) -> int:
    """Work off every draw that waits; give how many. No transaction is open while it searches.

    A draw that costs its worker each time is given up: it must not keep the others waiting.
    """
    done = 0
    while True:
        async with app.state.database.sessions.begin() as session:
            now = app.state.clock.now()
            await actions.give_up_lost(session, CLERK, now, now - CLAIM)
            work = await actions.claim(session, now, now - CLAIM)
        if work is None:
            return done
        try:
            result = await solver(
                work.problem, work.seed, work.before, work.recused, SEARCH_SECONDS
            )
        except Exception as error:
            log.exception("assignments.worker_lost", draw=str(work.draw_id))
            killed = isinstance(error, BrokenWorkerProcess)
            failure = DrawFailure.KILLED if killed else DrawFailure.ERROR
            async with app.state.database.sessions.begin() as session:
                await actions.release(session, CLERK, work.draw_id, failure, app.state.clock.now())
            continue
        async with app.state.database.sessions.begin() as session:
            await actions.enter_result(session, CLERK, work.draw_id, result, app.state.clock.now())
        done += 1


BACKGROUND: Final = (
    repeated("assignments", LOOK_SECONDS, draw_waiting, idle_seconds=IDLE_SECONDS),
)
