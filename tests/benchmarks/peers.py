"""Peers inside PostgreSQL: pgbench's own transactions, and pgledger's transfers."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.benchmarks import tools
from tests.benchmarks.figures import Size
from tests.benchmarks.house import ROOT, House
from tests.benchmarks.measuring import Meter, Sample

CLIENTS: Final = 16
PGLEDGER: Final = f"pgledger transfer, {CLIENTS} clients"
ARRAY: Final = 500
ARRAYS: Final = f"pgledger, arrays of {ARRAY}"
_TPCB: Final = "bench_tpcb"
_LEDGER: Final = "bench_pgledger"
# Ids that pgbench can count; the software itself is unchanged.
_ACCOUNTS: Final = """
SELECT count(*) FROM generate_series(1, {count}) n, pgledger_create_account('bench_' || n, 'CNY');
UPDATE pgledger_accounts SET id = 'pgla_' || substr(name, 7);
VACUUM ANALYZE pgledger_accounts;
"""
_TRANSFER: Final = """
\\set to random(2, {count})
\\set from {source}
SELECT pgledger_create_transfer('pgla_' || :from, 'pgla_' || :to, 1);
"""
_TRANSFERS: Final = """
\\set first random(1, {count})
SELECT count(*) FROM pgledger_create_transfers((
    SELECT array_agg(('pgla_' || 1 + (:first + n) % {count},
                      'pgla_' || 1 + (:first + n * 7 + 1) % {count}, 1)::transfer_request)
    FROM generate_series(1, {size}) AS n WHERE n % {count} <> (n * 7 + 1) % {count}
));
"""
# Never the account it goes to: `to` is 2 or more, and one more of the others wraps around.
_MANY: Final = "1 + (:to + random(0, {count} - 2)) % {count}"
_HOT: Final = "1"


# Transfers and their entries; accounts are as many as before, and are left out.
_SIZE: Final = """
SELECT count(*), (pg_total_relation_size('pgledger_transfers')
                  + pg_total_relation_size('pgledger_entries'))::numeric / greatest(count(*), 1)
FROM pgledger_transfers
"""


def pgledger_folder() -> Path | None:
    """Find pgledger's SQL, where it is there."""
    homes = [os.environ.get("ZHICHUANG_PEERS"), str(ROOT.parent / "shared" / "peers")]
    folders = [Path(home) / "pgledger" for home in homes if home]
    return next((folder for folder in folders if (folder / "pgledger.sql").exists()), None)


class Pgbench:
    """Loads and runs what pgbench drives, each in a database of its own."""

    def __init__(self, house: House, folder: Path, size: Size) -> None:
        self._house = house
        self._folder = folder
        self._size = size
        if not self._is_there(_TPCB):
            house.stack.postgres.execute(f"CREATE DATABASE {_TPCB}")
            tools.pgbench_setup(house.dsn(_TPCB), ["-i", "-q", "-s", str(size.pgbench_scale)])
        self._connecting = self._cost_of_connecting()

    def tpcb(self, seconds: float) -> Sample:
        """Run pgbench's own mix: three updates, a select, an insert."""
        return self._turn(_TPCB, seconds, [])

    def load_pgledger(self) -> None:
        """Load pgledger with as many accounts as our own books have."""
        folder = pgledger_folder()
        assert folder is not None
        if self._is_there(_LEDGER):
            return
        self._house.stack.postgres.execute(f"CREATE DATABASE {_LEDGER}")
        own_parts = sorted((folder / "vendor" / "scoville-pgsql-ulid").glob("*.sql"))
        tools.psql(self._house.dsn(_LEDGER), *own_parts, folder / "pgledger.sql")
        accounts = _ACCOUNTS.format(count=self._size.accounts)
        self._house.stack.postgres.execute(accounts, database=_LEDGER)

    def pgledger(self, *, hot: bool) -> Callable[[float], Sample]:
        """Run transfers between any accounts, or all from one."""
        count = self._size.accounts
        script = self._folder / ("hot.sql" if hot else "many.sql")
        source = _HOT if hot else _MANY.format(count=count)
        script.write_text(_TRANSFER.format(count=count, source=source))
        return lambda seconds: self._turn(_LEDGER, seconds, ["--file", str(script)])

    def pgledger_arrays(self) -> Callable[[float], Sample]:
        """Run transfers in arrays, from as few clients as there are cores: more only wait."""
        script = self._folder / "arrays.sql"
        script.write_text(_TRANSFERS.format(count=self._size.accounts, size=ARRAY))

        def turn(seconds: float) -> Sample:
            sample = self._turn(_LEDGER, seconds, ["--file", str(script), "--client=2"])
            return replace(sample, operations=sample.operations * ARRAY)

        return turn

    def bytes_told(self) -> str:
        """Tell what a transfer takes, indexes included, beside what the accounts took before."""
        postgres = self._house.stack.postgres
        postgres.execute("VACUUM", database=_LEDGER)
        row = postgres.execute(_SIZE, database=_LEDGER).strip().split("|")
        transfers, each = int(row[0]), float(row[1])
        return f"pgledger: {each:,.0f} bytes for a transfer at {transfers:,}, indexes included."

    def _is_there(self, database: str) -> bool:
        found = self._house.stack.postgres.execute("SELECT datname FROM pg_database").split()
        return database in found

    def _turn(self, database: str, seconds: float, options: Sequence[str]) -> Sample:
        with Meter(database=self._house.database_pid) as meter:
            load = tools.pgbench(self._house.dsn(database), seconds, CLIENTS, self._folder, options)
        used = max(0.0, meter.cpu["database"] - self._connecting)
        return Sample(
            load.operations, load.seconds, {"database": used}, meter.memory,
            load.p50_ms, load.p99_ms,
        )  # fmt: skip

    def _cost_of_connecting(self) -> float:
        """Measure what 16 logins cost the server: ours are made once, before any turn."""
        script = self._folder / "nothing.sql"
        script.write_text("SELECT 1;\n")
        options = ["-n", "-c", str(CLIENTS), "-t", "1", "-f", str(script)]
        with Meter(database=self._house.database_pid) as meter:
            tools.pgbench_setup(self._house.dsn(_TPCB), options)
        return meter.cpu["database"]
