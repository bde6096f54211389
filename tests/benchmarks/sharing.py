"""A distribution among very many payees, each line explained, beside a bare INSERT of its rows.

What is measured is the ledger's own code from an income to the rows of its run: shares, quotas,
carries, the largest remainders, an explanation of ten steps for each payee, the plan's hash, and
the rows written. The bare INSERT copies the same rows inside PostgreSQL.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from ip_ledger.assets.rules import AssetKind
from ip_ledger.assets.rules import State as AssetState
from ip_ledger.assets.tables import Asset
from ip_ledger.distributions import plan_rules
from ip_ledger.distributions.actions.drafting import RunDraft, keep
from ip_ledger.distributions.plan_rules import Income, OwnerType, Terms
from ip_ledger.revenue.rules import RevenueKind
from ip_ledger.revenue.tables import RevenueEvent
from shared.auth import Actor
from shared.clock import Clock
from shared.database import Database, new_id
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError
from tests.fixtures.postgres import migrate
from zhichuang.cluster import database_grants

PAYEES: Final = {"small": 10_000, "full": 100_000}
WHOLE_PPM: Final = 1_000_000
NET_FEN: Final = 123_456_789_01
OWN: Final = "bench_sharing"
INSERT, RUN = "INSERT of the same rows", "run, explained"
AT: Final = datetime(2026, 1, 5, tzinfo=UTC)
ACTOR: Final = Actor(person_id=uuid4(), client_id="bench", capacities=frozenset({"member"}))
MARK: Final = "Mark P10: at least 0.20 times the lines per second of the bare INSERT."
# A run of its own for each copy: places are unique within a run.
COPY_RUN: Final = """
INSERT INTO distribution_run SELECT (jsonb_populate_record(r,
    jsonb_build_object('id', $1::uuid))).* FROM distribution_run r LIMIT 1
"""
COPY_LINES: Final = """
INSERT INTO distribution_line (id, run_id, place, event_id, asset_id, payee_id, ppm, amount_fen,
                               ownership_version_id, carry_change, explanation)
SELECT uuidv7(), $1, place, event_id, asset_id, payee_id, ppm, amount_fen, ownership_version_id,
       carry_change, explanation FROM distribution_line WHERE run_id = $2
"""
COUNTED: Final = """
SELECT count(*) FROM (SELECT run_id FROM distribution_line GROUP BY run_id
                      HAVING sum(amount_fen) = $1 AND count(*) = $2) AS whole
"""


@dataclass(slots=True)
class Shares:
    """One asset with so many owners, and the income that they share."""

    house: House
    payees: int
    url: str
    center_id: UUID = field(default_factory=new_id)
    asset_id: UUID = field(default_factory=new_id)
    runs: list[UUID] = field(default_factory=list)
    shares: tuple[tuple[UUID, int], ...] = ()

    def __post_init__(self) -> None:
        owners = [new_id() for _ in range(self.payees)]
        part, rest = divmod(WHOLE_PPM, self.payees)
        self.shares = tuple((owner, part + (place < rest)) for place, owner in enumerate(owners))

    def run(self, seconds: float) -> Sample:
        """Plan a run and keep it."""
        del seconds
        return asyncio.run(self._run())

    async def _run(self) -> Sample:
        database = Database(self.url, Clock(), 2)
        try:
            async with database.sessions.begin() as session:
                event = RevenueEvent(
                    center_id=self.center_id, asset_id=self.asset_id, kind=RevenueKind.LICENSE,
                    gross_fen=NET_FEN, net_fen=NET_FEN, received_on=AT.date(),
                    recorded_by=ACTOR.person_id, recorded_at=AT,
                )  # fmt: skip
                session.add(event)
            before = time.process_time()
            with Meter(database=self.house.database_pid) as meter:
                plan = plan_rules.plan([self._income(event.id)], self._terms())
                async with database.sessions.begin() as session:
                    draft = RunDraft((event.id,))
                    made = await keep(session, ACTOR, self.center_id, draft, plan)
            used = time.process_time() - before
        finally:
            await database.close()
        self.runs.append(made.id)
        cpu = {**meter.cpu, "programs": used}
        return Sample(self.payees, meter.seconds, cpu, meter.memory)

    def _income(self, event_id: UUID) -> Income:
        order = tuple(owner for owner, _ in self.shares)
        return Income(
            event_id, self.asset_id, RevenueKind.LICENSE, NET_FEN, (), NET_FEN, date(2026, 1, 5),
            self.asset_id, self.asset_id, self.shares, order, {},
        )  # fmt: skip

    def _terms(self) -> Terms:
        return Terms({owner: OwnerType.OTHER for owner, _ in self.shares})

    def insert(self, seconds: float) -> Sample:
        """Copy the rows of the first run."""
        del seconds
        return asyncio.run(self._insert())

    async def _insert(self) -> Sample:
        run_id = new_id()
        connection = await asyncpg.connect(self.house.dsn(OWN))
        try:
            await connection.execute(COPY_RUN, run_id)
            with Meter(database=self.house.database_pid) as meter:
                told = await connection.execute(COPY_LINES, run_id, self.runs[0])
        finally:
            await connection.close()
        self.runs.append(run_id)
        return Sample(int(told.split()[-1]), meter.seconds, meter.cpu, meter.memory)

    async def found(self) -> None:
        """Write the asset whose income is shared."""
        database = Database(self.url, Clock(), 2)
        async with database.sessions.begin() as session:
            session.add(
                Asset(
                    id=self.asset_id, center_id=self.center_id, kind=AssetKind.INVENTION,
                    title="P1", jurisdiction="CN", state=AssetState.GRANTED, content_sha256="",
                    recorded_by=ACTOR.person_id, recorded_at=AT,
                    submitted_by_org_id=self.center_id,
                )
            )  # fmt: skip
        await database.close()

    def finish(self) -> list[str]:
        """Count that each run's lines make its income."""
        return asyncio.run(self._finished())

    async def _finished(self) -> list[str]:
        connection = await asyncpg.connect(self.house.dsn(OWN))
        try:
            whole = await connection.fetchval(COUNTED, NET_FEN, self.payees)
        finally:
            await connection.close()
        if whole != len(self.runs):
            raise BenchmarkError(f"{whole} of {len(self.runs)} runs share their income out")
        return [f"{whole} runs of {self.payees:,} lines each; every one sums to its income.", MARK]


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Found an asset, share an income once, and let runs and copies take turns."""
    postgres = house.stack.postgres
    postgres.execute(
        f"CREATE DATABASE {OWN} OWNER ip_ledger_owner;\n" + database_grants("ip_ledger", OWN)
    )
    migrate({"ip_ledger": postgres.dsn("ip_ledger", "owner", database=OWN)})
    url = postgres.dsn("ip_ledger", "app", database=OWN)
    shares = Shares(house, PAYEES[size.name], url)
    asyncio.run(shares.found())
    shares.run(0.0)
    yield Figure(
        name="sharing",
        title=f"A run of {shares.payees:,} payees beside a bare INSERT of its rows",
        unit="line",
        cases=[Case(INSERT, shares.insert), Case(RUN, shares.run)],
        comparisons=[(RUN, INSERT)],
        parts=("database", "programs"),
        finish=shares.finish,
    )
