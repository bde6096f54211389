"""`zhichuang audit`: the ledger's audit of itself, run on the data folder or a database address.

The audit is the ip-ledger's own program; what runs here only finds the database for it, which it
reads as the service does, without any right to change a row of the log.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from zhichuang.postgres import PostgresError, PostgreSQL

_LEDGER: Final = "ip_ledger"
_ADDRESS: Final = "ZHICHUANG_DATABASE_URL"


def main(options: Sequence[str]) -> int:
    """Audit; give the exit status: 0 holds, 1 differs, 2 cannot be read."""
    if os.environ.get(_ADDRESS):
        return _run(options, os.environ[_ADDRESS])
    server = PostgreSQL(Path(os.environ.get("ZHICHUANG_HOME", ".zhichuang")) / "postgres")
    if not (server.data / "PG_VERSION").exists():
        print(f"There is no data in {server.folder.parent}: set ZHICHUANG_HOME.", file=sys.stderr)
        return 2
    try:
        server.lock()
    except PostgresError:
        # Somebody runs it: its stack, most likely. It is read beside what goes on there.
        server.attach()
        return audit_of(server, options)
    with server:
        return audit_of(server, options)


def audit_of(server: PostgreSQL, options: Sequence[str]) -> int:
    """Audit the ledger of a running server; give the exit status."""
    return _run(options, server.dsn(_LEDGER))


def _run(options: Sequence[str], address: str) -> int:
    environment = {**os.environ, _ADDRESS: address, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "ip_ledger.audit", *options]
    return subprocess.run(command, env=environment, check=False).returncode
