"""Facts in one batch, judged row by row, beside a bare COPY of the same rows into the same table.

A batch is sent as NDJSON to the running registry and waited for until its job is done: received,
read, judged by every rule, written with its events, audit rows and a result per row. COPY has the
rows ready in PostgreSQL's own text form, other ids and references each time, and writes nothing
else; indexes, foreign keys and constraints of the table are the same for both.
"""

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from registry.centers.rules import Stage
from registry.centers.tables import Center
from registry.organizations.tables import Organization
from tests.benchmarks import batches
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample, resident
from tests.benchmarks.tools import BenchmarkError
from tests.registry.facts.conftest import center, organization
from zhichuang.demo.client import Caller
from zhichuang.demo.year import fictional_uscc

ROWS: Final = {"small": 10_000, "full": 1_000_000}
CLIENTS: Final = 400
ROUTE: Final = "/v1/registry/fact-batches"
MARK: Final = "mark P11: at least 0.30 times the rate of COPY, and memory that does not grow"
# The rows of the first batch, each with an id and a reference of its own.
ANEW: Final = """
    SELECT uuidv7() AS id, center_id, kind, chain_stage, occurred_on, recorded_at,
           external_id || '-' || {turn} AS external_id, submitted_by_org_id,
           submitted_by_person_id, payload, content_sha256, evidence, supersedes_id, reason,
           is_member, is_sme, region_code
      FROM fact WHERE external_id LIKE 'B1-%' AND external_id NOT LIKE 'B1-%-%'
"""
COLUMNS: Final = (
    "id", "center_id", "kind", "chain_stage", "occurred_on", "recorded_at", "external_id",
    "submitted_by_org_id", "submitted_by_person_id", "payload", "content_sha256", "evidence",
    "supersedes_id", "reason", "is_member", "is_sme", "region_code",
)  # fmt: skip


@dataclass(slots=True)
class Line:
    """A member and its centre, and what is sent for them."""

    house: House
    rows: int
    center_id: UUID
    caller: Caller
    turns: Iterator[int] = field(default_factory=lambda: count(1))
    peak: int = 0
    copied: int = 0
    posted: int = 0

    @property
    def dsn(self) -> str:
        return self.house.dsn("registry", service="registry")

    def copy(self, seconds: float) -> Sample:
        """Copy the rows once, however long it takes."""
        del seconds
        return asyncio.run(self._copied())

    def post(self, seconds: float) -> Sample:
        """Send the rows once, and wait until the last of them has its result."""
        del seconds
        return asyncio.run(self._posted())

    async def _copied(self) -> Sample:
        connection = await asyncpg.connect(self.dsn)
        try:
            anew = ANEW.format(turn=next(self.turns))
            ready = io.BytesIO()
            await connection.copy_from_query(anew, output=ready)
            ready.seek(0)
            with Meter(database=self.house.database_pid) as meter:
                told = await connection.copy_to_table("fact", source=ready, columns=list(COLUMNS))
            written = int(told.split()[-1])
        finally:
            await connection.close()
        self.copied += written
        return Sample(written, meter.seconds, meter.cpu, meter.memory)

    async def _posted(self) -> Sample:
        folder = self.house.stack.home / f"rows-{next(self.turns)}"
        await asyncio.to_thread(self._write, folder)
        roots = {"registry": self.house.pid("registry"), "database": self.house.database_pid}
        address, token = self.house.stack.services["registry"].url, self.caller._fresh()
        database = await asyncpg.connect(self.dsn)
        try:
            with Meter(**roots) as meter:
                job_id = await batches.sent(address, ROUTE, token, _chunks(folder))
                await batches.done(database, job_id, self.rows, self._look)
        finally:
            await database.close()
            folder.unlink()
        self.posted += self.rows
        return Sample(self.rows, meter.seconds, meter.cpu, meter.memory)

    def _write(self, path: Path) -> None:
        batch = path.name.rpartition("-")[2]
        with path.open("w", encoding="utf-8") as out:
            for number in range(self.rows):
                row = _fact(self.center_id, number, f"B{batch}-{number}")
                out.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _look(self) -> None:
        self.peak = max(self.peak, resident(self.house.pid("registry")))

    def finish(self) -> list[str]:
        """Count what is stored, and tell the most memory that the service took."""
        expected = self.posted + self.copied
        counts = asyncio.run(self._counts())
        if counts["facts"] != expected or counts["told"] != self.posted:
            raise BenchmarkError(
                f"{expected} facts were sent, {self.posted} of them told: {counts}"
            )
        return [
            f"The registry held at most {self.peak / 2**20:.0f} MB while batches ran; {MARK}.",
            f"Stored after the last turn: {counts['facts']:,} facts, {counts['told']:,} events.",
        ]

    async def _counts(self) -> dict[str, int]:
        connection = await asyncpg.connect(self.dsn)
        try:
            row = await connection.fetchrow(
                "SELECT (SELECT count(*) FROM fact) AS facts,"
                " (SELECT count(*) FROM event WHERE type = 'fact.recorded') AS told"
            )
        finally:
            await connection.close()
        return dict(row or {})


async def _chunks(path: Path) -> Any:
    with path.open("rb") as lines:
        while part := lines.read(65_536):
            yield part


def _fact(center_id: UUID, number: int, external_id: str) -> dict[str, Any]:
    """Give a row as a member's script would send it: services mostly, courses and hours between."""
    day = date(2025, 1, 1) + timedelta(days=number % 360)
    payload: dict[str, Any] = {
        "client_uscc": fictional_uscc("91310115", number % CLIENTS),
        "catalog_code": "inspection_testing",
        "amount": {"amount": 10_000 + number, "currency": "CNY"},
    }
    kind = "service"
    if number % 5 == 3:
        kind, payload = "training", {"person_times": 10 + number % 90, "topic": "键合工艺"}
    elif number % 5 == 4:
        kind = "resource_usage"
        payload = {"resource_id": f"line-{number % 7}", "hours": "12.5", "shared_hours": "3.0"}
    return {
        "center_id": str(center_id), "kind": kind, "occurred_on": day.isoformat(),
        "external_id": external_id, "payload": payload, "evidence": [],
    }  # fmt: skip


async def _founded(url: str) -> tuple[UUID, UUID]:
    """Write a member, its clients and a pilot centre straight into their tables."""
    organizations = [
        organization(fictional_uscc("91310115", number), is_sme=number % 3 == 0)
        for number in range(CLIENTS + 2)
    ]
    member, entity, *_ = organizations
    home = center("示例中心", member.id, entity.id, "C01", Stage.PILOT)
    home.listed_on = date(2025, 1, 1)
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            rows = [one.model_dump() for one in organizations]
            await connection.execute(insert(Organization), rows)
            await connection.execute(insert(Center), [home.model_dump()])
    finally:
        await engine.dispose()
    return member.id, home.id


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Found a centre, send the first batch, and let COPY and batches take turns."""
    member, center_id = asyncio.run(_founded(house.stack.postgres.dsn("registry", "owner")))
    admin = Caller(house.stack.url, "admin", house.stack.credentials["admin"])
    body = {
        "name": "facts", "org_id": str(member), "person": {"name": "基准测试"}, "roles": ["member"],
    }  # fmt: skip
    caller = Caller(house.stack.url, "facts", admin.post("/v1/identity/clients", body))
    line = Line(house, ROWS[size.name], center_id, caller)
    line.post(0.0)
    yield Figure(
        name="facts",
        title=f"A batch of {line.rows:,} facts beside a bare COPY of the same rows",
        unit="fact",
        cases=[Case("COPY", line.copy), Case("batch", line.post)],
        comparisons=[("batch", "COPY")],
        parts=("registry", "database"),
        remarks=[
            (
                "COPY writes the rows of `fact` and nothing else, from text made before; the batch"
                " is received, hashed, read and judged, and writes three rows more for each fact"
                " (event, audit, result), beside what the sequencer writes."
            ),
            "A turn is one batch, and as many rows copied; the table grows from turn to turn.",
        ],
        finish=line.finish,
    )
