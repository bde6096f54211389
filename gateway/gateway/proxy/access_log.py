"""One JSON line per request, written in batches so that a line costs no system call."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TextIO

FLUSH_SECONDS: Final = 0.2
# A burst is written out before it grows past this many lines.
FLUSH_LINES: Final = 256
# So many refusals of those who ask too much are written out one by one each time; the rest of them
# is one line that says how many.
MOST_REFUSALS: Final = 20


class AccessLog:
    """Collects lines and writes them together; what a token says is named, never the token."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to a stream, the standard output if none is named."""
        self._stream = stream
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._refusals = 0

    def takes_refusal(self) -> bool:
        """Tell whether one more refused for asking too much gets a line; count it where not."""
        self._refusals += 1
        return self._refusals <= MOST_REFUSALS

    def add(
        self,
        *,
        method: str,
        path: str,
        status: int,
        seconds: float,
        request_id: str,
        trace_id: str,
        service: str,
        client_id: str | None,
        person_id: str | None,
    ) -> None:
        """Note a request that was answered. Queries are left out: they may name people."""
        # Written out by hand: building a dictionary to be encoded took four times as long. What may
        # hold a quotation mark is quoted by the library; a canonical path has none.
        self._lines.append(
            f'{{"time": "{_instant()}", "level": "info", "event": "request", '
            f'"service": "gateway", "upstream": "{service}", "method": {_quoted(method)}, '
            f'"path": "{path}", "status": {status}, "ms": {seconds * 1000:.2f}, '
            f'"request_id": "{request_id}", "trace_id": "{trace_id}", '
            f'"client_id": {_quoted(client_id)}, "person_id": {_quoted(person_id)}}}'
        )
        if len(self._lines) >= FLUSH_LINES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was collected."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._refusals > MOST_REFUSALS:
            self._lines.append(
                f'{{"time": "{_instant()}", "level": "info", "event": "requests_refused", '
                f'"service": "gateway", "status": 429, "count": {self._refusals - MOST_REFUSALS}}}'
            )
        self._refusals = 0
        if self._lines:
            stream = self._stream or sys.stdout
            stream.write("\n".join(self._lines) + "\n")
            stream.flush()
            self._lines.clear()


@lru_cache(maxsize=4096)
def _quoted(text: str | None) -> str:
    return json.dumps(text)


def _instant() -> str:
    now = time.time_ns()
    second, rest = divmod(now, 1_000_000_000)
    return f"{_second(second)}.{rest // 1000:06d}+00:00"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
