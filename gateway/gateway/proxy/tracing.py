"""Which request this is, here and in every service that it reaches."""

import random
from time import perf_counter, time_ns
from typing import Any, Final, NamedTuple, Protocol

import uuid_utils

from gateway.proxy.rules import REQUEST_ID, TRACEPARENT
from shared.tracing import Tracing

SAMPLED: Final = "01"
# Ids of traces have to differ and need be no secret: drawn without a system call for each. The
# generator is seeded by the system, anew in each process.
_drawn: Final = random.getrandbits


class Trace(NamedTuple):
    """The caller's name for the request, or ours, and the span that the services hang under."""

    request_id: str
    trace_id: str
    traceparent: str
    # The caller's own, where it sent a well-formed one: the parent of ours.
    given: str | None = None


def new_request_id() -> str:
    """Give a request id that sorts by time."""
    # The library's own kind, which is not made into a UUID first only to be written out.
    return str(uuid_utils.uuid7())


def trace_of(request_id: bytes | None, traceparent: bytes | None) -> Trace:
    """Keep the caller's request id and trace where they are well-formed, and start them else."""
    kept = request_id is not None and REQUEST_ID.fullmatch(request_id) is not None
    name = request_id.decode("ascii") if kept and request_id is not None else new_request_id()
    match = None if traceparent is None else TRACEPARENT.fullmatch(traceparent)
    if match is None:
        drawn = f"{_drawn(192):048x}"
        trace_id = drawn[:32]
        return Trace(name, trace_id, f"00-{trace_id}-{drawn[32:]}-{SAMPLED}")
    span = f"{_drawn(64):016x}"
    trace_id, flags = match[1].decode("ascii"), match[2].decode("ascii")
    return Trace(name, trace_id, f"00-{trace_id}-{span}-{flags}", match[0].decode("ascii"))


class Passed(Protocol):
    """A request that was answered, as far as its span tells it."""

    scope: Any
    trace: Trace
    service: str
    status: int
    started: float


def note_span(tracing: Tracing | None, passage: Passed) -> None:
    """Tell the collector, if any, of a request: its method, its service, what was answered."""
    trace, service = passage.trace, passage.service
    if tracing is None or not trace.traceparent:
        return
    method = passage.scope["method"]
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "http.response.status_code": passage.status,
        "zhichuang.upstream": service,
        "zhichuang.request_id": trace.request_id,
    }
    started_ns = time_ns() - int((perf_counter() - passage.started) * 1e9)
    tracing.request(f"{method} {service}", trace.traceparent, trace.given, started_ns, attributes)
