"""Pure ASGI around every application: ids, logs, metrics, and a last answer to what went wrong."""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import Clock
from shared.http import problem
from shared.telemetry import request_line
from shared.tracing import CURRENT, Tracing

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

REQUESTS: Final = Counter(
    "zhichuang_requests_total", "Requests answered.", ["service", "method", "status"]
)
SECONDS: Final = Histogram(
    "zhichuang_request_seconds", "Time from request to answer.", ["service", "method"]
)

log = structlog.get_logger("access")


class Edge:
    """Gives each request its id and trace, logs its answer, and turns a fault into a problem."""

    def __init__(
        self,
        app: ASGIApp,
        fastapi: FastAPI,
        service: str,
        clock: Clock,
        *,
        sandbox: bool,
        tracing: Tracing | None = None,
    ) -> None:
        """Wrap an application; `fastapi` is the one inside, for whoever wires or tests it."""
        self.fastapi = fastapi
        self._tracing = tracing
        self._app = app
        self._service = service
        self._clock = clock
        self._sandbox = sandbox
        # Of each method and status: looking for one by its labels takes longer than counting.
        self._counted: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == ALIVE_AT and scope["method"] in ("GET", "HEAD"):
            # Every door asks it every two seconds: it is neither counted nor logged.
            await send({"type": "http.response.start", "status": 200, "headers": ALIVE_HEADERS})
            await send({"type": "http.response.body", "body": ALIVE})
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get("x-request-id"))
        given = headers.get("traceparent")
        trace = _trace(given)
        scope.setdefault("state", {})["request_id"] = request_id
        scope["state"]["traceparent"] = trace
        structlog.contextvars.bind_contextvars(request_id=request_id, trace_id=trace.split("-")[1])
        CURRENT.set(trace)
        answered = _Answer(send, self._added(request_id, trace))
        started, started_ns = time.perf_counter(), time.time_ns()
        try:
            if scope["method"] == "HEAD":
                await _head(self._app, scope, receive, answered)
            else:
                await self._app(scope, receive, answered)
        except Exception as error:
            log.exception("request.failed", path=scope["path"], error=type(error).__name__)
            if not answered.started:
                await _fault(scope, headers, request_id, answered)
        finally:
            self._note(scope, request_id, trace, answered.status, time.perf_counter() - started)
            if self._tracing is not None:
                _span(self._tracing, scope, trace, given, started_ns, answered.status)
            structlog.contextvars.clear_contextvars()

    def _added(self, request_id: str, trace: str) -> dict[str, str]:
        added = {"X-Request-Id": request_id, "traceparent": trace}
        if self._sandbox:
            added["X-Sandbox-Clock"] = self._clock.now().isoformat().replace("+00:00", "Z")
        return added

    def _note(self, scope: Scope, request_id: str, trace: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
        counted = self._counted.get((method, status))
        if counted is None:
            counted = (
                REQUESTS.labels(self._service, method, status),
                SECONDS.labels(self._service, method),
            )
            self._counted[method, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)
        request_line(
            service=self._service,
            method=method,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 2),
            request_id=request_id,
            trace_id=trace[3:35],
        )


ALIVE_AT: Final = "/healthz"
ALIVE: Final = b'{"status":"ok"}'
ALIVE_HEADERS: Final = (
    (b"content-type", b"application/json"), (b"content-length", str(len(ALIVE)).encode()),
)  # fmt: skip

KNOWN_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Answer:
    def __init__(self, send: Send, added: Mapping[str, str]) -> None:
        self._send = send
        self._added = added
        self.started = False
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._added.items():
                headers[name] = value
        await self._send(message)


async def _head(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer HEAD with what GET would answer, without its body (RFC 9110, 9.3.2).

    An application that streams is told that nobody listens any more once its headers are out.
    """
    over = asyncio.Event()
    unread = True

    async def heard() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return await receive()
        await over.wait()
        return {"type": "http.disconnect"}

    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            over.set()

    await app({**scope, "method": "GET"}, heard, headers_only)


def _request_id(given: str | None) -> str:
    return given if given and REQUEST_ID.fullmatch(given) else uuid4().hex


def _trace(given: str | None) -> str:
    if given and TRACEPARENT.fullmatch(given):
        version, trace_id, _, flags = given.split("-")
        return f"{version}-{trace_id}-{uuid4().hex[:16]}-{flags}"
    return f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"


def _span(
    tracing: Tracing, scope: Scope, trace: str, given: str | None, started_ns: int, status: int
) -> None:
    # The route's form, never the path: ids in it are of those concerned.
    route = getattr(scope.get("route"), "path", "")
    kept = given if given and TRACEPARENT.fullmatch(given) else None
    attributes = {
        "http.request.method": scope["method"],
        "http.route": route,
        "http.response.status_code": status,
        "zhichuang.request_id": scope["state"]["request_id"],
    }
    tracing.request(f"{scope['method']} {route}".strip(), trace, kept, started_ns, attributes)


async def _fault(scope: Scope, headers: Headers, request_id: str, send: Send) -> None:
    language = problem.language_of(headers.get("accept-language"))
    body = problem.document(request_id, scope["path"], language, 500, "INTERNAL")
    response = problem.answer(body)
    await response(scope, _nothing, send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
