"""Which request this is, here and in every service that it reaches."""

import secrets
from dataclasses import dataclass
from typing import Final

from gateway.proxy.rules import REQUEST_ID, TRACEPARENT
from shared.database import new_id

SAMPLED: Final = "01"


@dataclass(frozen=True, slots=True)
class Trace:
    """The caller's name for the request, or ours, and the span that the services hang under."""

    request_id: str
    trace_id: str
    traceparent: str


def new_request_id() -> str:
    """Give a request id that sorts by time."""
    return str(new_id())


def trace_of(request_id: bytes | None, traceparent: bytes | None) -> Trace:
    """Keep the caller's request id and trace where they are well-formed, and start them else."""
    kept = request_id is not None and REQUEST_ID.fullmatch(request_id) is not None
    name = request_id.decode("ascii") if kept and request_id is not None else new_request_id()
    match = TRACEPARENT.fullmatch(traceparent or b"")
    trace_id = match[1].decode("ascii") if match else secrets.token_hex(16)
    flags = match[2].decode("ascii") if match else SAMPLED
    return Trace(name, trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}")
