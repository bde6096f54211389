"""Lists and single reads beside what a Python team would write, on the same rows.

The peer is a FastAPI route over a SQLModel query with a response model: no token, no tenant, no
tag, no log. Ours is the registry as it is shipped, asked directly for what a request costs, and
through the gateway by one caller after the other for how long one waits. Pages deep inside a list
stand beside its first one. Facts and organizations are written straight into their tables.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import httpx

from tests.benchmarks import tools
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import ROOT, House, program_running
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError
from zhichuang.processes import HOST, free_ports

FACTS: Final = {"small": 500_000, "full": 5_000_000}
ORGANIZATIONS: Final = {"small": 10_000, "full": 100_000}
CENTERS: Final = 200
CONNECTIONS: Final = 8
DEEP_PAGE: Final = 10_000
# So that page 10,000 is there, and half as many rows beyond it.
DEEP_ROWS: Final = {"small": 25, "full": 100}
MARKS: Final = (
    "mark P12: a fact within 5 ms and a list of 100 within 10 ms at p99; an ordinary list 3 times,"
    " a hot one 6 times the peer; page 10,000 as fast as page 1 (20 %)"
)
FILL: Final = """
WITH orgs AS (
    INSERT INTO organization (id, version, uscc, name, org_type, legal_person_kind, region_code,
                              registered_on, is_sme, is_leading, is_backbone)
    SELECT uuidv7(), 1, '91310115FA' || lpad(n::text, 7, '0') || '0',
           '上海精密仪器第' || n || '号制造有限公司', 'enterprise', 'independent', '310115',
           date '2020-01-01', n % 3 = 0, false, false
      FROM generate_series(1, $1::int) AS n
    RETURNING id
), lead AS (SELECT id FROM orgs LIMIT 1
), centers AS (
    INSERT INTO center (id, version, code, listed_on, name, model_type, applicant_form,
                        field_codes, stage, level, lead_sponsor_id, created_at)
    SELECT uuidv7(), 1, 'B' || n, date '2025-01-01', '示例中心' || n, 'enterprise', 'legal_entity',
           ARRAY['integrated_circuit'], 'pilot', 'municipal', lead.id, timestamptz '2025-01-01Z'
      FROM generate_series(1, $2::int) AS n CROSS JOIN lead
    RETURNING id
), places AS (SELECT array_agg(id) AS ids FROM centers)
INSERT INTO fact (id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
                  submitted_by_org_id, submitted_by_person_id, payload, content_sha256, evidence,
                  is_member, is_sme, region_code)
SELECT uuidv7(), places.ids[1 + n % $2::int],
       (ARRAY['service', 'training', 'resource_usage'])[1 + n % 3],
       CASE WHEN n % 3 = 0 THEN 'transfer_diffusion' END, date '2025-01-01' + n % 360,
       timestamptz '2025-06-01Z' + n / 1000 * interval '1 minute', 'bulk-' || n, lead.id, lead.id,
       (ARRAY[
           jsonb_build_object('client_uscc', '91310115FA' || lpad((n % 400)::text, 8, '0'),
               'catalog_code', 'inspection_testing',
               'amount', jsonb_build_object('amount', 10000 + n, 'currency', 'CNY')),
           jsonb_build_object('person_times', 10 + n % 90, 'topic', '键合工艺'),
           jsonb_build_object('resource_id', 'line-' || n % 7, 'hours', '12.5',
               'shared_hours', '3.0')
       ])[1 + n % 3],
       encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), '{}', false, n % 3 = 0, '310115'
  FROM generate_series(1, $3::int) AS n CROSS JOIN lead CROSS JOIN places
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks one address over and over; `roots` are the processes that answer."""

    url: str
    connections: int
    headers: dict[str, str]
    roots: dict[str, int]

    def __call__(self, seconds: float) -> Sample:
        """Take a turn."""
        with Meter(**self.roots) as meter:
            load = tools.wrk(self.url, seconds, self.connections, self.headers)
        return Sample(
            load.operations, load.seconds, meter.cpu, meter.memory, load.p50_ms, load.p99_ms
        )


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Fill the tables, start the peer, and let ours and its answers take turns."""
    if tools.missing("wrk"):
        yield Figure("lists", "Lists", "request", [], [], [], skipped=["wrk is not installed"])
        return
    dsn = house.dsn("registry", service="registry")
    rows_of = asyncio.run(fill(dsn, FACTS[size.name], ORGANIZATIONS[size.name]))
    fact_id = rows_of["fact_id"]
    token = house.token("lists", "handler")
    service = house.stack.services["registry"].url
    rows = DEEP_ROWS[size.name]
    deep = asyncio.run(_deep(service, token, rows))
    port = free_ports(1)[0]
    command = [
        *(sys.executable, "-m", "uvicorn", "tests.benchmarks.bare_lists:app", "--host", HOST),
        *("--port", str(port), "--loop", "uvloop", "--no-access-log", "--log-level", "warning"),
    ]
    os.environ["BENCH_DATABASE"] = house.stack.postgres.dsn(
        "registry", "admin", database="registry"
    )
    with program_running(command, ROOT, house.stack.home / "logs" / "bare-lists.log") as peer:
        _until_it_answers(f"http://{HOST}:{port}/facts?limit=1")
        database = {"database": house.database_pid}
        ours = {"registry": house.pid("registry"), **database}
        whole = {"gateway": house.pid("gateway"), **ours}
        bearer = {"Authorization": f"Bearer {token}"}

        def bare(path: str) -> Reader:
            url = f"http://{HOST}:{port}{path}"
            return Reader(url, CONNECTIONS, {}, {"peer": peer, **database})

        def direct(path: str, connections: int = CONNECTIONS) -> Reader:
            return Reader(f"{service}/v1/registry{path}", connections, bearer, ours)

        def public(path: str) -> Reader:
            return Reader(f"{service}/v1/public{path}", CONNECTIONS, {}, ours)

        def through(path: str) -> Reader:
            return Reader(f"{house.stack.url}/v1/registry{path}", 1, bearer, whole)

        of_center = f"center_id={rows_of['center_id']}"
        cases = {
            "100 facts, SQLModel": bare("/facts?limit=100"),
            "100 facts": direct("/facts?limit=100"),
            "a fact, SQLModel": bare(f"/facts/{fact_id}"),
            "a fact": direct(f"/facts/{fact_id}"),
            "a centre's 100 facts, SQLModel": bare(f"/facts?limit=100&{of_center}"),
            "a centre's 100 facts": direct(f"/facts?limit=100&{of_center}"),
            "100 organizations, SQLModel": bare("/organizations?limit=100"),
            "100 organizations": direct("/organizations?limit=100"),
            "an organization, SQLModel": bare(f"/organizations/{rows_of['org_id']}"),
            "an organization": direct(f"/organizations/{rows_of['org_id']}"),
            "100 centres, SQLModel": bare("/centers?limit=100"),
            "100 centres": direct("/centers?limit=100"),
            # A peer of these would have to join members by itself: they stand alone.
            "100 public centres": public("/centers?limit=100"),
            f"page 1 of {rows}": direct(f"/facts?limit={rows}", 1),
            f"page {DEEP_PAGE:,} of {rows}": direct(f"/facts?limit={rows}&cursor={deep}", 1),
            "100 facts, gateway, one caller": through("/facts?limit=100"),
            "a fact, gateway, one caller": through(f"/facts/{fact_id}"),
        }
        yield Figure(
            name="lists",
            title=(
                f"Lists and single reads of {FACTS[size.name]:,} facts and"
                f" {ORGANIZATIONS[size.name]:,} organizations"
            ),
            unit="request",
            cases=[Case(name, run) for name, run in cases.items()],
            comparisons=[
                ("100 facts", "100 facts, SQLModel"),
                ("a fact", "a fact, SQLModel"),
                ("a centre's 100 facts", "a centre's 100 facts, SQLModel"),
                ("100 organizations", "100 organizations, SQLModel"),
                ("an organization", "an organization, SQLModel"),
                ("100 centres", "100 centres, SQLModel"),
                (f"page {DEEP_PAGE:,} of {rows}", f"page 1 of {rows}"),
            ],
            parts=("gateway", "registry", "peer", "database"),
            remarks=[MARKS],
        )


async def fill(dsn: str, facts: int, organizations: int) -> dict[str, UUID]:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(FILL, organizations, CENTERS, facts, timeout=3_600)
        await connection.execute("VACUUM ANALYZE fact, organization, center", timeout=3_600)
        fact = "SELECT id AS fact_id, center_id FROM fact OFFSET $1 LIMIT 1"
        row = await connection.fetchrow(fact, facts // 2)
        org_id = await connection.fetchval(
            "SELECT id FROM organization ORDER BY id OFFSET 10 LIMIT 1"
        )
    finally:
        await connection.close()
    return {**dict(row or {}), "org_id": org_id}


async def _deep(service: str, token: str, rows: int) -> str:
    """Walk to page 10,000; a cursor does not say how many rows a page has."""
    headers = {"Authorization": f"Bearer {token}"}
    cursor: str | None = None
    async with httpx.AsyncClient(base_url=service, headers=headers, timeout=60) as caller:
        for _ in range((DEEP_PAGE - 1) * rows // 500):
            asked = {"limit": "500"} | ({} if cursor is None else {"cursor": cursor})
            answer = await caller.get("/v1/registry/facts", params=asked)
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                raise BenchmarkError("The list ended before page 10,000.")
    return cursor or ""


def _until_it_answers(url: str) -> None:
    transport = httpx.HTTPTransport(retries=20)
    with httpx.Client(transport=transport, timeout=60) as caller:
        if (answer := caller.get(url)).status_code != 200:
            raise BenchmarkError(f"The peer answers {answer.status_code}: {answer.text}")
