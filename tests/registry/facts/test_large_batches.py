"""More than a thousand rows: a job that answers at once and is looked after until it is done."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import TypeAdapter
from sqlmodel import col, func, select
from starlette.requests import ClientDisconnect, Request

from registry.app import BATCHES
from registry.facts.tables import Fact
from shared.events.tables import Audit
from shared.http.batch_rows import MAX_LINE_BYTES, RowResult, count_rows, judged_rows
from shared.http.batch_tables import BatchJob
from shared.http.batches import INLINE_ROWS, JOB, MAX_ROWS, batch_jobs, reading, taking, working
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
NUMBER = 2_500
NDJSON = "application/x-ndjson"


def lines(house: House, number: int, **over: Any) -> list[str]:
    return [json.dumps(house.fact(external_id=f"L-{n}", **over)) for n in range(number)]


async def send(house: House, rows: list[str], key: str = "large", **asked: str) -> httpx.Response:
    async with house.caller(house.member) as caller:
        return await caller.post(
            "/v1/registry/fact-batches",
            content="\n".join(rows).encode(),
            params=asked,
            headers={"Content-Type": NDJSON, "Idempotency-Key": key},
        )


async def work(house: House) -> None:
    async with house.registry.sessions.reading() as session:
        [job_id] = (await session.scalars(select(BatchJob.id))).all()
    await batch_jobs(BATCHES)[JOB].do(house.registry.app, job_id.bytes)


async def counted(house: House, model: Any = Fact) -> int:
    async with house.registry.sessions.reading() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def told(house: House) -> int:
    return (await event_types(house.registry.sessions)).count("fact.recorded")


async def read(house: House, path: str, **asked: Any) -> httpx.Response:
    async with house.caller(house.member) as caller:
        return await caller.get(path, params=asked)


def bodies(house: House) -> list[Path]:
    folder: Path = house.registry.app.state.settings.files / "batches"
    return sorted(folder.iterdir())


@pytest.mark.requirement("X05")
async def test_a_large_batch_becomes_a_job_whose_rows_are_recorded_once(house: House) -> None:
    rows = lines(house, NUMBER)
    rows[517] = "{broken"
    taken = await send(house, rows)
    assert (taken.status_code, taken.json()["rows_total"]) == (202, NUMBER)
    # Delivered twice, as after a worker was killed: what is done is not done again.
    await work(house)
    await work(house)
    done = (await read(house, taken.headers["Location"])).json()
    assert (done["state"], done["created"], done["failed"]) == ("done", NUMBER - 1, 1)
    assert [row["index"] for row in done["results"] if row["status"] >= 400] == [517]
    assert bodies(house) == []
    async with house.registry.sessions.reading() as session:
        hashes = set(await session.scalars(select(Fact.content_sha256)))
        proven = set(await session.scalars(select(Audit.after_sha256)))
    # The audit row of each fact proves what it says, since its event only names it.
    assert hashes <= proven


@pytest.mark.requirement("X05")
async def test_a_batch_that_was_cut_goes_on_after_its_last_whole_chunk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await send(house, lines(house, NUMBER))
    chunks = 0
    first = working.recorded

    async def cut(*given: Any) -> Any:
        nonlocal chunks
        chunks += 1
        results = await first(*given)
        if chunks == 2:
            raise ConnectionResetError("the worker is gone, its chunk written and not committed")
        return results

    monkeypatch.setattr(working, "recorded", cut)
    with pytest.raises(ConnectionResetError):
        await work(house)
    half = (await read(house, taken.headers["Location"])).json()
    assert (half["state"], half["rows_done"], half["results"]) == ("running", 2_000, [])
    assert await counted(house) == 2_000
    await work(house)
    done = (await read(house, taken.headers["Location"])).json()
    assert (done["state"], done["created"], await counted(house)) == ("done", NUMBER, NUMBER)
    assert len({row["id"] for row in done["results"]}) == NUMBER
    assert await told(house) == NUMBER


@pytest.mark.requirement("X05")
async def test_results_come_in_pages_and_as_lines_and_not_whole_when_they_are_many(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WHOLE_ROWS", NUMBER - 1)
    monkeypatch.setattr(reading, "ROWS", 700)
    rows = lines(house, NUMBER)
    rows[7] = "{broken"
    location = (await send(house, rows)).headers["Location"]
    await work(house)
    done = (await read(house, location)).json()
    assert (done["results"], done["rows_done"]) == ([], NUMBER)
    assert done["results_path"] == f"{location}/results"
    found: list[dict[str, Any]] = []
    cursor = None
    while cursor is not None or not found:
        asked = {"limit": 500} if cursor is None else {"limit": 500, "cursor": cursor}
        page = (await read(house, f"{location}/results", **asked)).json()
        found += page["items"]
        cursor = page["next_cursor"]
    exported = await read(house, f"{location}/results/export")
    assert exported.headers["content-type"].startswith(NDJSON)
    assert [json.loads(line) for line in exported.text.splitlines()] == found
    assert [row["index"] for row in found] == list(range(NUMBER))
    failed = (await read(house, f"{location}/results", outcome="failed")).json()["items"]
    assert [(row["index"], row["problem"]["code"]) for row in failed] == [(7, "BODY_UNREADABLE")]
    async with house.caller(house.member) as caller:
        english = await caller.get(
            f"{location}/results/export",
            params={"outcome": "failed"},
            headers={"Accept-Language": "en"},
        )
    assert json.loads(english.text)["problem"]["title"].isascii()
    assert not failed[0]["problem"]["title"].isascii()


@pytest.mark.refusing
@pytest.mark.requirement("X04", "X05")
async def test_a_batch_of_another_is_not_there_in_whole_in_pages_nor_as_lines(house: House) -> None:
    location = (await send(house, lines(house, INLINE_ROWS + 1))).headers["Location"]
    async with house.caller(house.lead) as other:
        for path in (location, f"{location}/results", f"{location}/results/export"):
            assert (await other.get(path)).status_code == 404, path
        assert (await other.delete(location)).status_code == 404


@pytest.mark.requirement("X05")
async def test_a_dry_run_judges_a_large_batch_and_keeps_no_fact(house: House) -> None:
    rows = lines(house, NUMBER)
    rows[3] = json.dumps(house.fact(external_id="L-3", kind="no such kind"))
    taken = await send(house, rows, dry_run="true")
    assert taken.status_code == 202
    await work(house)
    done = (await read(house, taken.headers["Location"])).json()
    assert (done["state"], done["rolled_back"]) == ("done", True)
    assert (done["created"], done["failed"]) == (NUMBER - 1, 1)
    assert (await counted(house), await told(house)) == (0, 0)


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_more_rows_than_may_be_are_refused_and_their_body_is_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_ROWS == 1_000_000
    monkeypatch.setattr(taking, "MAX_ROWS", NUMBER - 1)
    many = await send(house, lines(house, NUMBER))
    whole = await send(house, lines(house, INLINE_ROWS + 1), mode="atomic")
    for answer in (many, whole):
        assert (answer.status_code, answer.json()["code"]) == (413, "ROWS_TOO_MANY")
    house.registry.app.state.settings.max_batch_bytes = 1_000
    large = await send(house, lines(house, 20))
    assert (large.status_code, large.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert (bodies(house), await counted(house)) == ([], 0)


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_a_body_that_is_cut_half_way_leaves_neither_file_nor_fact(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Request.stream
    sizes: list[int] = []

    async def cut(request: Request) -> AsyncIterator[bytes]:
        async for chunk in first(request):
            yield chunk[:700]
            sizes.append(bodies(house)[0].stat().st_size)
            raise ClientDisconnect

    monkeypatch.setattr(Request, "stream", cut)
    assert not (await send(house, lines(house, 10))).is_success
    assert len(sizes) == 1
    assert (bodies(house), await counted(house), await counted(house, BatchJob)) == ([], 0, 0)


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_a_batch_whose_body_is_lost_says_that_it_failed(house: House) -> None:
    taken = await send(house, lines(house, INLINE_ROWS + 1))
    [body] = bodies(house)
    body.unlink()
    await work(house)
    assert (await read(house, taken.headers["Location"])).json()["state"] == "failed"


@pytest.mark.requirement("X05")
async def test_a_batch_that_failed_for_good_says_so_and_one_that_is_done_stays_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_given: Any) -> Any:
        raise ConnectionResetError

    taken = await send(house, lines(house, INLINE_ROWS + 1))
    job_id = UUID(taken.headers["Location"].rpartition("/")[2]).bytes
    job = batch_jobs(BATCHES)[JOB]
    with monkeypatch.context() as patched:
        patched.setattr(working, "recorded", fails)
        with pytest.raises(ConnectionResetError):
            await work(house)
    assert (await read(house, taken.headers["Location"])).json()["state"] == "queued"
    await job.give_up(house.registry.app, job_id)
    assert (await read(house, taken.headers["Location"])).json()["state"] == "failed"
    assert (bodies(house), await counted(house)) == ([], 0)

    again = await send(house, lines(house, INLINE_ROWS + 1), "again")
    job_id = UUID(again.headers["Location"].rpartition("/")[2]).bytes
    await job.do(house.registry.app, job_id)
    await job.give_up(house.registry.app, job_id)
    assert (await read(house, again.headers["Location"])).json()["state"] == "done"


@pytest.mark.requirement("X05")
async def test_a_cancelled_batch_stops_and_its_body_goes(house: House) -> None:
    taken = await send(house, lines(house, INLINE_ROWS + 1))
    async with house.caller(house.member) as caller:
        stopped = await caller.delete(taken.headers["Location"])
    assert stopped.json()["state"] == "cancelled"
    await work(house)
    async with house.registry.sessions.reading() as session:
        state = await session.scalar(select(col(BatchJob.state)))
    assert (state, await counted(house)) == ("cancelled", 0)


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_rows_are_read_in_constant_memory_and_an_endless_line_too(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    with path.open("wb") as out:
        out.write(b'{"a": "' + b"x" * 30_000_000 + b'"}\n')
        for number in range(50_000):
            out.write(b'{"a": %d, "pad": "%s"}\n' % (number, b"y" * 200))
    rows = TypeAdapter(dict[str, Any])
    tracemalloc.start()
    try:
        assert count_rows(path, NDJSON) == 50_001
        judged = judged_rows(path, NDJSON, rows)
        assert isinstance(next(judged), RowResult)
        assert sum(1 for _ in judged) == 50_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MAX_LINE_BYTES
