"""The log: a receipt over HTTP out of many leaves, and the whole of it verified offline."""

import hashlib
import io
import json
import random
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from shared.verifier import whole_log
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError

LEAVES: Final = {"small": 100_000, "full": 1_000_000}
# So many records are committed at once, as a large batch would be.
AT_ONCE: Final = 20_000
NUMBERED_SECONDS: Final = 120.0
LOG: Final = "/v1/ip-ledger/log"
RECORDS: Final = """
WITH made AS (
    INSERT INTO log_record (id, kind, center_id, reader_org_ids, body, recorded_at)
    SELECT id, 'bench', NULL, '{{}}', body, '2026-01-05T01:00:00Z'
    FROM (SELECT md5('{salt}' || n)::uuid AS id, convert_to(
            '{{"document":{{"n":' || n || '}},"id":"' || md5('{salt}' || n)::uuid
            || '","kind":"bench","center_id":null,"recorded_at":"2026-01-05T01:00:00Z",'
            || '"salt":"","sealed":{{}},"v":1}}', 'UTF8') AS body
          FROM generate_series({first}, {last}) AS n) AS one
    RETURNING id
)
INSERT INTO log_pending (record_id) SELECT id FROM made;
"""


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Fill the log, and let receipts and checkpoints take turns."""
    filled = _Filled(house, LEAVES[size.name])
    with httpx.Client(base_url=house.stack.services["ip_ledger"].url, timeout=60.0) as client:
        yield Figure(
            name="log",
            title="Proofs of the log",
            unit="request",
            cases=[
                Case("checkpoint over HTTP", filled.asking(client, lambda: f"{LOG}/checkpoint")),
                Case("receipt over HTTP", filled.asking(client, filled.receipt)),
            ],
            comparisons=[("receipt over HTTP", "checkpoint over HTTP")],
            parts=("service", "database"),
            remarks=[
                f"One caller in turn; the tree has {filled.leaves:,} leaves more than the house.",
                f"{filled.leaves:,} records were written and signed in {filled.numbered:.1f} s.",
            ],
            finish=lambda: filled.verified(client),
        )


class _Filled:
    """A log with so many leaves, and what asks for them."""

    def __init__(self, house: House, leaves: int) -> None:
        self._house, self.leaves, self._salt = house, leaves, uuid.uuid4().hex
        started = time.monotonic()
        for first in range(0, leaves, AT_ONCE):
            last = min(first + AT_ONCE, leaves) - 1
            sql = RECORDS.format(salt=self._salt, first=first, last=last)
            house.stack.postgres.execute(sql, database="ip_ledger")
            self._until_signed()
        self.numbered = time.monotonic() - started

    def _until_signed(self) -> None:
        """Wait until a checkpoint covers every record."""
        until = time.monotonic() + NUMBERED_SECONDS
        behind = (
            "SELECT (SELECT count(*) FROM log_record)"
            " - coalesce((SELECT max(tree_size) FROM log_checkpoint), 0)"
        )
        while self._house.stack.postgres.execute(behind, database="ip_ledger").strip() != "0":
            if time.monotonic() > until:
                raise BenchmarkError(f"records had no leaf after {NUMBERED_SECONDS:g} s")
            time.sleep(0.2)

    def receipt(self) -> str:
        """Give the address of a random record's receipt."""
        return f"/v1/ip-ledger/receipts/{self._record(random.randrange(self.leaves))}"

    def _record(self, number: int) -> uuid.UUID:
        text = f"{self._salt}{number}".encode()
        return uuid.UUID(hashlib.md5(text, usedforsecurity=False).hexdigest())

    def asking(self, client: httpx.Client, address: Callable[[], str]) -> Callable[[float], Sample]:
        """Ask one by one for so many seconds."""

        def run(seconds: float) -> Sample:
            token = self._house.token("auditor", "auditor")
            headers = {"Authorization": f"Bearer {token}"}
            times: list[float] = []
            pids = {"service": self._house.pid("ip_ledger"), "database": self._house.database_pid}
            with Meter(**pids) as meter:
                until = time.perf_counter() + seconds
                while (began := time.perf_counter()) < until:
                    answer = client.get(address(), headers=headers)
                    times.append((time.perf_counter() - began) * 1e3)
                    if answer.status_code != 200:
                        raise BenchmarkError(f"answered with {answer.status_code}")
            times.sort()
            p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
            return Sample(len(times), meter.seconds, meter.cpu, meter.memory, p50, p99)

        return run

    def verified(self, client: httpx.Client) -> list[str]:
        """Export the log and verify all of it, as anyone can offline."""
        headers = {"Authorization": f"Bearer {self._house.token('auditor', 'auditor')}"}
        started = time.perf_counter()
        exported = client.get(f"{LOG}/export", headers=headers)
        fetched = time.perf_counter() - started
        key = client.get(f"{LOG}/key").text
        with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
            started = time.perf_counter()
            size, root = whole_log(archive.read, key)
            took = time.perf_counter() - started
        if size < self.leaves:
            raise BenchmarkError(json.dumps({"size": size, "root": root}))
        megabytes = len(exported.content) / 2**20
        return [
            f"Export of {size:,} leaves ({megabytes:.0f} MB) in {fetched:.1f} s.",
            f"Their root verified offline, standard library only, in {took:.2f} s.",
        ]
