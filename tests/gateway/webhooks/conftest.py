"""A receiver on a real port, a feed that the tests fill, and the gateway between them."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jose import jwt


@dataclass
class Receiver:
    """Answers as told, and keeps what came."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    always: int = 200
    # How long each answer takes; a receiver that hangs is one that takes longer than anybody waits.
    seconds: float = 0.0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a port of its own."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(made.seconds)
            status = made.statuses.pop(0) if made.statuses else made.always
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Feeds:
    """The services' feeds as the gateway asks for them."""

    events: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"registry": [], "evaluation": [], "ip-ledger": [], "gateway": []}
    )
    tokens: set[str] = field(default_factory=set)
    # Whose token the services do not take.
    refused: str | None = None
    # Which feed was read, and for how many at once.
    readings: list[tuple[str, int]] = field(default_factory=list)

    def add(self, service: str, kind: str, center: str | None = None) -> str:
        feed = self.events[service]
        event_id = str(uuid4())
        data = {} if center is None else {"center_id": center}
        feed.append(
            {
                "specversion": "1.0", "id": event_id, "source": f"/v1/{service}", "type": kind,
                "subject": str(uuid4()), "time": "2026-03-10T01:30:00Z", "data": data,
                "position": len(feed) + 1,
            }
        )  # fmt: skip
        return event_id

    def serve(self, neighbours: Any) -> None:
        for service in self.events:
            neighbours.answers[f"GET /v1/{service}/events"] = self._end(service)
            neighbours.answers[f"POST /v1/{service}/events/readings"] = self._answer(service)

    def _end(self, service: str) -> Any:
        def give(request: httpx.Request) -> dict[str, Any]:
            assert request.url.params["limit"] == "0", "no event is read by this way"
            return {"items": [], "last_position": len(self.events[service])}

        return give

    def _answer(self, service: str) -> Any:
        def give(request: httpx.Request) -> dict[str, Any]:
            asked = json.loads(request.content)
            self.readings.append((service, len(asked["readers"])))
            items = [e for e in self.events[service] if e["position"] > asked["after"]]
            items = items[: asked["limit"]]
            readers = []
            for reader in asked["readers"]:
                self.tokens.add(reader["token"])
                wanted = [
                    place
                    for place, event in enumerate(items)
                    if not reader["types"] or event["type"] in reader["types"]
                ]
                claims = jwt.get_unverified_claims(reader["token"])
                refused = claims["sub"] == self.refused
                readers.append({"refused": refused, "items": [] if refused else wanted})
            full = len(items) == asked["limit"]
            last = items[-1]["position"] if full else len(self.events[service])
            return {"items": items, "readers": readers, "last_position": last}

        return give


@pytest.fixture
def feeds() -> Feeds:
    return Feeds()


async def until(condition: Any, seconds: float = 10.0) -> None:
    """Wait until something holds; fails after a while."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold in time")


async def eventually(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], Any]) -> Any:
    """Ask until what is told holds; fails after a while."""
    for _ in range(200):
        told = await ask()
        if holds(told):
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not come to hold in time: {told}")
