"""Traces: one tree through the door, a service and its database; nothing where nobody collects."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway.proxy.tracing import Trace, note_span, trace_of
from shared.tracing import Tracing

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{CALLER}-01"


def passed(trace: Trace) -> Any:
    """A request that the door answered."""
    return SimpleNamespace(
        scope={"method": "GET"}, trace=trace, service="registry", status=200, started=0.0
    )


class Collector:
    """A collector of the tests' own: it keeps what OpenTelemetry's exporter sends."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        kept = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                for one in ExportTraceServiceRequest.FromString(body).resource_spans:
                    service = one.resource.attributes
                    name = next(a.value.string_value for a in service if a.key == "service.name")
                    kept.extend((name, span) for part in one.scope_spans for span in part.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.mark.anyio
async def test_one_tree_from_the_door_to_the_statement(
    collector: Collector, running: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHUANG_OTLP_ENDPOINT", collector.url)
    door = Tracing("gateway", collector.url, 1.0)
    trace = trace_of(b"req-1", GIVEN.encode())
    async with running("registry") as registry, registry.client("auditor") as caller:
        answer = await caller.get(
            "/v1/registry/organizations",
            headers={"traceparent": trace.traceparent, "X-Request-Id": trace.request_id},
        )
        assert answer.status_code == 200
        note_span(door, passed(trace))
        door.close()
    by_name = {span.name: (service, span) for service, span in collector.spans}
    assert {span.trace_id.hex() for _, span in collector.spans} == {TRACE}
    service, at_door = by_name["GET registry"]
    assert (service, at_door.parent_span_id.hex()) == ("gateway", CALLER)
    service, in_service = by_name["GET /v1/registry/organizations"]
    assert (service, in_service.parent_span_id) == ("registry", at_door.span_id)
    assert answer.headers["traceparent"].split("-")[2] == in_service.span_id.hex()
    _, statement = by_name["SELECT"]
    assert statement.parent_span_id == in_service.span_id
    assert statement.start_time_unix_nano < statement.end_time_unix_nano


@pytest.mark.anyio
async def test_a_trace_that_its_caller_does_not_sample_is_not_sent(collector: Collector) -> None:
    door = Tracing("gateway", collector.url, 1.0)
    none = Tracing("gateway", collector.url, 0.0)
    unsampled = trace_of(b"req-1", GIVEN.replace("-01", "-00").encode())
    note_span(door, passed(unsampled))
    note_span(none, passed(trace_of(b"req-1", GIVEN.encode())))
    door.close()
    none.close()
    assert collector.spans == []


@pytest.mark.anyio
async def test_neighbours_are_told_which_request_asks(
    running: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.client import ServiceClient
    from shared.settings import Settings
    from shared.tracing import CURRENT

    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("traceparent"))
        return httpx.Response(200, json={"access_token": "t", "expires_in": 600})

    client = ServiceClient(Settings(), httpx.MockTransport(answer))
    CURRENT.set(GIVEN)
    await client.get("registry", "/v1/registry/organizations")
    assert seen[-1] == GIVEN
    CURRENT.set("")
    await client.get("registry", "/v1/registry/organizations")
    assert seen[-1] is None


OFF = """
import sys
from gateway.app import create_app
from registry.app import create_app as registry
create_app(), registry()
loaded = [name for name in sys.modules if name.startswith("opentelemetry.sdk")
          or name.startswith("opentelemetry.exporter")]
print("loaded", loaded)
"""


def test_off_it_is_not_even_imported() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHICHUANG_")}
    address = {"ZHICHUANG_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-c", OFF], env=kept | address, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "loaded []"
