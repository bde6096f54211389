"""Journal entries beside pgbench and pgledger, on the same server."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from tests.benchmarks import tools
from tests.benchmarks.figures import CPU, Case, Figure, Judged, Mark, Size, met, ratio
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.peers import PGLEDGER, Pgbench, pgledger_folder
from tests.benchmarks.posting import Desk
from tests.benchmarks.tools import BenchmarkError
from tests.fixtures.postgres import migrate
from zhichuang.cluster import database_grants

IN_FLIGHT: Final = 64
LINES: Final = 4
OWN: Final = "bench_ledger"
_SCRIPT: Final = Path(__file__).with_name("entries.lua")
CAUGHT_UP_SECONDS: Final = 60.0
SETTLING_SECONDS: Final = 0.5

ACCOUNTS: Final = """
INSERT INTO account (id, center_id, code, kind, currency, opened_at)
SELECT gen_random_uuid(), '{center}', 'bench_' || n, 'asset', 'CNY', '2026-01-05'
FROM generate_series(1, {count}) n;
INSERT INTO account_balance (account_id, balance_fen, version)
SELECT id, 0, 0 FROM account WHERE center_id = '{center}';
SELECT id FROM account WHERE center_id = '{center}' ORDER BY code;
"""
# Whatever a turn claims has to be in the books, whole: I2, and one kept answer for each key.
AUDIT: Final = """
SELECT (SELECT count(*) FROM journal_entry),
       (SELECT count(*) FROM posting),
       (SELECT coalesce(sum(amount_fen), 0) FROM posting),
       (SELECT count(*) FROM kept_answer WHERE status = 201),
       (SELECT count(*) FROM account_balance b
        LEFT JOIN (SELECT account_id, sum(amount_fen) AS total, count(*) AS count
                   FROM posting GROUP BY account_id) p USING (account_id)
        WHERE (b.balance_fen, b.version) <> (coalesce(p.total, 0), coalesce(p.count, 0)))
"""
# Real time, as a checkpoint bears it: an id is drawn as soon as its entry has been read.
SIGNED: Final = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY s)
FROM (SELECT extract(epoch FROM (
          SELECT c.signed_at FROM log_checkpoint c WHERE c.tree_size > l.leaf_index
          ORDER BY c.tree_size LIMIT 1) - uuid_extract_timestamp(r.id)) AS s
      FROM log_record r JOIN log_leaf l ON l.record_id = r.id WHERE r.kind = 'journal_entry') AS t
"""
ALONE: Final = "a transaction for each entry"
REMARKS: Final = (
    (
        f"Ours: entries of {LINES} postings, each with an Idempotency-Key of its own, balance and"
        " version after every posting, event, audit row and sealed log record; a pgledger transfer"
        " has 2 entries; pgbench is its tpcb-like script."
    ),
    (
        f"`poster`: {IN_FLIGHT} in flight in one Python process, from the JSON body through the"
        " checks to the bytes of the answer; its CPU includes the load generator, that of"
        " pgbench's rows does not. Nobody numbers these entries meanwhile."
    ),
    (
        f"`HTTP`: {IN_FLIGHT} connections through the gateway to the running ip-ledger; its CPU"
        " has gateway, ip-ledger and database until every entry of the turn is numbered."
    ),
    "hot: one account is in every entry or transfer. Connecting is not counted for pgbench.",
)


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Prepare three databases on one server, and measure what posts to them in turn."""
    folder = house.stack.home / "peers"
    folder.mkdir(exist_ok=True)
    pgbench = Pgbench(house, folder, size)
    ours = _Ours(house, size, folder)
    made = Figure(
        name="journal",
        title="Journal entries beside pgbench and pgledger",
        unit="entry, transfer or transaction",
        cases=[Case("pgbench tpcb-like, 16 clients", pgbench.tpcb)],
        comparisons=[],
        parts=("database", "programs"),
        remarks=list(REMARKS),
    )
    made.finish = lambda: ours.audited(made)
    try:
        _add_cases(made, pgbench, ours)
        yield made
    finally:
        ours.close()


def _add_cases(made: Figure, pgbench: Pgbench, ours: "_Ours") -> None:
    tpcb = made.cases[0].name
    made.marks = [
        Mark("P4 poster / pgbench, rate", ratio("poster", tpcb), 1.5, at_most=False),
        Mark("P4 poster / pgbench, database CPU", ratio("poster", tpcb, _database_us), 0.4, by=CPU),
        Mark("P6 hot / many, rate", ratio("poster, hot", "poster"), 0.8, at_most=False),
    ]
    poster = [
        Case("poster", ours.posting(hot=False)),
        Case("poster, hot", ours.posting(hot=True)),
        Case(ALONE, ours.posting(hot=False, alone=True)),
    ]
    cases = [*made.cases, *poster]
    made.comparisons = [("poster", tpcb), ("poster, hot", "poster"), ("poster", ALONE)]
    if pgledger_folder() is None:
        made.skipped.append(
            "pgledger: it lies neither where ZHICHUANG_PEERS says nor in ../shared/peers."
        )
    else:
        pgbench.load_pgledger()
        cases += [
            Case(f"{PGLEDGER}", pgbench.pgledger(hot=False)),
            Case(f"{PGLEDGER}, hot", pgbench.pgledger(hot=True)),
        ]
        made.comparisons = [
            *made.comparisons,
            ("poster", PGLEDGER),
            ("poster, hot", f"{PGLEDGER}, hot"),
        ]
        peer = ratio("poster, hot", f"{PGLEDGER}, hot")
        made.marks.append(Mark("P6 hot / pgledger's hot, rate", peer, 10, at_most=False))
    if tools.missing("wrk"):
        made.skipped.append("HTTP: wrk is not on this machine (`make bench-peers` installs it).")
    else:
        cases += [Case("HTTP", ours.http(hot=False)), Case("HTTP, hot", ours.http(hot=True))]
        made.comparisons = [*made.comparisons, ("HTTP", tpcb)]
        made.marks += [
            Mark("P4 HTTP, p99 ms", lambda each: each.samples["HTTP"].p99_ms, 50),
            Mark("P4 HTTP / a transaction each", ratio("HTTP", ALONE), 2, at_most=False),
            Mark("P6 HTTP, hot / many, rate", ratio("HTTP, hot", "HTTP"), 0.8, at_most=False),
        ]
        if pgledger_folder() is not None:
            made.comparisons = [*made.comparisons, ("HTTP", PGLEDGER)]
            made.marks.append(
                Mark("P4 HTTP / pgledger, rate", ratio("HTTP", PGLEDGER), 1, at_most=False)
            )
    made.cases = cases


def _database_us(sample: Sample) -> float:
    return sample.part_us("database")


class _Ours:
    """The poster in this process on a database of its own, and the running house over HTTP."""

    def __init__(self, house: House, size: Size, folder: Path) -> None:
        self._house = house
        self._folder = folder
        self._expected = {OWN: 0, "ip_ledger": 0}
        # Entries of the form without the poster, which keeps no answers.
        self._keyless = 0
        self._commits: list[float] = []
        postgres = house.stack.postgres
        postgres.execute(
            f"CREATE DATABASE {OWN} OWNER ip_ledger_owner;\n" + database_grants("ip_ledger", OWN)
        )
        migrate({"ip_ledger": postgres.dsn("ip_ledger", "owner", database=OWN)})
        self._desk = Desk(
            postgres.dsn("ip_ledger", "app", database=OWN), self._open(OWN, size.accounts)
        )
        self._accounts = folder / "accounts.txt"
        self._accounts.write_text("\n".join(self._open("ip_ledger", size.accounts)) + "\n")

    def _open(self, database: str, count: int) -> list[str]:
        """Open accounts: setting up is not measured, and over HTTP it would take minutes."""
        sql = ACCOUNTS.format(center=uuid.uuid4(), count=count)
        return self._house.stack.postgres.execute(sql, database=database).split()

    def close(self) -> None:
        """Give the poster's connections back."""
        self._desk.close()

    def posting(self, *, hot: bool, alone: bool = False) -> Callable[[float], Sample]:
        """Post in this process."""

        def turn(seconds: float) -> Sample:
            with Meter(database=self._house.database_pid) as meter:
                posted = self._desk.post_for(seconds, IN_FLIGHT, hot=hot, alone=alone)
            self._expected[OWN] += len(posted.times)
            self._keyless += len(posted.times) if alone else 0
            self._check(OWN)
            times = sorted(posted.times)
            return Sample(
                len(times), posted.seconds, {**meter.cpu, "programs": posted.cpu_seconds},
                meter.memory, tools.percentile(times, 0.5) * 1e3,
                tools.percentile(times, 0.99) * 1e3,
            )  # fmt: skip

        return turn

    def http(self, *, hot: bool) -> Callable[[float], Sample]:
        """Post through the gateway to the running service."""

        def turn(seconds: float) -> Sample:
            house = self._house
            headers = {
                "Authorization": f"Bearer {house.token('bench', 'bookkeeper')}",
                "Content-Type": "application/json",
            }
            script = [str(_SCRIPT), str(self._accounts), uuid.uuid4().hex, "hot" if hot else "many"]
            url = f"{house.stack.url}/v1/ip-ledger/entries"
            programs = [house.pid("gateway"), house.pid("ip_ledger")]
            before = self._committed()
            with Meter(database=house.database_pid, programs=programs) as meter:
                load = tools.wrk(url, seconds, IN_FLIGHT, headers, script)
                lag = self._desk.until_numbered(house.dsn("ip_ledger"), CAUGHT_UP_SECONDS)
            # wrk leaves without the last answers, whose entries are posted all the same.
            found = self._settled("ip_ledger")
            done = found - self._expected["ip_ledger"]
            self._commits.append((self._committed() - before) / max(1, done))
            if not load.operations <= done <= load.operations + IN_FLIGHT:
                raise BenchmarkError(f"{load.operations} answers, but {done} entries")
            self._expected["ip_ledger"] = found
            return Sample(
                load.operations, load.seconds, meter.cpu, meter.memory,
                load.p50_ms, load.p99_ms, lag,
            )  # fmt: skip

        return turn

    def _committed(self) -> int:
        """Count the ledger's transactions: readers', jobs' and the sequencer's among them."""
        sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = 'ip_ledger'"
        return int(self._house.stack.postgres.execute(sql))

    def _found(self, database: str) -> int:
        sql = "SELECT count(*) FROM journal_entry"
        return int(self._house.stack.postgres.execute(sql, database=database))

    def _settled(self, database: str) -> int:
        """Count entries once no more of them come: the next turn belongs to another case."""
        last, found = -1, self._found(database)
        while found != last:
            time.sleep(SETTLING_SECONDS)
            last, found = found, self._found(database)
        return found

    def _check(self, database: str) -> None:
        if (found := self._found(database)) != self._expected[database]:
            raise BenchmarkError(f"{self._expected[database]} entries were posted, {found} stored")

    def audited(self, figure: Figure) -> list[str]:
        """Count the books after the last round; raise where a figure would rest on wrong ones."""
        remarks = []
        for database, name in ((OWN, "poster"), ("ip_ledger", "HTTP")):
            row = self._house.stack.postgres.execute(AUDIT, database=database).strip()
            entries, postings, total, kept, wrong = (int(value) for value in row.split("|"))
            keyed = entries - (self._keyless if database == OWN else 0)
            if (postings, total, kept, wrong) != (entries * LINES, 0, keyed, 0):
                raise BenchmarkError(f"wrong books after {name}: {row}")
            remarks.append(
                f"Books after {name}: {entries:,} entries, {postings:,} postings, sum 0,"
                f" {kept:,} kept answers, no wrong balance."
            )
        figure.counted = self._marked()
        return remarks

    def _marked(self) -> list[Judged]:
        """Tell what marks ask for beside rates: commits for an entry, and how soon it is signed."""
        if not self._commits:
            return []
        row = self._house.stack.postgres.execute(SIGNED, database="ip_ledger").strip()
        half, most = (float(value) for value in row.split("|"))
        commits = median(self._commits)
        name = f"P7 signed after, s at p99 (median {half:.2f})"
        return [
            Judged("P4 HTTP, commits an entry", "at most 0.1", commits, "all", met(commits, 0.1)),
            Judged(name, "at most 1", most, "all", met(most, 1)),
        ]
