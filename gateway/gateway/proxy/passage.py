"""One request on its way, and the answer that goes back to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from starlette.types import Message, Scope, Send

from gateway.limits.rules import Standing, header_fields, holder_of
from gateway.proxy import compressing
from gateway.proxy.answers import Headers
from gateway.proxy.balancers import Balancers
from gateway.proxy.compressing import Squeezer
from gateway.proxy.tracing import Trace

# Nothing here is to be guessed at, framed, or told to the next site.
SAFE: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]

# What may stand in an answer already; of those that may vary, both count.
SAID: Final = frozenset(
    {name for name, _ in SAFE} | {b"access-control-allow-origin", b"access-control-expose-headers"}
)
OURS: Final = frozenset({b"x-request-id", b"traceparent"})

Claims = Mapping[str, Any]


class ProgrammeClock(Protocol):
    """Tells the programme's instant as text, in a sandbox; None elsewhere."""

    def __call__(self) -> str | None:
        """Give the instant."""


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """The request is refused at the door; `closes` also ends the connection."""

    code: str
    closes: bool = False
    figures: dict[str, int] = field(default_factory=dict)
    headers: Headers = field(default_factory=list)


@dataclass(slots=True)
class Passage:
    """One request on its way: what was found out about it, and what became of it."""

    scope: Scope
    send: Send
    started: float
    clock: ProgrammeClock
    trace: Trace
    path: str = ""
    # The request's id and trace, as they stand in its fields and in the answer's.
    traced: Headers = field(default_factory=list)
    service: str = "gateway"
    claims: Claims | None = None
    status: int = 0
    answering: bool = False
    # The gateway's own application logs and counts what it answers, as every service does.
    noted: bool = False
    standing: Standing | None = None
    # The request's fields by name.
    fields: Mapping[bytes, bytes] = field(default_factory=dict)
    # What every answer of this door says of origins, and of guessing and framing.
    said: Headers = field(default_factory=SAFE.copy)
    # Whether the client takes gzip, and what compresses this answer.
    gzip: bool = False
    squeezer: Squeezer | None = None

    def name(self, trace: Trace) -> None:
        """Take the id and trace of the request."""
        self.trace = trace
        self.traced = [
            (b"x-request-id", trace.request_id.encode()),
            (b"traceparent", trace.traceparent.encode()),
        ]

    def comes_by(self, balancers: Balancers) -> None:
        """Take the address that a balancer asks for, where it is one that is believed."""
        told = balancers.told(self.address, self.scope["headers"])
        if told != self.address:
            # Nobody behind this has any use for a port of the balancer's.
            self.scope["client"] = (told, 0)

    @property
    def address(self) -> str:
        """Tell where the request comes from."""
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def holder(self) -> str:
        """Tell what that address is counted as."""
        return holder_of(self.address)

    async def answer(self, message: Message) -> None:
        """Send on a message of the answer, with what every answer bears."""
        if message["type"] == "http.response.start":
            await self.begin(message["status"], list(message["headers"]))
        elif self.squeezer is None:
            await self.send(message)
        else:
            await self.chunk(message.get("body", b""), more=message.get("more_body", False))

    async def begin(self, status: int, headers: Headers, *, follows: bool = False) -> None:
        """Send the head of an answer; the list of its fields is ours to change.

        `follows` says that the whole body is here, and comes in the same turn of the loop.
        """
        self.answering = True
        self.status = status
        headers = self.marked(self._squeezing(headers))
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
                "follows": follows,
            }
        )

    async def chunk(self, data: bytes, *, more: bool) -> None:
        """Send a part of the body on, compressed where the answer is."""
        if self.squeezer is not None:
            data = self.squeezer.chunk(data, last=not more)
            if more and not data:
                return
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer as it is."""
        self.answering, self.status = True, status
        start = {"type": "http.response.start", "status": status, "headers": self.marked(headers)}
        await self.send({**start, "follows": True})
        await self.send({"type": "http.response.body", "body": body})

    def _squeezing(self, headers: Headers) -> Headers:
        """Say that the answer comes compressed, if it does; caches hear of both kinds."""
        if not compressing.is_fit(self.path, self.status, dict(headers)):
            return headers
        headers.append(compressing.VARY)
        if not self.gzip or self.scope["method"] == "HEAD":
            return headers
        self.squeezer = Squeezer()
        return compressing.rewritten(headers)

    def marked(self, headers: Headers) -> Headers:
        """Add the request's id and trace, and the sandbox's clock."""
        told = {field[0] for field in headers}
        kept = headers
        if not told.isdisjoint(OURS):
            kept = [field for field in headers if field[0] not in OURS]
        kept = kept + self.traced
        if self.standing is not None:
            kept += header_fields(self.standing)
        if told.isdisjoint(SAID):
            kept += self.said
        else:
            kept += [one for one in self.said if one[0] not in told or one[0] == b"vary"]
        now = self.clock()
        if now is not None:
            kept = [field for field in kept if field[0] != b"x-sandbox-clock"]
            kept.append((b"x-sandbox-clock", now.encode()))
        return kept
