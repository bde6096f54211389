"""A mixed load: reads of anyone, reads and writes of a member, paced or as fast as it goes."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from zhichuang.demo.client import Caller

CALLERS: Final = 6
# Of ten calls six read what everybody reads, three what a member reads, and one writes.
_MIX: Final = ("public", "public", "own", "public", "own", "public", "write", "public", "own",
               "public")  # fmt: skip


@dataclass
class Load:
    """Callers in threads; `per_second` paces all of them together, None does not."""

    url: str
    caller: Caller
    center_id: str
    day: str
    per_second: float | None = None
    seconds: list[tuple[float, float]] = field(default_factory=list)
    writes: int = 0
    faults: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to call."""
        self._threads = [
            threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every call end, and call no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            turn, due = number, time.monotonic()
            while not self._stopping.is_set():
                if self.per_second is not None:
                    due += CALLERS / self.per_second
                    time.sleep(max(0.0, due - time.monotonic()))
                began = time.monotonic()
                self._one(client, _MIX[turn % len(_MIX)])
                # Waiting for its turn behind a slow call counts as well.
                since = began if self.per_second is None else min(began, due)
                self.seconds.append((began, time.monotonic() - since))
                turn += 1

    def _one(self, client: httpx.Client, kind: str) -> None:
        try:
            answer = self._ask(client, kind)
        except httpx.HTTPError as error:
            self.faults.append(repr(error))
            return
        if answer.status_code not in {200, 201}:
            self.faults.append(f"{kind}: {answer.status_code} {answer.text[:200]}")

    def _ask(self, client: httpx.Client, kind: str) -> httpx.Response:
        if kind == "public":
            return client.get("/v1/public/centers")
        headers = {"Authorization": f"Bearer {self.caller._fresh()}"}
        if kind == "own":
            query: dict[str, Any] = {"center_id": self.center_id, "limit": 50}
            return client.get("/v1/registry/facts", params=query, headers=headers)
        self.writes += 1
        reference = str(uuid4())
        body = {
            "center_id": self.center_id, "kind": "training", "occurred_on": self.day,
            "external_id": reference, "payload": {"person_times": 3}, "evidence": [],
        }  # fmt: skip
        keyed = headers | {"Idempotency-Key": reference}
        return client.post("/v1/registry/facts", json=body, headers=keyed)
