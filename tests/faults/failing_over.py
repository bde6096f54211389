"""Failover and rolling restarts under load; minutes long, so that `make failover` runs them.

What is acknowledged is there afterwards, once; what was not can be sent again under its key; in
between callers get 503 with Retry-After for a bounded time, and never a wrong answer.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.services import FEEDS, PACKAGES, package_of
from tests.faults.load import WITHOUT_GAP, Load, entries_of, new_accounts
from tests.faults.town import Town, processes_of
from zhichuang.audit import audit_of
from zhichuang.demo.client import Caller
from zhichuang.processes import stop_all, wait_until_ready

COUNTED = re.compile(r'zhichuang_replica_reads_total\{outcome="([^"]+)"\} (\S+)')
# A caller that gives up after a minute would never notice.
LONGEST_PAUSE_SECONDS = 30.0
# The bus hears of it afterwards, at the pace of one process.
TOLD_SECONDS = 120.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("town") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def caller(town: Town) -> Caller:
    return town.bookkeeper()


@pytest.fixture(scope="module")
def accounts(town: Town) -> list[str]:
    return new_accounts(town.postgres)


def test_every_process_is_restarted_in_turn_and_no_request_fails(
    town: Town, caller: Caller, accounts: list[str]
) -> None:
    with Load(town.balancer.url, caller, accounts, read_back=True) as load:
        load.until(20)
        for name in processes_of(town):
            service = town.services[name]
            assert service.process is not None
            stop_all([service.process])
            load.until(5)
            service.start()
            wait_until_ready([service], 120)
            load.until(5)
    print(f"\n{len(load.acknowledged)} entries, longest pause {load.longest_pause():.2f} s")
    assert (load.lost, load.refused, load.wrong, load.unread) == ([], [], [], [])
    assert replica_reads(town)["answered"] > 0


def replica_reads(town: Town) -> Counter[str]:
    """Add up what became of the reads that a replica was asked for, over all processes."""
    found: Counter[str] = Counter()
    for service in town.services.values():
        for line in httpx.get(f"{service.url}/metrics").text.splitlines():
            told = COUNTED.match(line)
            if told:
                found[told[1]] += int(float(told[2]))
    print(f"reads from the replica: {dict(found)}")
    return found


def test_a_killed_primary_loses_nothing_and_its_replica_goes_on(
    town: Town, caller: Caller, accounts: list[str], tmp_path: Path
) -> None:
    with Load(town.balancer.url, caller, accounts, read_back=True) as load:
        load.until(40)
        kept = tmp_path / "kept.txt"
        log_key = tmp_path / "log.pub"
        kept.write_bytes(caller.raw("/v1/ip-ledger/log/checkpoint"))
        log_key.write_bytes(caller.raw("/v1/ip-ledger/log/key"))
        killed = town.fail_over()
        load.until(40)
    after = [when for when in load.answered_at if when > killed]
    print(
        f"\nfirst answer {min(after) - killed:.2f} s after the kill, {len(load.refused)} answers"
        f" 503, {len(load.lost)} without answer, {len(load.acknowledged)} entries"
    )
    assert (load.wrong, load.unread) == ([], [])
    assert min(after) - killed < LONGEST_PAUSE_SECONDS
    replica = town.replica
    found = [reference for reference, _ in entries_of(replica)]
    assert len(found) == len(set(found))
    assert set(load.acknowledged) <= set(found)
    for service in PACKAGES:
        assert replica.execute(WITHOUT_GAP, database=service).strip() == "t", service
    # A checkpoint from before the failure, and every sum, hash and signature since.
    options = ["--key", str(log_key), "--checkpoint", str(kept)]
    assert audit_of(replica, options) == 0


def test_the_bus_was_told_every_event_of_all_that_once_and_in_order(town: Town) -> None:
    numbered = {
        f"/v1/{name}": int(
            town.replica.execute(
                "SELECT coalesce(max(position), 0) FROM event_position", database=package_of(name)
            )
        )
        for name in FEEDS
    }
    until = time.monotonic() + TOLD_SECONDS
    while (told := town.bus.told()) and any(len(told[s]) < n for s, n in numbered.items()):
        assert time.monotonic() < until, {source: len(found) for source, found in told.items()}
        time.sleep(1)
    print(f"\n{sum(numbered.values())} events on the bus")
    for source, count in numbered.items():
        assert told[source][:count] == list(range(1, count + 1)), source
