"""Bodies of large batches: worked off on another machine, swept after a kill, forgotten in time."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from shared.database import new_id
from shared.files import parcels_of
from shared.http.batch_tables import BatchJob, BatchRow
from shared.http.batches import INLINE_ROWS
from shared.http.batches.bodies import LEFT_SECONDS, sweeping_batches
from tests.registry.facts.conftest import House
from tests.registry.facts.test_large_batches import bodies, counted, lines, read, send, work

pytestmark = pytest.mark.anyio
MANY = INLINE_ROWS + 1


async def swept(house: House, now: datetime) -> int:
    """Do the chore as the application's login does."""
    chore = sweeping_batches(house.registry.app.state.settings)
    async with house.registry.sessions.begin() as session:
        return await chore.act(session, now)


def aged(path: Path, seconds: float) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


async def the_job(house: House, **over: Any) -> BatchJob:
    async with house.registry.sessions.begin() as session:
        job = (await session.scalars(select(BatchJob))).one()
        for name, value in over.items():
            setattr(job, name, value)
        return job


@pytest.mark.requirement("X05")
async def test_a_batch_is_worked_off_where_its_body_was_not_received(
    house: House, tmp_path: Path
) -> None:
    settings = house.registry.app.state.settings
    settings.file_store = f"memory:///{new_id()}"
    taken = await send(house, lines(house, MANY))
    assert bodies(house) == []
    # Another machine, which has the database and the store, and a disk of its own.
    settings.files = tmp_path / "another"
    await work(house)
    done = (await read(house, taken.headers["Location"])).json()
    assert (done["state"], done["created"]) == ("done", MANY)
    assert bodies(house) == []
    kept = parcels_of(settings, "batches")
    assert kept is not None
    assert await kept.older_than(time.time() + 60) == []


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_a_body_lost_in_the_store_makes_its_batch_fail(house: House) -> None:
    settings = house.registry.app.state.settings
    settings.file_store = f"memory:///{new_id()}"
    taken = await send(house, lines(house, MANY))
    kept = parcels_of(settings, "batches")
    assert kept is not None
    await kept.forget((await kept.older_than(time.time() + 60))[0])
    await work(house)
    assert (await read(house, taken.headers["Location"])).json()["state"] == "failed"
    assert (bodies(house), await counted(house)) == ([], 0)


async def test_what_a_kill_left_of_an_upload_goes_with_the_next_one_after_a_day(
    house: House,
) -> None:
    await send(house, lines(house, 1), key="first")
    [folder] = {path.parent for path in [_left(house, "a", LEFT_SECONDS + 60)]}
    running = _left(house, "b", LEFT_SECONDS - 60)
    await send(house, lines(house, 1), key="second")
    assert sorted(folder.iterdir()) == [running]


def _left(house: House, name: str, seconds: float) -> Path:
    folder: Path = house.registry.app.state.settings.files / "batches"
    (folder / f"{name}.part").write_bytes(b"half of")
    return aged(folder / f"{name}.part", seconds)


async def test_a_body_waits_with_its_batch_and_is_swept_once_that_is_over(house: House) -> None:
    await send(house, lines(house, MANY))
    [body] = bodies(house)
    aged(body, LEFT_SECONDS + 60)
    now = datetime.now(UTC)
    assert (await swept(house, now), body.exists()) == (0, True)
    # Killed between its last chunk and taking its body away.
    await the_job(house, state="done")
    assert (await swept(house, now), body.exists()) == (1, False)


@pytest.mark.parametrize(("later", "left"), [(-1, (1, 1)), (1, (0, 0))])
async def test_a_batch_is_forgotten_with_its_results_after_ninety_days(
    house: House, later: int, left: tuple[int, int]
) -> None:
    taken = await send(house, lines(house, MANY))
    await work(house)
    job = await the_job(house)
    await swept(house, job.created_at + timedelta(days=90, seconds=later))
    assert (await counted(house, BatchJob), await counted(house, BatchRow)) == left
    assert await counted(house) == MANY, "What it recorded stays."
    shown = await read(house, taken.headers["Location"])
    assert shown.status_code == (200 if later < 0 else 404)


async def test_a_batch_that_waits_is_not_forgotten_however_old_it_is(house: House) -> None:
    await send(house, lines(house, MANY))
    job = await the_job(house)
    await swept(house, job.created_at + timedelta(days=900))
    assert await counted(house, BatchJob) == 1


@pytest.mark.refusing
async def test_the_application_itself_takes_no_result_away(house: House) -> None:
    async with house.registry.sessions.reading() as session:
        allowed = await session.scalar(
            text("SELECT has_table_privilege('batch_row', 'DELETE, UPDATE, TRUNCATE')")
        )
    assert allowed is False


@pytest.mark.requirement("X05")
async def test_pages_of_results_go_over_the_ends_of_chunks(house: House) -> None:
    await send(house, lines(house, 1_200))
    await work(house)
    job = await the_job(house)
    async with house.registry.sessions.begin() as session:
        # As a chunk keeps its rows, and as single rows were kept before.
        session.add(BatchRow(job_id=job.id, index=1_200, result=[None] * 300))
        single = {"status": 200, "outcome": "duplicate", "id": str(job.id)}
        session.add(BatchRow(job_id=job.id, index=1_500, result=single))
    location = f"/v1/registry/jobs/{job.id}/results"
    pages: list[list[tuple[int, str]]] = []
    cursor: dict[str, str] = {}
    while cursor or not pages:
        page = (await read(house, location, limit=500, **cursor)).json()
        pages.append([(row["index"], row["outcome"]) for row in page["items"]])
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [len(page) for page in pages] == [500, 500, 500, 1]
    rows = [row for page in pages for row in page]
    assert rows == [(n, "created") for n in range(1_500)] + [(1_500, "duplicate")]
    made = (await read(house, location, limit=500, outcome="created")).json()["items"]
    again = (await read(house, location, outcome="duplicate")).json()["items"]
    assert (len(made), [row["index"] for row in again]) == (500, [1_500])
