"""A company's CSV file over a line that breaks: the right rows at the end, none twice."""

import asyncio
import csv
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
import uvicorn
from sqlalchemy import text
from sqlmodel import select
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from registry.facts.routes.posting import BATCH
from registry.facts.tables import Fact
from shared.http.batch_tables import BatchJob
from shared.http.batches import JOB, batch_jobs, taking
from tests.registry.facts.conftest import House
from zhichuang.cli import app

pytestmark = pytest.mark.anyio

HEADER = ["日期", "流水号", "客户代码", "服务", "金额（元）", "备注"]
MAPPED = [
    *("--map", "日期=occurred_on", "--map", "流水号=external_id"),
    *("--map", "客户代码=payload.client_uscc", "--map", "服务=payload.catalog_code"),
    *("--map", "金额（元）=payload.amount.amount@yuan", "--ignore", "备注"),
]
ENVIRONMENT = {"ZHICHUANG_CLIENT_ID": "m", "ZHICHUANG_CLIENT_SECRET": "a secret"}
POST = b"POST /v1/registry/fact-batches"
# `make prove name=upload` sends a million.
ROWS = int(os.environ.get("ZHICHUANG_CASES", "700"))


class Line:
    """A line to the service that is cut at chosen batches: before they arrive, or after."""

    def __init__(self, port: int) -> None:
        self.upstream = port
        self.batches = 0
        self.lose_request: set[int] = set()
        self.lose_answer: set[int] = set()
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
        answers = asyncio.create_task(self._answers(there, writer, back))
        while data := await reader.read(65536):
            if POST in data:
                self.batches += 1
                if self.batches in self.lose_request:
                    back.write(data[: len(data) // 2])
                    break
            back.write(data)
        self.cuts += self.batches in self.lose_request
        back.close()
        await answers

    async def _answers(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while data := await there.read(65536):
            if self.batches in self.lose_answer:
                self.lose_answer.discard(self.batches)
                self.cuts += 1
                break
            writer.write(data)
        writer.close()
        back.close()


@asynccontextmanager
async def line_to(house: House) -> AsyncIterator[tuple[Line, str]]:
    """Serve the registry, with a token for the member, behind a line that can be cut."""

    async def with_tokens(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/oauth/token":
            token = house.registry.signer.token("member", org_id=house.member, sub=house.member)
            answer = JSONResponse({"access_token": token, "expires_in": 600})
            await answer(scope, receive, send)
            return
        if scope["path"] == "/openapi.json":
            await JSONResponse(house.registry.app.openapi())(scope, receive, send)
            return
        await house.registry.asgi(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(with_tokens, lifespan="off", log_level="error"))
    # Listening before the server serves: who calls meanwhile waits in the queue.
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    line = Line(listener.getsockname()[1])
    async with await asyncio.start_server(line.serve, "127.0.0.1", 0) as listening:
        yield line, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


def written(path: Path, rows: list[list[str]], encoding: str = "gb18030") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def service(number: int, **over: str) -> list[str]:
    row = {
        "日期": "2027/3/1",
        "流水号": f"S-{number}",
        "客户代码": "91310113FAKE0011X5",
        "服务": "inspection_testing",
        "金额（元）": "３５０００",
        "备注": "检测，含税",
    }
    return list({**row, **over}.values())


async def upload(house: House, file: Path, address: str, *options: str) -> tuple[int, str]:
    words = [
        *("upload", str(file), "--to", "fact", "--address", address, *MAPPED),
        *("--set", "kind=service", "--set", f"center_id={house.center_id}", *options),
    ]
    result = await anyio.to_thread.run_sync(
        lambda: CliRunner(env={**ENVIRONMENT, "COLUMNS": "200"}).invoke(app, words)
    )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


async def kept(house: House) -> dict[str, Any]:
    async with house.registry.sessions.reading() as session:
        facts = list(await session.scalars(select(Fact)))
    found = {fact.external_id: fact for fact in facts}
    assert len(found) == len(facts)
    return found


@pytest.mark.requirement("X05")
async def test_a_line_that_breaks_twice_loses_and_doubles_nothing(
    house: House, tmp_path: Path
) -> None:
    """A hundredth of the rows is wrong; the line breaks, the command goes on, they are mended."""
    wrong = {number for number in range(ROWS) if number % 100 == 50}
    file = _long(tmp_path / "服务.csv", wrong)
    size = str(min(1_000, ROWS // 7))
    async with line_to(house) as (line, address):
        line.lose_answer = {2}
        status, said = await upload(house, file, address, "--chunk", size, "--patience", "0")
        assert (status, "position is kept" in said) == (1, True), said
        line.lose_request = {5}
        status, said = await upload(house, file, address)
        assert (status, f"Going on after row {int(size):,} of {ROWS:,}" in said) == (1, True), said
        assert line.cuts == 2
        assert await stored(house) == (ROWS - len(wrong), ROWS - len(wrong), 3_500_000)
        assert "full-width digits" in said
        errors = file.with_name("服务.errors.csv")
        assert _mended(errors) == sorted(wrong)
        status, said = await upload(house, errors, address)
    assert status == 0, said
    assert await stored(house) == (ROWS, ROWS, 3_500_000)
    for left in ("服务.csv.upload.json", "服务.errors.csv.upload.json"):
        assert not file.with_name(left).exists()


def _long(path: Path, wrong: set[int]) -> Path:
    """Write the file row after row: a million would not fit into the memory of a test."""
    with path.open("w", encoding="gb18030", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for number in range(ROWS):
            over = {"客户代码": "91310113FAKE0011X9"} if number in wrong else {}
            rows.writerow(service(number, **over))
    return path


def _mended(errors: Path) -> list[int]:
    """Mend each refused row as one does in a spreadsheet; give their numbers."""
    with errors.open(encoding="utf-8-sig", newline="") as lines:
        head, *told = list(csv.reader(lines))
    numbers = []
    for row in told:
        assert row[1] == "USCC_CHECK_DIGIT"
        numbers.append(int(row[4].removeprefix("S-")))
        row[3:] = service(numbers[-1])
    with errors.open("w", encoding="gb18030", newline="") as lines:
        csv.writer(lines).writerows([head, *told])
    return sorted(numbers)


async def stored(house: House) -> tuple[int, int, int]:
    """Count facts by reference and events, and give the one amount that all tell of."""
    asked = text(
        """
        SELECT count(DISTINCT external_id),
               (SELECT count(*) FROM event WHERE type = 'fact.recorded'),
               sum((payload -> 'amount' ->> 'amount')::bigint) / count(*)
          FROM fact
        """
    )
    async with house.registry.sessions.reading() as session:
        facts, events, amount = (await session.execute(asked)).one()
        assert await session.scalar(text("SELECT count(*) FROM fact")) == facts
    return facts, events, int(amount)


@pytest.mark.requirement("X05")
async def test_an_interrupted_upload_goes_on_from_its_position(
    house: House, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.csv", [service(number) for number in range(30)])
    async with line_to(house) as (line, address):
        line.lose_answer = {3}
        status, said = await upload(house, file, address, "--chunk", "10", "--patience", "0")
        assert (status, "position is kept" in said) == (1, True), said
        # The third chunk was taken, and only its answer was lost.
        assert (line.batches, len(await kept(house))) == (3, 30)
        status, said = await upload(house, file, address)
    assert status == 0, said
    assert "Going on after row 20 of 30" in said
    # Its answer was kept under its key: those rows count as taken, not as there already.
    assert [line.split()[-1] for line in said.splitlines() if "taken" in line] == ["30"]
    assert line.batches == 4
    assert len(await kept(house)) == 30


@pytest.mark.refusing
@pytest.mark.requirement("X05")
async def test_refused_rows_are_mended_and_sent_again(house: House, tmp_path: Path) -> None:
    rows = [service(number) for number in range(10)]
    rows[3] = service(3, 客户代码="91310113FAKE0011X9")
    rows[5] = service(5, **{"金额（元）": "面议"})
    rows[7] = [*rows[7], "多余", "的"]
    file = written(tmp_path / "a.csv", rows)
    async with line_to(house) as (_, address):
        status, said = await upload(house, file, address, "--chunk", "4")
        assert status == 1, said
        errors = tmp_path / "a.errors.csv"
        with errors.open(encoding="utf-8-sig", newline="") as lines:
            told = list(csv.reader(lines))
        assert told[0] == ["zhichuang_line", "zhichuang_code", "zhichuang_problem", *HEADER]
        assert [row[:2] for row in told[1:]] == [
            ["5", "USCC_CHECK_DIGIT"],
            ["7", "FIELD_INVALID"],
            ["9", "CELLS"],
        ]
        assert told[1][3:] == rows[3]
        assert "payload/amount" in told[2][2]
        # Mended in the same spreadsheet, and saved in its own encoding.
        for row, number in zip(told[1:], (3, 5, 7), strict=True):
            row[3:] = service(number)
        with errors.open("w", encoding="gb18030", newline="") as lines:
            csv.writer(lines).writerows(told)
        status, said = await upload(house, errors, address)
    assert status == 0, said
    assert len(await kept(house)) == 10


@pytest.mark.refusing
async def test_an_error_file_of_before_is_not_overwritten(house: House, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [service(1)])
    (tmp_path / "a.errors.csv").write_text("mended by hand")
    async with line_to(house) as (line, address):
        status, said = await upload(house, file, address)
    assert (status, line.batches) == (1, 0)
    assert "is there already" in said
    assert (tmp_path / "a.errors.csv").read_text() == "mended by hand"


@pytest.mark.requirement("X05")
async def test_a_check_judges_and_keeps_nothing(house: House, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [service(1), service(2, 日期="2099/1/1")])
    async with line_to(house) as (_, address):
        status, said = await upload(house, file, address, "--check")
    assert status == 1, said
    assert await kept(house) == {}
    assert (tmp_path / "a.errors.csv").exists()


@pytest.mark.requirement("X05")
async def test_chunks_beyond_what_is_answered_at_once_are_followed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "INLINE_ROWS", 20)
    file = written(tmp_path / "a.csv", [service(number) for number in range(50)])
    async with line_to(house) as (line, address):
        working = asyncio.create_task(_work_off_jobs(house))
        status, said = await upload(house, file, address, "--chunk", "30")
        working.cancel()
    assert status == 0, said
    assert line.batches == 2
    assert len(await kept(house)) == 50


async def _work_off_jobs(house: House) -> None:
    handle = batch_jobs({BATCH.name: BATCH})[JOB].do
    while True:
        async with house.registry.sessions.reading() as session:
            waiting = list(
                await session.scalars(select(BatchJob.id).where(BatchJob.state == "queued"))
            )
        for job_id in waiting:
            await handle(house.registry.app, job_id.bytes)
        await asyncio.sleep(0.05)
