"""Jobs run as soon as they are entered, again when they fail, and nothing runs while none waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.jobs import JobHandler, enqueue, job_worker, queue

pytestmark = pytest.mark.anyio
Running = Callable[..., Any]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note when PgQueuer begins to run and when it ends."""
    noted: list[str] = []
    work_off = queue._work_off

    async def counted(*given: Any) -> None:
        noted.append("begun")
        await work_off(*given)
        noted.append("ended")

    monkeypatch.setattr(queue, "_work_off", counted)
    monkeypatch.setattr(queue, "LINGER", timedelta(seconds=0.1))
    return noted


@asynccontextmanager
async def working(
    service: Any, *tasks: Any, failures: int = 0
) -> AsyncIterator[asyncio.Queue[bytes]]:
    """Let jobs be done meanwhile, after so many failures; give what was done or given up."""
    done: asyncio.Queue[bytes] = asyncio.Queue()
    failed = 0

    async def handle(_app: Any, payload: bytes) -> None:
        nonlocal failed
        if failed < failures:
            failed += 1
            raise ConnectionResetError
        done.put_nowait(payload)

    async def give_up(_app: Any, payload: bytes) -> None:
        done.put_nowait(b"given up: " + payload)

    # The order of a service: who numbers begins first.
    running = [asyncio.create_task(task) for task in tasks]
    running.append(
        asyncio.ensure_future(job_worker({"told": JobHandler(handle, give_up)})(service.app))
    )
    try:
        yield done
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(250):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold in time")


async def test_a_job_is_heard_of_at_its_commit_and_nothing_runs_after_it(
    running: Running, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks by himself: who enters a job is heard, or it does not run.
    monkeypatch.setattr(queue, "LOOK", timedelta(hours=1))
    async with (
        running("registry") as registry,
        working(registry, registry.app.state.sequencer.run()) as done,
    ):
        await until(lambda: registry.app.state.sequencer.watching)
        for number, payload in enumerate((b"1", b"2"), 1):
            assert runs == ["begun", "ended"] * (number - 1)
            async with registry.sessions.begin() as session:
                await enqueue(session, "told", payload)
            assert await asyncio.wait_for(done.get(), 5) == payload
            await until(lambda: runs[-1] == "ended")


async def test_what_a_killed_worker_left_is_taken_up_and_what_another_one_does_is_not(
    running: Running, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LOOK", timedelta(seconds=0.05))
    taken = text("UPDATE pgqueuer SET status = 'picked', heartbeat = CAST(:at AS timestamptz)")
    async with running("registry") as registry:
        async with registry.sessions.begin() as session:
            await enqueue(session, "told", b"left")
            await session.execute(taken, {"at": datetime.now(UTC)})
        async with working(registry) as done:
            await asyncio.sleep(0.3)
            assert runs == []
            async with registry.sessions.begin() as session:
                await session.execute(taken, {"at": datetime.now(UTC) - 2 * queue.HEARTBEAT})
            assert await asyncio.wait_for(done.get(), 5) == b"left"


@pytest.mark.parametrize(
    ("failures", "told"),
    [(queue.TRIES_AGAIN, b"held up"), (queue.TRIES_AGAIN + 1, b"given up: held up")],
)
async def test_a_job_that_fails_is_tried_again_and_given_up_after_the_last_time(
    running: Running, monkeypatch: pytest.MonkeyPatch, failures: int, told: bytes
) -> None:
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE", "LINGER", "LOOK"):
        monkeypatch.setattr(queue, name, timedelta(seconds=0.05))
    left = text("SELECT count(*) FROM pgqueuer")
    async with running("registry") as registry:
        async with registry.sessions.begin() as session:
            await enqueue(session, "told", b"held up")
        async with working(registry, failures=failures) as done:
            assert await asyncio.wait_for(done.get(), 20) == told
            for _ in range(250):
                async with registry.sessions.reading() as session:
                    waiting = await session.scalar(left)
                if not waiting:
                    break
                await asyncio.sleep(0.02)
            assert (waiting, done.empty()) == (0, True)
