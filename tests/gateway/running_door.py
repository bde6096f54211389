"""The door on a real port, before a service that tells what it got."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from gateway.proxy import wire
from gateway.proxy.caching import PublicCache
from gateway.proxy.door import Door
from gateway.proxy.own import Own
from gateway.proxy.reading import PublicReads
from gateway.proxy.upstream import Upstreams
from gateway.requests.jobs import RequestLog
from gateway.settings import GatewaySettings
from shared.auth import TokenVerifier
from shared.http.problem import answer, document
from shared.services import SERVICES
from tests.fixtures.service import ISSUER, Signer

CLOCK = "2026-01-05T01:00:00Z"
HEAD_SECONDS = 0.4


@dataclass
class Upstream:
    """A service that answers with what it got, and notes what happened to it."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    received: int = 0
    sent: int = 0
    # What it says to paths that end so, and how long it thinks about that.
    says: dict[str, tuple[int, list[tuple[bytes, bytes]], bytes]] = field(default_factory=dict)
    seconds: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body = await self._body(scope, receive)
        seen = {
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": [
                (name.decode(), value.decode("latin-1")) for name, value in scope["headers"]
            ],
            "size": len(body),
        }
        self.requests.append(seen)
        kind = scope["path"].rsplit("/", 1)[-1]
        if kind in self.says:
            status, headers, content = self.says[kind]
            await asyncio.sleep(self.seconds)
            length = (b"content-length", str(len(content)).encode())
            start = {"type": "http.response.start", "status": status, "headers": [*headers, length]}
            await send(start)
            await send({"type": "http.response.body", "body": content})
        elif kind == "slow" or "wait=" in seen["query"]:
            message = await receive()
            self.left.append(message["type"])
        elif kind == "endless":
            await self._endless(send)
        elif kind == "broken":
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-length", b"9")],
                }
            )
            await send({"type": "http.response.body", "body": b"half"})
        else:
            await self._echo(kind, seen, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(scope["path"])
                return body
            body += message.get("body", b"")
            self.received = len(body)
            more = message.get("more_body", False)
        return body

    async def _echo(self, kind: str, seen: dict[str, Any], send: Send) -> None:
        status = int(kind) if kind.isdigit() else 200
        content = b"" if status in (204, 304) else json.dumps(seen).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"x-request-id", b"forged"),
            (b"x-sandbox-clock", b"forged"),
            (b"connection", b"x-secret"),
            (b"x-secret", b"for one hop"),
            (b"etag", b'"1"'),
        ]
        if content:
            headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _endless(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        chunk = b"x" * 65_536
        while self.sent < 400 * len(chunk):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            self.sent += len(chunk)
        await send({"type": "http.response.body", "body": b""})


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def own_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for the gateway's own application: it tells the path and the body's size."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    if scope["path"] in ("/", "/metrics", "/oauth/token"):
        content = json.dumps({"own": scope["raw_path"].decode(), "size": size}).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", str(len(content)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": content})
        return
    await answer(document("", scope["path"], "zh", 404, "NOT_FOUND"))(scope, receive, send)


@dataclass
class Answer:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class RunningDoor:
    """A door that listens, the service behind it, and the key that signs for it."""

    port: int
    upstream: Upstream
    signer: Signer
    door: Door
    settings: GatewaySettings
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def raw(self, request: bytes, *, more: bytes = b"") -> list[Answer]:
        """Send bytes, then read every answer until the connection ends or falls silent."""
        with self.connect() as connection:
            connection.sendall(request)
            if more:
                time.sleep(0.05)
                connection.sendall(more)
            connection.settimeout(1.5)
            received = b""
            try:
                while chunk := connection.recv(65_536):
                    received += chunk
            except (TimeoutError, ConnectionResetError):
                pass
        return list(answers_in(received))

    def ask(
        self,
        target: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send one ordinary request."""
        lines = [f"{method} {target} HTTP/1.1", "Host: door", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        answers = self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        assert len(answers) == 1, answers
        return answers[0]


def answers_in(received: bytes) -> Iterator[Answer]:
    """Split what was received into answers, by their lengths."""
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        length = int(headers.get("content-length", 0))
        if headers.get("transfer-encoding") == "chunked":
            body, received = _dechunked(rest)
        else:
            body, received = rest[:length], rest[length:]
        yield Answer(int(first.split(" ")[1]), headers, body)


def _dechunked(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size, 16)
        body, rest = body + rest[:count], rest[count + 2 :]
        if count == 0:
            break
    return body, rest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _serve(app: Any, port: int, keep_alive: int = 5, **options: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none",
        proxy_headers=False, server_header=False, timeout_keep_alive=keep_alive, loop="uvloop",
        timeout_graceful_shutdown=1, **options,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    return server


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


@contextmanager
def running_door(*, upstream_keep_alive: int = 5, **settings: Any) -> Iterator[RunningDoor]:
    """Run a door and an upstream in a thread of their own, until the block ends."""
    port, upstream_port = free_port(), free_port()
    dead_port = free_port()
    signer = Signer()
    upstream = Upstream()
    chosen: dict[str, Any] = {
        "body_idle_seconds": 0.5, "upstream_read_seconds": 1.5, "upstream_check_seconds": 0,
        "head_seconds": HEAD_SECONDS,
    } | settings  # fmt: skip
    known = GatewaySettings(
        registry_url=f"http://127.0.0.1:{upstream_port}",
        evaluation_url=f"http://127.0.0.1:{dead_port}",
        ip_ledger_url=f"http://127.0.0.1:{dead_port},http://127.0.0.1:{upstream_port}",
        **chosen,
    )

    async def keys() -> dict[str, Any]:
        return signer.jwks

    upstreams = Upstreams(known, SERVICES)
    door = Door(
        known,
        Own(own_app),
        upstreams,
        TokenVerifier(ISSUER, keys).verify,
        lambda: CLOCK,
        # Notes are taken and, without a database, never written.
        RequestLog(None),  # type: ignore[arg-type]
        public=PublicReads(PublicCache(known.public_cache_bytes), upstreams, lambda: None),
    )
    servers = [
        _serve(upstream, upstream_port, upstream_keep_alive, http="httptools"),
        _serve(door, port, http=wire.DoorProtocol),
    ]

    loops: list[asyncio.AbstractEventLoop] = []

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the door's own loop, and give what comes of it."""
        return asyncio.run_coroutine_threadsafe(work, loops[0]).result(10)

    async def both() -> None:
        loops.append(asyncio.get_running_loop())
        await asyncio.gather(*(server.serve() for server in servers))

    thread = threading.Thread(target=lambda: asyncio.run(both()), daemon=True)
    thread.start()
    try:
        while not all(server.started for server in servers):
            assert thread.is_alive()
            time.sleep(0.01)
        yield RunningDoor(port, upstream, signer, door, known, run)
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(10)
