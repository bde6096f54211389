"""Receivers of webhooks: one loop in a thread of its own, an address per subscriber."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, cast

from zhichuang.processes import HOST

_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_LONGEST: Final = 1 << 20
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Heard:
    """What one receiver was sent: instants by event, and each centre's positions in turn."""

    hangs: bool = False
    at: dict[str, list[float]] = field(default_factory=dict)
    order: dict[str, list[int]] = field(default_factory=dict)

    def take(self, body: bytes) -> None:
        """Note an event."""
        event = json.loads(body)
        self.at.setdefault(event["id"], []).append(time.time())
        self.order.setdefault(event["data"]["center_id"], []).append(event["position"])


class Receivers:
    """As many receivers as there are subscribers; some never answer."""

    def __init__(self, count: int) -> None:
        self.heard = [Heard() for _ in range(count)]
        self.urls: list[str] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _run(self) -> None:
        servers = [
            await asyncio.start_server(self._server(heard), HOST, 0, limit=_LONGEST)
            for heard in self.heard
        ]
        ports = [server.sockets[0].getsockname()[1] for server in servers]
        self.urls = [f"http://{HOST}:{port}/hook" for port in ports]
        self._ready.set()
        await self._end.wait()
        for server in servers:
            server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _server(self, heard: Heard) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._serving.add(cast("asyncio.Task[Any]", asyncio.current_task()))
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    found = _LENGTH.search(head)
                    heard.take(await reader.readexactly(int(found[1]) if found else 0))
                    if heard.hangs:
                        await self._end.wait()
                    writer.write(_ANSWER)
            except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
                pass
            finally:
                self._serving.discard(cast("asyncio.Task[Any]", asyncio.current_task()))
                writer.close()

        return serve
