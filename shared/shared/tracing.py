"""Traces for an OpenTelemetry collector: one span for a request in each process, one a statement.

Off unless `ZHICHUANG_OTLP_ENDPOINT` is set, and then the SDK is not even imported. The ids are
those that requests bear anyway (`traceparent`), so that logs, answers and spans name the same.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings

CURRENT: Final[ContextVar[str]] = ContextVar("traceparent", default="")
"""The span that whatever happens now belongs to, as a `traceparent`; empty outside a request."""

_ANSWER_FAILS: Final = 500
_SAMPLED: Final = 1


class Tracing:
    """Hands finished spans to a collector, in batches, from a thread of the SDK's own."""

    def __init__(self, service: str, endpoint: str, ratio: float) -> None:
        """Import the SDK; `ratio` of the traces that begin here are kept."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._resource = Resource.create({"service.name": service})
        self._bound = int(ratio * 2**64)
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + "/v1/traces")
        self._processor = BatchSpanProcessor(exporter)

    def request(
        self,
        name: str,
        traceparent: str,
        given: str | None,
        started_ns: int,
        attributes: Mapping[str, str | int],
    ) -> None:
        """Note a request that was answered; `given` is the caller's `traceparent`, if any."""
        status = int(attributes.get("http.response.status_code", 0))
        self._note(name, traceparent, given, started_ns, attributes, status >= _ANSWER_FAILS)

    def watch(self, engine: AsyncEngine) -> None:
        """Note every statement that a request sends through the engine."""

        def before(*told: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
            told[4].started_ns = time.time_ns()

        def after(*told: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
            self.statement(str(told[2]), told[4].started_ns)

        event.listen(engine.sync_engine, "before_cursor_execute", before)
        event.listen(engine.sync_engine, "after_cursor_execute", after)

    def statement(self, text: str, started_ns: int) -> None:
        """Note a statement that has been answered; values are bound, so that none is told."""
        parent = CURRENT.get()
        if parent:
            attributes = {"db.system.name": "postgresql", "db.query.text": text[:1000]}
            name = text.split(None, 1)[0].upper() if text.strip() else "SQL"
            self._note(name, "", parent, started_ns, attributes, failed=False)

    def close(self) -> None:
        """Send what waits, as far as the collector takes it."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # theirs

    def _note(
        self,
        name: str,
        traceparent: str,
        given: str | None,
        started_ns: int,
        attributes: Mapping[str, str | int],
        failed: bool,  # noqa: FBT001 - whether it failed is what is told
    ) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        from opentelemetry.trace import SpanKind, Status, StatusCode

        parent = _context(given, remote=True) if given else None
        own = _context(traceparent, remote=False) if traceparent else None
        if own is None and parent is not None:
            own = _child(parent, RandomIdGenerator().generate_span_id())
        if own is None or not own.trace_flags & _SAMPLED or not self._keeps(own.trace_id):
            return
        span = ReadableSpan(
            name=name,
            context=own,
            parent=parent,
            resource=self._resource,
            attributes=dict(attributes),
            kind=SpanKind.SERVER if traceparent else SpanKind.CLIENT,
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            start_time=started_ns,
            end_time=time.time_ns(),
        )
        self._processor.on_end(span)

    def _keeps(self, trace_id: int) -> bool:
        """Decide by the trace's id, so that every process keeps the same traces."""
        return trace_id & (2**64 - 1) < self._bound


def tracing_of(service: str, settings: Settings) -> Tracing | None:
    """Give what takes spans, or None where nobody collects them."""
    if not settings.otlp_endpoint:
        return None
    return Tracing(service, settings.otlp_endpoint, settings.trace_ratio)


def _context(traceparent: str, *, remote: bool) -> Any:  # noqa: ANN401 - a type of the SDK's API
    from opentelemetry.trace import SpanContext, TraceFlags

    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), remote, TraceFlags(int(flags, 16)))


def _child(parent: Any, span_id: int) -> Any:  # noqa: ANN401 - a type of the SDK's API
    from opentelemetry.trace import SpanContext

    return SpanContext(parent.trace_id, span_id, is_remote=False, trace_flags=parent.trace_flags)
