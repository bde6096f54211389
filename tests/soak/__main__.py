"""`make soak minutes=30`: mixed load at half of capacity; fails where memory, files or p99 grow.

Prints what a request costs in processor time, and what a written fact costs in bytes.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.soak.load import Load
from tests.soak.watching import MEGABYTE, growth_faults, p99, slowness_faults, watched
from zhichuang.demo.client import Caller
from zhichuang.stack import Stack

CAPACITY_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 5.0
_SIZE: Final = "SELECT sum(pg_database_size(oid)) FROM pg_database"
_WAL: Final = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
_CONNECTIONS: Final = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"


def main(minutes: float) -> int:
    """Soak for so many minutes; give the exit status."""
    with (
        tempfile.TemporaryDirectory(prefix="zhichuang-soak-") as folder,
        Stack(Path(folder) / "home", throwaway=True) as stack,
    ):
        return _soak(stack, minutes)


def _soak(stack: Stack, minutes: float) -> int:
    credentials = json.loads(stack.credentials_file.read_text(encoding="utf-8"))
    member = Caller(stack.url, "m01", credentials["m01"])
    admin = Caller(stack.url, "admin", credentials["admin"])
    center_id = str(member.get("/v1/me")["center_ids"][0])
    day = str(admin.get("/v1/sandbox/clock")["now"])[:10]

    fastest = Load(stack.url, member, center_id, day)
    fastest.start()
    time.sleep(CAPACITY_SECONDS)
    fastest.stop()
    capacity = len(fastest.seconds) / CAPACITY_SECONDS
    print(f"capacity {capacity:.0f} calls a second; soaking at half of it for {minutes:g} minutes")

    parts = watched(stack)
    before = {one.name: one.cpu_seconds() for one in parts}
    stored, logged = (int(stack.postgres.execute(ask)) for ask in (_SIZE, _WAL))
    load = Load(stack.url, member, center_id, day, per_second=capacity / 2)
    load.start()
    until = time.monotonic() + minutes * 60
    connections = []
    while time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        for one in parts:
            one.look()
        connections.append(int(stack.postgres.execute(_CONNECTIONS)))
    load.stop()

    calls = len(load.seconds)
    print(
        f"{calls} calls, {load.writes} facts, p99 {p99([s for _, s in load.seconds]) * 1e3:.0f} ms"
    )
    for one in parts:
        spent = (one.cpu_seconds() - before[one.name]) / calls * 1e3
        first, last = one.memory[0] / MEGABYTE, one.memory[-1] / MEGABYTE
        print(
            f"  {one.name:<11} {spent:6.2f} ms CPU a call, {first:.0f} → {last:.0f} MB of its own,"
            f" {one.files[-1]} files, {one.tasks[-1] if one.tasks else 0} tasks"
        )
    grown = int(stack.postgres.execute(_SIZE)) - stored
    wal = int(stack.postgres.execute(_WAL)) - logged
    stored_kb, wal_kb = (figure / load.writes / 1024 for figure in (grown, wal))
    print(f"  a fact: {stored_kb:.1f} KB stored, {wal_kb:.1f} KB of write-ahead log")

    faults = [fault for one in parts for fault in growth_faults(one)]
    faults += slowness_faults(load.seconds) + load.faults[:5]
    if max(connections[-len(connections) // 4 :]) > max(connections[: len(connections) // 2]) + 2:
        faults.append(f"database connections grew to {connections[-1]}")
    for fault in faults:
        print(f"✗ {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    sys.exit(main(parser.parse_args().minutes))
