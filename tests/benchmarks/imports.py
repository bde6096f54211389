"""Organizations from a sheet over HTTP, one row of ten wrong, beside a bare COPY of the same rows.

A sheet is sent as CSV to the running registry and waited for until its job is done: received, read,
judged by every rule, entered with name, history, two events and two audit rows, and a result for
each row. Then every result, and every row that is stored, is held against what the sheet was made
to come to. COPY has organizations, names and entries ready in PostgreSQL's own text form, and is
taken back after its turn.
"""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.benchmarks.figures import WARM_SECONDS, Case, Figure, Judged, Size, met
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample, load_average, resident
from tests.benchmarks.tools import BenchmarkError
from tests.registry.organizations import sheets

ROWS: Final = {"small": 10_000, "full": 100_000}
ROUTE: Final = "/v1/registry/organization-batches"
RESULTS: Final = "/v1/registry/jobs/{job_id}/results/export"
LONGEST: Final = 1_800.0
LOOK_SECONDS: Final = 0.1
# What a sheet of ten times the rows may add to the memory that its first tenth took.
MOST_GROWTH_MB: Final = 16
JOB: Final = "SELECT state, rows_done, created, failed FROM batch_job WHERE id = $1"
STORED: Final = f"""
    SELECT id, {", ".join(sheets.COLUMNS)} FROM organization
     WHERE substr(uscc, 9, 2) = $1 ORDER BY uscc
"""  # noqa: S608 - columns of this checkout
BESIDE: Final = """
    WITH told AS (SELECT type FROM event WHERE subject_id = ANY($1))
    SELECT (SELECT count(*) FROM organization_name WHERE org_id = ANY($1)),
           (SELECT count(*) FROM organization_entry WHERE org_id = ANY($1)),
           (SELECT count(*) FROM told WHERE type = 'organization.registered'),
           (SELECT count(*) FROM told WHERE type = 'directory.organization'),
           (SELECT count(*) FROM audit WHERE subject_id = ANY($1))
"""
HEARD: Final = "SELECT count(*) FROM directory_organization WHERE substr(uscc, 9, 2) = $1"
# The rows of the first sheet under other ids and codes: later halves of both, so that their order,
# and with it the order in which the indexes grow, stays.
ANEW: Final = "(left({id}::text, 24) || left(md5({id}::text || '{turn}'), 12))::uuid"
COPIED: Final = {
    "organization": (
        "id", "version", "uscc", "name", "org_type", "legal_person_kind", "region_code",
        "registered_on", "industry_code", "is_sme", "is_leading", "is_backbone", "chain_position",
        "tech_center_level", "parent_uscc",
    ),
    "organization_name": ("id", "org_id", "name", "kind", "language", "from_on", "search_key"),
    "organization_entry": (
        "id", "org_id", "version", "field_values", "stated", "valid_from", "recorded_at",
        "source", "stated_by", "verified_by", "due_again_on",
    ),
}  # fmt: skip
COPY_LETTERS: Final = "CP"


@dataclass(slots=True)
class Desk:
    """Who imports, and what came of it."""

    house: House
    rows: int
    token: str
    turns: Iterator[int] = field(default_factory=lambda: count(1))
    memory: list[tuple[int, int]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    first_letters: str = ""
    first: Sample | None = None

    @property
    def dsn(self) -> str:
        return self.house.dsn("registry", service="registry")

    def copy(self, seconds: float) -> Sample:
        """Copy the rows of the first sheet once, and take them back."""
        del seconds
        return asyncio.run(self._copied())

    def post(self, seconds: float) -> Sample:
        """Send a sheet, and hold what comes of every row against what has to."""
        if seconds == WARM_SECONDS and self.first is not None:
            # The first sheet, whose rows are copied, has warmed what there is to warm.
            return self.first
        sample = asyncio.run(self._imported())
        self.first = self.first or sample
        return sample

    async def _copied(self) -> Sample:
        connection = await asyncpg.connect(self.dsn)
        try:
            turn = next(self.turns)
            ready = {table: await _ready(connection, table, self.first_letters, turn)
                     for table in COPIED}  # fmt: skip
            with Meter(database=self.house.database_pid) as meter:
                async with connection.transaction():
                    for table, content in ready.items():
                        told = await connection.copy_to_table(
                            table, source=content, columns=list(COPIED[table])
                        )
            written = int(told.split()[-1])
            await _taken_back(connection)
        finally:
            await connection.close()
        return Sample(written, meter.seconds, meter.cpu, meter.memory)

    async def _imported(self) -> Sample:
        letters = _letters(next(self.turns))
        self.first_letters = self.first_letters or letters
        sheet = self.house.stack.home / f"sheet-{letters}.csv"
        await asyncio.to_thread(_write, sheet, self.rows, letters)
        names = ("evaluation", "ip_ledger")
        roots = {"registry": self.house.pid("registry"), "database": self.house.database_pid}
        database = await asyncpg.connect(self.dsn)
        copies = [await asyncpg.connect(self.house.dsn(name, service=name)) for name in names]
        try:
            with Meter(neighbours=[self.house.pid(name) for name in names], **roots) as all_of_it:
                with Meter(**roots) as meter:
                    job_id = await self._sent(sheet)
                    created = await self._done(database, job_id)
                ended = time.perf_counter()
                for copy in copies:
                    await _heard(copy, letters, created)
                lag = time.perf_counter() - ended
            await self._judged(database, job_id, letters, created)
        finally:
            for connection in (database, *copies):
                await connection.close()
            sheet.unlink()
        self.remarks.append(
            f"{self.rows:,} rows in {meter.seconds:.1f} s, {created:,} of them entered; evaluation"
            f" and ip-ledger knew all of these {lag:.1f} s later, for"
            f" {all_of_it.cpu['neighbours']:.1f} s of CPU together (load {load_average():.1f})."
        )
        return Sample(self.rows, meter.seconds, meter.cpu, meter.memory, lag_seconds=lag)

    async def _sent(self, sheet: Any) -> UUID:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "text/csv",
            "Idempotency-Key": str(uuid4()),
        }
        url = self.house.stack.services["registry"].url
        async with httpx.AsyncClient(base_url=url, timeout=600, headers=headers) as caller:
            answer = await caller.post(ROUTE, content=_parts(sheet))
        if answer.status_code != 202 or answer.json()["rows_total"] != self.rows:
            raise BenchmarkError(f"The sheet was not taken: {answer.status_code} {answer.text}")
        return UUID(answer.json()["id"])

    async def _done(self, database: asyncpg.Connection, job_id: UUID) -> int:
        """Wait for the job, looking at the registry's memory; give how many it entered."""
        began = time.perf_counter()
        while (job := await database.fetchrow(JOB, job_id))["state"] != "done":
            if time.perf_counter() - began > LONGEST:
                raise BenchmarkError(f"The import did not end: {dict(job)}")
            self.memory.append((job["rows_done"], resident(self.house.pid("registry"))))
            await asyncio.sleep(LOOK_SECONDS)
        created: int = job["created"]
        return created

    async def _judged(
        self, database: asyncpg.Connection, job_id: UUID, letters: str, created: int
    ) -> None:
        """Hold every result and every stored row against the sheet, and what stands beside them."""
        ids: dict[int, str] = {}
        url = self.house.stack.services["registry"].url
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx.AsyncClient(base_url=url, timeout=600, headers=headers) as caller,
            caller.stream("GET", RESULTS.format(job_id=job_id)) as answer,
        ):
            expected = iter(enumerate(sheets.rows(self.rows, letters)))
            async for line in answer.aiter_lines():
                index, row = next(expected, (-1, None))
                _hold(json.loads(line), index, row, ids)
        if next(expected, None) is not None:
            raise BenchmarkError("Some rows have no result")
        made = (row.kept for row in sheets.rows(self.rows, letters) if row.kept is not None)
        stored = await database.fetch(STORED, letters)
        for row, kept in zip(stored, made, strict=True):
            if tuple(row)[1:] != kept:
                raise BenchmarkError(f"Stored is {tuple(row)}, sent was {kept}")
        beside = tuple(await database.fetchrow(BESIDE, [row["id"] for row in stored]))
        if len(stored) != created or beside != (*[created] * 4, 2 * created):
            raise BenchmarkError(f"{created} were entered; {len(stored)} stand there, {beside}")

    def finish(self, made: Figure) -> list[str]:
        """Tell what each sheet took, and how memory went while the last one was worked off."""
        last: list[tuple[int, int]] = []
        for done, held in self.memory:
            last = [] if last and done < last[-1][0] else last
            last.append((done, held))
        tenth = [held for done, held in last if done <= self.rows / 10]
        peak = max(held for _, held in last)
        growth = (peak - max(tenth)) / 2**20
        asked = f"at most {MOST_GROWTH_MB}"
        made.counted = [
            Judged(
                "MB that the registry took beyond the first tenth", asked, growth, "last turn",
                met(growth, MOST_GROWTH_MB),
            )
        ]  # fmt: skip
        memory = (
            f"The registry held {max(tenth) / 2**20:.0f} MB in the first tenth of the last sheet,"
            f" at most {peak / 2**20:.0f} MB in all of it."
        )
        return [*self.remarks, memory]


def _hold(told: dict[str, Any], index: int, row: sheets.SheetRow | None, ids: Any) -> None:
    """Hold a result against its row of the sheet; a repeated one names the first one's id."""
    problem = told["problem"] or {}
    seen = (told["index"], told["outcome"], problem.get("code"))
    if row is None or seen != (index, row.outcome, row.code):
        raise BenchmarkError(f"Row {index} has to be {row}, and is {told}")
    if row.first is not None and told["id"] != ids[row.first]:
        raise BenchmarkError(f"Row {index} repeats {row.first}, and names another one: {told}")
    ids[index] = told["id"]


def _letters(turn: int) -> str:
    """Give two letters for a turn, so that no two sheets name the same codes."""
    known = "ABCDEFGH"
    return f"{known[turn // len(known)]}{known[turn % len(known)]}"


def _write(path: Any, rows: int, letters: str) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        out.write(sheets.header() + "\r\n")
        out.writelines(f"{row.line}\r\n" for row in sheets.rows(rows, letters))


async def _parts(path: Any) -> AsyncIterator[bytes]:
    with path.open("rb") as content:
        while part := content.read(65_536):
            yield part


async def _ready(connection: asyncpg.Connection, table: str, letters: str, turn: int) -> io.BytesIO:
    """Give the first sheet's rows of a table as COPY takes them, each under another id."""
    other = {"id": ANEW.format(id="t.id", turn=turn), "org_id": ANEW.format(id="o.id", turn=turn)}
    if table == "organization":
        other["uscc"] = f"overlay(t.uscc placing '{COPY_LETTERS}' from 9)"
    told = ", ".join(other.get(name, f"t.{name}") for name in COPIED[table])
    on = "t.id" if table == "organization" else "t.org_id"
    content = io.BytesIO()
    await connection.copy_from_query(
        f"SELECT {told} FROM {table} t JOIN organization o ON o.id = {on}"  # noqa: S608 - constants
        f" WHERE substr(o.uscc, 9, 2) = '{letters}' ORDER BY t.id",
        output=content,
    )
    content.seek(0)
    return content


async def _taken_back(connection: asyncpg.Connection) -> None:
    """Remove what was copied, past the guards of rows that nobody may remove."""
    await connection.execute("SET session_replication_role = replica")
    of_copy = f"SELECT id FROM organization WHERE substr(uscc, 9, 2) = '{COPY_LETTERS}'"  # noqa: S608 - a constant
    for table in ("organization_name", "organization_entry"):
        await connection.execute(f"DELETE FROM {table} WHERE org_id IN ({of_copy})")  # noqa: S608 - constants
    await connection.execute(f"DELETE FROM organization WHERE id IN ({of_copy})")  # noqa: S608 - constants
    await connection.execute("RESET session_replication_role")
    await connection.execute(f"VACUUM ANALYZE {', '.join(COPIED)}")


async def _heard(copy: asyncpg.Connection, letters: str, created: int) -> None:
    """Wait until another service's copy of the register has all that were entered."""
    began = time.perf_counter()
    while await copy.fetchval(HEARD, letters) < created:
        if time.perf_counter() - began > LONGEST:
            raise BenchmarkError("A neighbour did not hear of all that were entered")
        await asyncio.sleep(0.5)


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Import the first sheet, and let COPY and sheets take turns."""
    desk = Desk(house, ROWS[size.name], house.token("imports", "handler"))
    desk.post(0.0)
    made = Figure(
        name="imports",
        title=f"A sheet of {desk.rows:,} organizations beside a bare COPY of the same rows",
        unit="row",
        cases=[Case("COPY", desk.copy), Case("sheet", desk.post)],
        comparisons=[("sheet", "COPY")],
        parts=("registry", "database"),
        remarks=[
            (
                "One row of ten is wrong, in 29 ways, each of which stands in every sheet; each"
                " result, stored row, name, entry, event and audit row is held against the sheet."
            ),
            (
                "COPY writes organizations, names and entries of the rows that are good, from text"
                " made before; the sheet is received, read and judged, and writes two events and"
                " two audit rows more for each, and a result."
            ),
        ],
    )
    made.finish = lambda: desk.finish(made)
    yield made
