"""One JSON line per request, written in batches so that a line costs no system call."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

FLUSH_SECONDS: Final = 0.2
# A burst is written out before it grows past this many lines.
FLUSH_LINES: Final = 256


class AccessLog:
    """Collects lines and writes them together; what a token says is named, never the token."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to a stream, the standard output if none is named."""
        self._stream = stream
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

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
        line = {
            "time": datetime.now(UTC).isoformat(),
            "level": "info",
            "event": "request",
            "service": "gateway",
            "upstream": service,
            "method": method,
            "path": path,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "request_id": request_id,
            "trace_id": trace_id,
            "client_id": client_id,
            "person_id": person_id,
        }
        self._lines.append(json.dumps(line))
        if len(self._lines) >= FLUSH_LINES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was collected."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines:
            stream = self._stream or sys.stdout
            stream.write("\n".join(self._lines) + "\n")
            stream.flush()
            self._lines.clear()
