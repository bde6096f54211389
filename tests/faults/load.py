"""Callers that post entries while something breaks, and remember what they were told."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self
from uuid import uuid4

import httpx

from zhichuang.demo.client import Caller, Surprise
from zhichuang.postgres import PostgreSQL

ENTRIES = "/v1/ip-ledger/entries"
WORKERS = 4
# A caller that gives up sooner would have to ask again under its key; none waits longer.
ANSWER_SECONDS = 90.0
PATIENCE_SECONDS = 240.0
WITHOUT_GAP = "SELECT count(*) = coalesce(max(position), 0) FROM event_position"
_ACCOUNTS = """
INSERT INTO account (id, center_id, code, kind, currency, opened_at)
SELECT gen_random_uuid(), '{center}', 'town_' || n, 'asset', 'CNY', '2026-01-05'
FROM generate_series(1, 8) n;
INSERT INTO account_balance (account_id, balance_fen, version)
SELECT id, 0, 0 FROM account WHERE center_id = '{center}';
SELECT id FROM account WHERE center_id = '{center}' ORDER BY code;"""
_FOUND = "SELECT reference, id FROM journal_entry WHERE reference LIKE 'town-%'"


def new_accounts(server: PostgreSQL) -> list[str]:
    """Open the accounts of a centre that only the load knows."""
    return server.execute(_ACCOUNTS.format(center=uuid4()), database="ip_ledger").split()


def entries_of(server: PostgreSQL) -> list[tuple[str, str]]:
    """Give reference and id of every entry that any load has posted."""
    lines = server.execute(_FOUND, database="ip_ledger").split()
    return [(reference, named) for reference, _, named in (line.partition("|") for line in lines)]


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
    renewed: int = 0
    read_back: bool = False
    """Whether each caller looks at once whether all that was acknowledged is there."""
    unread: list[str] = field(default_factory=list)
    longest_seconds: float = 0.0
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
        """Give the longest time without any acknowledgement."""
        return max(after - before for before, after in pairwise(sorted(self.answered_at)))

    def codes(self) -> Counter[str]:
        """Count what callers were told instead of an acknowledgement, and had to repeat."""
        told = Counter(json.loads(text)["code"] for text in self.refused)
        return told + Counter(error.partition("(")[0] for error in self.lost)

    def _work(self) -> None:
        while not self.stopping.is_set():
            self._post(f"town-{uuid4()}")

    def _post(self, reference: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            began = time.monotonic()
            try:
                answer = self._ask(reference)
            except (httpx.HTTPError, Surprise) as error:
                self.lost.append(repr(error))
                time.sleep(0.1)
                continue
            finally:
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
            if answer.status_code == 201:
                self.answered_at.append(time.monotonic())
                self.acknowledged[reference] = answer.json()["id"]
                if self.read_back:
                    self._look()
                return
            if not self._comes_again(answer):
                self.wrong.append(f"{answer.status_code} {answer.text[:300]}")
                return
        self.wrong.append(f"{reference} was never answered")

    def _ask(self, reference: str) -> httpx.Response:
        amount = {"amount": 7, "currency": "CNY"}
        body = {
            "effective_on": "2026-01-05",
            "reference": reference,
            "postings": [
                {"account_id": self.accounts[0], "side": "debit", "amount": amount},
                {"account_id": self.accounts[1], "side": "credit", "amount": amount},
            ],
        }
        # A connection each, as the balancer's next choice is asked for each.
        return httpx.post(
            self.url + ENTRIES,
            content=json.dumps(body),
            headers={
                "Authorization": f"Bearer {self.caller._fresh()}",
                "Content-Type": "application/json",
                "Idempotency-Key": reference,
                "Connection": "close",
            },
            timeout=ANSWER_SECONDS,
        )

    def _look(self) -> None:
        """Read the account: through another door, maybe, and another process, it has it all."""
        least = 7 * len(self.acknowledged)
        for _ in range(100):
            try:
                answer = httpx.get(
                    f"{self.url}/v1/ip-ledger/accounts/{self.accounts[0]}",
                    headers={
                        "Authorization": f"Bearer {self.caller._fresh()}",
                        "Connection": "close",
                    },
                    timeout=ANSWER_SECONDS,
                )
            except (httpx.HTTPError, Surprise):
                time.sleep(0.1)
                continue
            if answer.status_code == 503:
                time.sleep(0.1)
                continue
            if answer.status_code != 200 or answer.json()["balance"]["amount"] < least:
                self.unread.append(f"{least}: {answer.status_code} {answer.text[:300]}")
            return
        self.unread.append("the account could not be read")

    def _comes_again(self, answer: httpx.Response) -> bool:
        if answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0:
            self.refused.append(answer.text)
            time.sleep(0.2)
            return True
        if answer.status_code == 504 and "ANSWER_TIMEOUT" in answer.text:
            # Nobody knows what became of it: the same key asks.
            self.refused.append(answer.text)
            return True
        if answer.status_code == 409 and "IDEMPOTENCY_IN_PROGRESS" in answer.text:
            time.sleep(0.1)
            return True
        if answer.status_code == 401 and self.renewed < WORKERS * 3:
            # Its token ended before its time, as when the clock was put forward.
            self.renewed += 1
            self.caller._renew_at = 0.0
            return True
        return False
