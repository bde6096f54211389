"""Entries in batches over HTTP, beside the same statement fed by COPY, and pgledger's transfers.

A batch is sent as NDJSON to the running ip-ledger and waited for until every row has its result:
received, read, judged, posted, with log records, events, audit rows and numbers. The statement fed
by COPY has entries, log records, events and audit rows made before it is timed. Afterwards the
books' size is counted, and they are audited.
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from ip_ledger.journal import statement
from ip_ledger.journal.record_rules import entry_record
from ip_ledger.journal.rules import EntryDraft, Line
from ip_ledger.journal.statement import Posted
from ip_ledger.log.actions import new_secrets, sign_checkpoint
from ip_ledger.log.jobs import NUMBER_LEAVES
from ip_ledger.log.keys import LogKey
from ip_ledger.settings import LedgerSettings
from shared.auth import Actor
from shared.database import new_id
from tests.benchmarks import batches
from tests.benchmarks.figures import (
    CPU,
    Case,
    Figure,
    Judged,
    Mark,
    Round,
    Size,
    met,
    ratio,
)
from tests.benchmarks.house import ROOT, House
from tests.benchmarks.journal import ACCOUNTS
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.peers import ARRAY, ARRAYS, PGLEDGER, Pgbench, pgledger_folder
from tests.benchmarks.posting import until_numbered, until_signed
from tests.benchmarks.tools import BenchmarkError
from tests.fixtures.postgres import migrate
from zhichuang.cluster import database_grants

ENTRIES: Final = {"small": 20_000, "full": 1_000_000}
ROUTE: Final = "/v1/ip-ledger/entry-batches"
STAGED: Final = "bench_staged"
LAST_DAY: Final = date(2026, 1, 5)
# One in twenty happened up to a year before most others.
LATE: Final = 20
CAUGHT_UP_SECONDS: Final = 600.0
PERSON: Final = uuid4()
ACTOR: Final = Actor(PERSON, "bench", frozenset({"bookkeeper"}))
BATCH, COPY, BARE = "batch over HTTP", "statement fed by COPY", "the same without the log"
STAGING: Final = """
CREATE TEMP TABLE staged_entry (id uuid, center_id uuid, effective_on date,
    recorded_at timestamptz, reference text, source_id uuid, reverses_id uuid, person_id uuid,
    kind text, exchange_rate text, client_id text) ON COMMIT DROP;
CREATE TEMP TABLE staged_line (entry_id uuid, line int, account_id uuid, currency text,
    amount_fen bigint, place bigint) ON COMMIT DROP;
"""
POST_STAGED: Final = """
WITH draft AS MATERIALIZED (SELECT * FROM staged_entry),
     given AS MATERIALIZED (SELECT * FROM staged_line ORDER BY place),
POSTING SELECT count(*) FROM posted
""".replace("POSTING", statement.POSTING)
PRICE: Final = (
    "P7: what the log takes of a batch's CPU: its rows (the statement with and without them), their"
    " bytes and seals, made in this process, and numbering and signing them, each for an entry."
)
SIZES_OF: Final = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY pg_total_relation_size(oid) DESC LIMIT 14
"""


@dataclass(slots=True)
class Books:
    """The running house's books and a database for the statement alone."""

    house: House
    entries: int
    accounts: list[UUID]
    center_id: UUID
    staged: list[UUID]
    staged_center: UUID
    before: int = 0
    posted: int = 0
    behind: list[float] = field(default_factory=list)
    # CPU µs of an entry, beside the log's rows: its record's bytes, and its number and signature.
    sealing: list[float] = field(default_factory=list)
    numbering: list[float] = field(default_factory=list)
    peer: Pgbench | None = None

    def batch(self, seconds: float) -> Sample:
        """Send a batch, and wait until the last of its entries has its number."""
        del seconds
        return asyncio.run(self._batch())

    async def _batch(self) -> Sample:
        rows = b"".join(self._row() for _ in range(self.entries))
        roots = {"service": self.house.pid("ip_ledger"), "database": self.house.database_pid}
        address = self.house.stack.services["ip_ledger"].url
        token = self.house.token("bulk", "bookkeeper")
        database = await asyncpg.connect(self.house.dsn("ip_ledger"))
        try:
            with Meter(**roots) as meter:
                began = time.perf_counter()
                job_id = await batches.sent(address, ROUTE, token, rows)
                await batches.done(database, job_id, self.entries)
                seconds = time.perf_counter() - began
                lag = await until_numbered(database, CAUGHT_UP_SECONDS)
                self.behind.append(lag + await until_signed(database, CAUGHT_UP_SECONDS))
        finally:
            await database.close()
        self.posted += self.entries
        return Sample(self.entries, seconds, meter.cpu, meter.memory, lag_seconds=lag)

    def _row(self) -> bytes:
        amount, (one, other) = random.randint(1, 1000), random.sample(self.accounts, 2)
        lines = [
            {"account_id": str(account), "side": side, "amount": {"amount": amount}}
            for account, side in ((one, "debit"), (other, "credit"))
        ]
        entry = {"effective_on": _day().isoformat(), "reference": "bench", "postings": lines}
        return json.dumps(entry).encode() + b"\n"

    def copy(self, *, log: bool) -> Callable[[float], Sample]:
        """Post as many by the statement alone, with or without what the log keeps of them."""
        return lambda _: asyncio.run(self._copied(log=log))

    async def _copied(self, *, log: bool) -> Sample:
        parts = _parts([self._draft() for _ in range(self.entries)])
        connection = await asyncpg.connect(self.house.dsn(STAGED))
        try:
            with Meter(database=self.house.database_pid) as meter:
                async with connection.transaction():
                    await connection.execute(STAGING)
                    for table in ("staged_entry", "staged_line"):
                        await connection.copy_records_to_table(table, records=parts[table])
                    await connection.execute(POST_STAGED)
                    kept = ("log_record", "log_pending") if log else ()
                    for table in (*kept, "event", "event_pending"):
                        records, columns = parts[table], COLUMNS[table]
                        await connection.copy_records_to_table(
                            table, records=records, columns=columns
                        )
            if log:
                self.sealing.append(_sealing_us(parts["log_record"]))
                self.numbering.append(await self._numbering_us())
        finally:
            await connection.close()
        return Sample(self.entries, meter.seconds, meter.cpu, meter.memory)

    async def _numbering_us(self) -> float:
        """Number and sign what was copied, as the ledger's own step does; give its CPU."""
        key = LogKey.of(LedgerSettings(files=self.house.stack.home / "bench-log"))
        url = self.house.dsn(STAGED).replace("postgresql:", "postgresql+asyncpg:")
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
                with Meter(database=self.house.database_pid) as meter:
                    began = time.process_time()
                    await connection.execute(NUMBER_LEAVES)
                    await sign_checkpoint(connection, key, datetime.now(UTC))
                    own = time.process_time() - began
        finally:
            await engine.dispose()
        return (own + meter.cpu["database"]) * 1e6 / self.entries

    def price(self, each: Round) -> float:
        """Give the log's part of what an entry of a batch takes, in percent."""
        rows = each.value(COPY, CPU.of) - each.value(BARE, CPU.of)
        beside = median(self.sealing) + median(self.numbering)
        return 100 * (rows + beside) / each.samples[BATCH].cpu_us

    def _draft(self) -> EntryDraft:
        amount, (one, other) = random.randint(1, 1000), random.sample(self.staged, 2)
        lines = (Line(one, amount), Line(other, -amount))
        return EntryDraft(new_id(), self.staged_center, _day(), "bench", lines)

    def finish(self, figure: Figure) -> list[str]:
        """Count bytes, and audit."""
        behind = max(self.behind)
        figure.counted.append(
            Judged("P7 last answer to signature, s", "at most 1", behind, "all", met(behind, 1))
        )
        sealing, numbering = median(self.sealing), median(self.numbering)
        told = (
            f"The log's record of an entry takes {sealing:.1f} µs to be made, and {numbering:.1f}"
        )
        return [
            f"{told} µs to be numbered and signed.",
            *asyncio.run(sized(self.house, self.before, figure)),
            *([] if self.peer is None else [self.peer.bytes_told()]),
            audited(self.house),
        ]


async def sized(house: House, before: int, figure: Figure) -> list[str]:
    """Tell what an entry takes of the ledger's database, with all that is kept of it (P18)."""
    connection = await asyncpg.connect(house.dsn("ip_ledger"))
    try:
        await connection.execute("VACUUM event_pending, log_pending")
        rows = await connection.fetch(SIZES_OF)
        entries = await connection.fetchval("SELECT count(*) FROM journal_entry")
        whole = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    told = ", ".join(
        f"{name} {(table + indexes) / entries:.0f} ({indexes / entries:.0f} in indexes)"
        for name, table, indexes in rows
        if (table + indexes) / entries >= 1
    )
    each = (whole - before) / entries
    name = f"P18 bytes of an entry, at {entries:,}"
    figure.counted.append(Judged(name, "at most 600", each, "once", met(each, 600)))
    return [f"Of an entry's {each:,.0f} bytes, all included: {told}."]


def _sealing_us(records: Sequence[tuple[Any, ...]]) -> float:
    """Give what the bytes of an entry's record take to be made, of two lines as these have."""
    accounts = [new_id(), new_id()]
    lines = (Line(accounts[0], 1), Line(accounts[1], -1))
    drafts = [EntryDraft(row[0], row[2], LAST_DAY, "bench", lines) for row in records]
    at = datetime.now(UTC)
    began = time.process_time()
    for draft, secret in zip(drafts, new_secrets(len(drafts)), strict=True):
        entry_record(draft, at, PERSON, ACTOR.client_id, secret)
    return (time.process_time() - began) * 1e6 / len(records)


def audited(house: House) -> str:
    """Audit the running house's books with the shipped command; raise where they differ."""
    began = time.perf_counter()
    url = house.stack.postgres.dsn("ip_ledger", "app")
    done = subprocess.run(
        [sys.executable, "-m", "ip_ledger.audit"],
        env=os.environ | {"ZHICHUANG_DATABASE_URL": url},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BenchmarkError(f"the audit found:\n{done.stdout}{done.stderr}")
    return f"Audited afterwards: every row holds ({time.perf_counter() - began:.0f} s)."


def _day() -> date:
    late = random.randrange(LATE) == 0
    return LAST_DAY - timedelta(days=random.randrange(365 if late else 28))


COLUMNS: Final[dict[str, list[str]]] = {
    "log_record": [
        "id", "kind", "center_id", "reader_org_ids", "body", "recorded_at", "secret",
    ],
    "log_pending": ["record_id"],
    "event": ["id", "type", "subject_id", "center_id", "data", "recorded_at"],
    "event_pending": ["event_id"],
}  # fmt: skip


def _parts(drafts: Sequence[EntryDraft]) -> dict[str, list[tuple[Any, ...]]]:
    """Make every row that an entry leaves, as the ledger's own code makes it."""
    at = datetime.now(UTC)
    parts: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    arrays = statement.arguments([Posted(draft, ACTOR, at) for draft in drafts])
    rows = list(zip(*arrays[:14], strict=True))
    parts["staged_entry"] = [row[:11] for row in rows]
    lines = list(zip(*arrays[14:], strict=True))
    parts["staged_line"] = [(*line, place) for place, line in enumerate(lines)]
    for draft, (*_, body, secret, _) in zip(drafts, rows, strict=True):
        entry = draft.id, draft.center_id
        parts["log_record"].append((entry[0], "journal_entry", entry[1], [], body, at, secret))
        parts["log_pending"].append((draft.id,))
        parts["event"].append((draft.id, "entry.posted", *entry, "{}", at))
        parts["event_pending"].append((draft.id,))
    return parts


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Open accounts in two databases, and let batches, the statement and pgledger take turns."""
    postgres = house.stack.postgres
    if STAGED not in postgres.execute("SELECT datname FROM pg_database"):
        postgres.execute(
            f"CREATE DATABASE {STAGED} OWNER ip_ledger_owner;\n"
            + database_grants("ip_ledger", STAGED)
        )
        migrate({"ip_ledger": postgres.dsn("ip_ledger", "owner", database=STAGED)})
    centers = [uuid4(), uuid4()]
    accounts = [
        [UUID(i) for i in re.findall(r"[0-9a-f-]{36}", postgres.execute(sql, database=database))]
        for center, database in zip(centers, ("ip_ledger", STAGED), strict=True)
        for sql in [ACCOUNTS.format(center=center, count=size.accounts)]
    ]
    books = Books(house, ENTRIES[size.name], accounts[0], centers[0], accounts[1], centers[1])
    sized = "SELECT pg_database_size('ip_ledger')"
    books.before = int(postgres.execute(sized))
    made = Figure(
        name="bulk",
        title=f"Batches of {books.entries:,} entries beside the statement alone and pgledger",
        unit="entry of two postings, or transfer",
        cases=[
            Case(COPY, books.copy(log=True)),
            Case(BARE, books.copy(log=False)),
            Case(BATCH, books.batch),
        ],
        comparisons=[(BATCH, COPY), (BARE, COPY)],
        parts=("service", "database"),
        remarks=[PRICE],
        marks=[
            Mark("P5 batch / statement by COPY, rate", ratio(BATCH, COPY), 0.6, at_most=False),
            Mark("P7 price of the log, % of a batch's CPU", books.price, 10, by=CPU),
        ],
    )
    made.finish = lambda: books.finish(made)
    if pgledger_folder() is None:
        made.skipped.append(
            "pgledger: it lies neither where ZHICHUANG_PEERS says nor in ../shared/peers."
        )
    else:
        folder = house.stack.home / "peers"
        folder.mkdir(exist_ok=True)
        pgbench = Pgbench(house, folder, size)
        pgbench.load_pgledger()
        books.peer = pgbench
        made.marks += [
            Mark("P5 batch / pgledger, rate", ratio(BATCH, PGLEDGER), 5, at_most=False),
            Mark("P5 batch / its arrays, rate", ratio(BATCH, ARRAYS), 2, at_most=False),
        ]
        made.cases = [
            *made.cases,
            Case(PGLEDGER, pgbench.pgledger(hot=False)),
            Case(ARRAYS, pgbench.pgledger_arrays()),
        ]
        made.comparisons = [*made.comparisons, (BATCH, PGLEDGER), (BATCH, ARRAYS)]
        made.remarks.append(f"An array of pgledger's has {ARRAY} transfers.")
    yield made
