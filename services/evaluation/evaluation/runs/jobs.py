"""Runs over cycles are taken further, over restarts too.

A run belongs to the process that holds its advisory lock, in a transaction that does nothing else:
when the process is killed, the lock is gone with its connection, and another goes on from what was
kept.
"""

import asyncio
from typing import Final
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI

from evaluation.cycles import clients
from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import CaseState
from evaluation.robustness import actions as robustness
from evaluation.runs import actions, queries
from evaluation.runs.rules import CycleRunKind
from evaluation.runs.tables import CycleRun
from shared.jobs import repeated
from shared.rules import Refused

LOOK_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 15.0
TOLD_SECONDS: Final = 0.5
# Results that were computed while they were tried: tried again, and at last refused.
TRIES: Final = 5


async def work(app: FastAPI) -> bool:
    """Bring one run to its end; tell whether there was one that nobody else holds."""
    async with app.state.database.sessions.begin() as holding:
        for run in await queries.running(holding):
            if await queries.taken(holding, run.id):
                if run.kind is CycleRunKind.COMPUTATION:
                    while await compute_step(app, run):
                        pass
                else:
                    await try_robustness(app, run.id)
                return True
    return False


async def compute_step(app: FastAPI, run: CycleRun) -> bool:
    """Freeze and compute some cases; tell whether there were any."""
    sessions, now = app.state.database.sessions, app.state.clock.now()
    async with sessions.reading() as session:
        told = await queries.run(session, run.id)
        left = min(actions.STEP, told.total - told.done - told.refused)
        cases = await queries.next_cases(session, told, left) if left else []
        cycle = await cycles.cycle(session, run.cycle_id)
    windows = {
        case.id: clients.window_of(case, cycle, now)
        for case in cases
        if case.state is CaseState.COLLECTING
    }
    # No transaction but the one that holds the run is open while the neighbours are asked.
    answers = await clients.gather_all(app.state.services, list(windows.values()))
    gathered = dict(zip(windows, answers, strict=True))
    async with sessions.begin() as session:
        if not cases:
            await actions.finish(session, run.id, now)
            return False
        ids = [case.id for case in cases]
        today = app.state.clock.today()
        await actions.compute_some(session, run.id, ids, gathered, now, today)
        return True


async def try_robustness(app: FastAPI, run_id: UUID) -> None:
    """Try a cycle's results, telling how far it is, and keep what was found."""
    sessions = app.state.database.sessions
    for attempt in range(1, TRIES + 1):
        try:
            await _try_once(app, run_id)
        except Refused as refused:
            stale = [check.code for check in refused.checks] == ["STALE_INPUT"]
            if stale and attempt < TRIES:
                continue
            async with sessions.begin() as session:
                await actions.refuse(session, run_id, refused, app.state.clock.now())
        return


async def _try_once(app: FastAPI, run_id: UUID) -> None:
    sessions = app.state.database.sessions
    async with sessions.reading() as session:
        run = await queries.run(session, run_id)
        results = await robustness.results_of(session, actions.asker(run), run.cycle_id)
    counted = [0]

    def one_more() -> None:
        counted[0] += 1

    trying = asyncio.ensure_future(to_thread.run_sync(results.tried, one_more))
    told = 0
    while not (await asyncio.wait([trying], timeout=TOLD_SECONDS))[0]:
        if counted[0] > told:
            told = counted[0]
            async with sessions.begin() as session:
                await actions.told_progress(session, run_id, told)
    tried = await trying
    async with sessions.begin() as session:
        await actions.keep_robustness(session, run_id, tried, app.state.clock.now())


async def work_off(app: FastAPI) -> None:
    """Work as long as there is something to do."""
    while await work(app):
        pass


BACKGROUND: Final = (repeated("cycle_runs", LOOK_SECONDS, work_off, idle_seconds=IDLE_SECONDS),)
