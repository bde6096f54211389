"""Failover and rolling restarts under load; minutes long, so that `make failover` runs them.

What is acknowledged is there afterwards, once; what was not can be sent again under its key; in
between callers get 503 with Retry-After for a bounded time, and never a wrong answer.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self
from uuid import uuid4

import httpx
import pytest

from tests.faults.town import Town, processes_of
from zhichuang.audit import audit_of
from zhichuang.demo.client import Caller
from zhichuang.processes import stop_all, wait_until_ready

ENTRIES = "/v1/ip-ledger/entries"
WORKERS = 4
# A caller that gives up after a minute would never notice.
LONGEST_PAUSE_SECONDS = 30.0
ACCOUNTS = """
INSERT INTO account (id, center_id, code, kind, currency, opened_at)
SELECT gen_random_uuid(), '{center}', 'town_' || n, 'asset', 'CNY', '2026-01-05'
FROM generate_series(1, 8) n;
INSERT INTO account_balance (account_id, balance_fen, version)
SELECT id, 0, 0 FROM account WHERE center_id = '{center}';
SELECT id FROM account WHERE center_id = '{center}' ORDER BY code;"""
WITHOUT_GAP = "SELECT count(*) = coalesce(max(position), 0) FROM event_position"


@dataclass
class Load:
    """Callers that post entries, each under a key of its own until it is acknowledged."""

    url: str
    caller: Caller
    accounts: list[str]
    acknowledged: dict[str, str] = field(default_factory=dict)
    answered_at: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self._threads:
            thread.join()

    def until(self, count: int, seconds: float = 120) -> None:
        """Wait for so many further acknowledgements."""
        wanted, deadline = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, (self.refused[-3:], self.lost[-3:], self.wrong[-3:])
            time.sleep(0.02)

    def longest_pause(self) -> float:
        times = sorted(self.answered_at)
        return max(after - before for before, after in pairwise(times))

    def _work(self) -> None:
        while not self.stopping.is_set():
            self._post(f"town-{uuid4()}")

    def _post(self, reference: str) -> None:
        amount = {"amount": 7, "currency": "CNY"}
        body = {
            "effective_on": "2026-01-05",
            "reference": reference,
            "postings": [
                {"account_id": self.accounts[0], "side": "debit", "amount": amount},
                {"account_id": self.accounts[1], "side": "credit", "amount": amount},
            ],
        }
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                # A connection each, as the balancer's next choice is asked for each.
                answer = httpx.post(
                    self.url + ENTRIES,
                    content=json.dumps(body),
                    headers={
                        "Authorization": f"Bearer {self.caller._fresh()}",
                        "Content-Type": "application/json",
                        "Idempotency-Key": reference,
                        "Connection": "close",
                    },
                    timeout=60,
                )
            except httpx.HTTPError as error:
                self.lost.append(repr(error))
                time.sleep(0.1)
                continue
            if answer.status_code == 201:
                self.answered_at.append(time.monotonic())
                self.acknowledged[reference] = answer.json()["id"]
                return
            if answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0:
                self.refused.append(answer.text)
                time.sleep(0.2)
                continue
            if answer.status_code == 409 and "IDEMPOTENCY_IN_PROGRESS" in answer.text:
                time.sleep(0.1)
                continue
            self.wrong.append(f"{answer.status_code} {answer.text[:300]}")
            return
        self.wrong.append(f"{reference} was never answered")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Town(tmp_path_factory.mktemp("town") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def caller(town: Town) -> Caller:
    return town.bookkeeper()


@pytest.fixture(scope="module")
def accounts(town: Town) -> list[str]:
    sql = ACCOUNTS.format(center=uuid4())
    return town.postgres.execute(sql, database="ip_ledger").split()


def test_every_process_is_restarted_in_turn_and_no_request_fails(
    town: Town, caller: Caller, accounts: list[str]
) -> None:
    with Load(town.balancer.url, caller, accounts) as load:
        load.until(20)
        for name in processes_of(town):
            service = town.services[name]
            assert service.process is not None
            stop_all([service.process])
            load.until(5)
            service.start()
            wait_until_ready([service], 120)
            load.until(5)
    print(f"\n{len(load.acknowledged)} entries, longest pause {load.longest_pause():.2f} s")  # noqa: T201 - figures for whoever asked
    assert (load.lost, load.refused, load.wrong) == ([], [], [])


def test_a_killed_primary_loses_nothing_and_its_replica_goes_on(
    town: Town, caller: Caller, accounts: list[str], tmp_path: Path
) -> None:
    with Load(town.balancer.url, caller, accounts) as load:
        load.until(40)
        kept = tmp_path / "kept.txt"
        log_key = tmp_path / "log.pub"
        kept.write_bytes(caller.raw("/v1/ip-ledger/log/checkpoint"))
        log_key.write_bytes(caller.raw("/v1/ip-ledger/log/key"))
        killed = town.fail_over()
        load.until(40)
    after = [when for when in load.answered_at if when > killed]
    print(  # noqa: T201 - figures for whoever asked
        f"\nfirst answer {min(after) - killed:.2f} s after the kill, {len(load.refused)} answers"
        f" 503, {len(load.lost)} without answer, {len(load.acknowledged)} entries"
    )
    assert load.wrong == []
    assert min(after) - killed < LONGEST_PAUSE_SECONDS
    replica = town.replica
    found = replica.execute(
        "SELECT reference FROM journal_entry WHERE reference LIKE 'town-%'", database="ip_ledger"
    ).split()
    assert len(found) == len(set(found))
    assert set(load.acknowledged) <= set(found)
    for service in ("registry", "evaluation", "ip_ledger", "gateway"):
        assert replica.execute(WITHOUT_GAP, database=service).strip() == "t", service
    # A checkpoint from before the failure, and every sum, hash and signature since.
    options = ["--key", str(log_key), "--checkpoint", str(kept)]
    assert audit_of(replica, options) == 0
