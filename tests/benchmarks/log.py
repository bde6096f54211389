"""The log: a receipt over HTTP out of many leaves, and the whole of it verified offline."""

import hashlib
import io
import json
import random
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from shared.verifier import whole_log
from tests.benchmarks.asking import asking
from tests.benchmarks.figures import Case, Figure, Judged, Mark, Size, met
from tests.benchmarks.house import House
from tests.benchmarks.tools import BenchmarkError

LEAVES: Final = {"small": 1_000_000, "full": 10_000_000}
# So many records are committed at once, as a large batch would be.
AT_ONCE: Final = 20_000
NUMBERED_SECONDS: Final = 120.0
BARE, RECEIPT = "checkpoint over HTTP", "receipt over HTTP"
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
        made = Figure(
            name="log",
            title="Proofs of the log",
            unit="request",
            cases=[
                Case(BARE, asking(house, client, lambda: f"{LOG}/checkpoint")),
                Case(RECEIPT, asking(house, client, filled.receipt)),
            ],
            comparisons=[(RECEIPT, BARE)],
            marks=[Mark("P8 proof, p99 ms", lambda each: each.samples[RECEIPT].p99_ms, 5)],
            parts=("service", "database"),
            remarks=[
                f"One caller in turn; the tree has {filled.leaves:,} leaves more than the house.",
                f"{filled.leaves:,} records were written and signed in {filled.numbered:.1f} s.",
            ],
        )
        made.finish = lambda: filled.verified(client, made)
        yield made


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

    def verified(self, client: httpx.Client, figure: Figure) -> list[str]:
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
        # Of a smaller tree, the key and the signature would count as if there were more of them.
        if size >= 1_000_000:
            name, million = "P8 root over a million leaves offline, s", took * 1e6 / size
            figure.counted.append(Judged(name, "at most 3", million, "once", met(million, 3)))
        megabytes = len(exported.content) / 2**20
        return [
            f"Export of {size:,} leaves ({megabytes:.0f} MB) in {fetched:.1f} s.",
            f"Their root verified offline, standard library only, in {took:.2f} s.",
        ]
