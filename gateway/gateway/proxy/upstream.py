"""One exchange with a service: whom to ask, what is sent, and when it may be sent again.

Bodies stream both ways: a chunk is read when the one before it was taken, so that neither a slow
client nor a slow service makes the gateway hold a body.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from starlette.types import Receive

from gateway.proxy.health import Health
from gateway.proxy.lines import (
    Address,
    Bounds,
    Broken,
    Crowded,
    Line,
    LineError,
    Lines,
    NotConnected,
    address_of,
)
from gateway.proxy.patience import Patience
from gateway.settings import GatewaySettings

REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BEARING: Final = frozenset({"POST", "PUT", "PATCH"})
MOST_HEALTH_BYTES: Final = 65_536


class ClientLeft(Exception):  # noqa: N818 - nobody is there to be told
    """The client closed its connection before the answer was complete."""


class BodyRefused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The body is too large or came too slowly; `code` says which."""

    def __init__(self, code: str) -> None:
        """Name the problem's code."""
        super().__init__(code)
        self.code = code


class Unreachable(Exception):  # noqa: N818 - an answer, not an error of ours
    """The service did not answer, or not in time."""


class Late(Unreachable):
    """The service was asked, and said nothing for so many `seconds`."""

    def __init__(self, service: str, seconds: float) -> None:
        """Name the service and how long it was waited for."""
        super().__init__(service)
        self.seconds = seconds


class Body:
    """A request's body as it arrives, counted against its limit."""

    def __init__(
        self, receive: Receive, limit: int, idle_seconds: float, *, announced: bool = False
    ) -> None:
        """Bind to the connection; nothing is read before the first chunk is asked for.

        `announced` says that a field of the head tells its length.
        """
        self.announced = announced
        self._receive = receive
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._size = 0
        self.first = b""
        self.complete = False
        self.refused: BodyRefused | None = None

    async def read_first(self) -> None:
        """Read the first chunk, which is the whole body of an ordinary request."""
        self.first = await self.chunk()

    async def chunk(self) -> bytes:
        """Read on; a chunk may be empty. Raises `BodyRefused` or `ClientLeft`."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError:
            raise self._refuse("REQUEST_TIMEOUT") from None
        if message["type"] == "http.disconnect":
            raise ClientLeft
        data: bytes = message.get("body", b"")
        self._size += len(data)
        if self._size > self._limit:
            raise self._refuse("BODY_TOO_LARGE")
        self.complete = not message.get("more_body", False)
        return data

    def _refuse(self, code: str) -> BodyRefused:
        self.refused = BodyRefused(code)
        return self.refused

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give what comes behind the first chunk."""
        while not self.complete:
            yield await self.chunk()


class Answer:
    """A service's answer whose head is here; `end` gives its connection back or ends it."""

    __slots__ = ("_line", "_lines", "_upload", "headers", "status")

    def __init__(self, lines: Lines, line: Line, upload: asyncio.Task[None] | None) -> None:
        """Take the line over which it comes."""
        self._lines, self._line, self._upload = lines, line, upload
        self.status = line.status
        self.headers = line.headers

    @property
    def over(self) -> bool:
        """Tell whether all of it was taken."""
        return self._line.over

    def taken(self) -> bytes:
        """Give what has come of the body, without waiting."""
        return self._line.taken()

    async def chunk(self) -> bytes:
        """Wait for more of the body; nothing once it is over. Raises `Unreachable`."""
        try:
            return await self._line.chunk()
        except (LineError, TimeoutError) as error:
            raise Unreachable from error

    async def whole(self, most: int) -> bytes | None:
        """Give the whole body, None where it is longer than that. Raises `Unreachable`."""
        body = bytearray(self.taken())
        while not self.over and len(body) <= most:
            body += await self.chunk()
        return bytes(body) if len(body) <= most else None

    def end(self) -> None:
        """Be done with it, whether it was taken or not."""
        if self._upload is not None and not self._upload.done():
            # The service has said what it thinks of a body that it does not read on.
            self._upload.cancel()
            self._line.keeps = False
        self._lines.give_back(self._line)


class _Question(NamedTuple):
    """What is asked of a service, and how long it may be silent over it."""

    method: str
    target: str
    headers: Sequence[tuple[bytes, bytes]]
    body: Body | None
    patience: float

    def written(self, address: Address) -> bytes:
        """Write the request's head, and its body as far as it is there."""
        method, target, headers, body, _ = self
        first = f"{method} {address.prefix}{target} HTTP/1.1\r\nhost: ".encode("ascii")
        parts = [first, address.named, b"\r\n"]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        if body is None:
            parts.append(b"content-length: 0\r\n\r\n" if method in BEARING else b"\r\n")
            return b"".join(parts)
        if body.complete:
            if not body.announced:
                parts.append(b"content-length: %d\r\n" % len(body.first))
            parts += (b"\r\n", body.first)
        elif body.announced:
            parts += (b"\r\n", body.first)
        else:
            parts.append(b"transfer-encoding: chunked\r\n\r\n")
            if body.first:
                parts += (b"%x\r\n" % len(body.first), body.first, b"\r\n")
        return b"".join(parts)


# Whoever asks has a time of his own, and a shorter one.
HEALTH: Final = _Question("GET", "/healthz", (), None, 60.0)


class Upstreams:
    """Connections to every service, kept open between requests."""

    def __init__(self, settings: GatewaySettings, services: Iterable[str]) -> None:
        """Read the addresses; connections are made when they are needed."""
        self._settings = settings
        self.addresses = {name: settings.addresses(name) for name in services}
        self._turns = {name: itertools.cycle(range(len(a))) for name, a in self.addresses.items()}
        self._lines: Lines | None = None
        self._health = Health()
        self._patience = _patience_of(settings)
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin, on the loop that runs."""
        self._lines = Lines(_bounds_of(self._settings))
        self._begin_looking()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._looking is not None:
            self._looking.cancel()
        if self._lines is not None:
            self._lines.close()

    async def take(self, settings: GatewaySettings) -> None:
        """Go by new addresses and bounds from the next request on.

        The connections so far are closed, each with the exchange that is under way over it.
        """
        before, self._lines = self._lines, Lines(_bounds_of(settings))
        self._settings = settings
        self._patience = _patience_of(settings)
        self.addresses = {name: settings.addresses(name) for name in self.addresses}
        self._turns = {name: itertools.cycle(range(len(a))) for name, a in self.addresses.items()}
        self._health = Health()
        if self._looking is not None:
            self._looking.cancel()
        self._begin_looking()
        if before is not None:
            before.retire()

    def _begin_looking(self) -> None:
        seconds = self._settings.upstream_check_seconds
        self._looking = asyncio.create_task(self._look(seconds)) if seconds else None

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[bytes, bytes]],
        body: Body | None = None,
    ) -> Answer:
        """Send a request to a service and give its answer's head; raise `Unreachable` or `Late`.

        Another address, and then the first one once more, is tried only while no byte was sent;
        a read whose kept connection turned out to be closed is sent once more.
        """
        addresses = self._health.fit(self._in_turn(service), time.monotonic())
        if not addresses:
            raise Unreachable(service)
        question = _Question(method, target, headers, body, self._patience.over(target))
        for address in (*addresses, addresses[0]):
            try:
                return await self._tried(address, question)
            except TimeoutError as error:
                raise Late(service, question.patience) from error
            except LineError as error:
                if not _may_repeat(error, question):
                    raise Unreachable(service) from error
        raise Unreachable(service)

    async def _tried(self, address: str, question: _Question) -> Answer:
        """Ask one address, and remember how it was."""
        self._health.tried(address)
        try:
            answer = await self._exchanged(address_of(address), question)
        except (Broken, NotConnected, TimeoutError) as error:
            slow = isinstance(error, TimeoutError) or getattr(error, "slow", False)
            self._health.failed(address, time.monotonic(), slow=slow)
            raise
        except BaseException:
            # Its client left, its body was refused, or nobody could be asked at all.
            self._health.gave_up(address)
            raise
        self._health.worked(address)
        return answer

    async def _exchanged(self, address: Address, question: _Question) -> Answer:
        lines = self._lines
        if lines is None:
            raise RuntimeError("the pool is not open")
        line = await lines.line(address)
        upload: asyncio.Task[None] | None = None
        try:
            line.ask(
                question.written(address), question.patience, is_head=question.method == "HEAD"
            )
            body = question.body
            if body is not None and not body.complete:
                upload = asyncio.create_task(_upload(line, body))
            await line.head()
        except BaseException:
            if upload is not None:
                upload.cancel()
            line.keeps = False
            lines.give_back(line)
            raise
        return Answer(lines, line, upload)

    async def _look(self, seconds: float) -> None:
        """Ask every address for ever whether it lives, so that no caller has to find out."""
        addresses = sorted({one for each in self.addresses.values() for one in each})
        while True:
            await asyncio.sleep(seconds)
            await asyncio.gather(
                *(self._ask_after(one, max(1.0, seconds / 2)) for one in addresses)
            )

    async def _ask_after(self, address: str, seconds: float) -> None:
        # What it says is noted where it is asked; who is out of time was not told anything.
        try:
            async with asyncio.timeout(seconds):
                answer = await self._exchanged(address_of(address), HEALTH)
                try:
                    await answer.whole(MOST_HEALTH_BYTES)
                finally:
                    answer.end()
        except Crowded:
            return
        except (LineError, TimeoutError, Unreachable) as error:
            slow = isinstance(error, TimeoutError) or getattr(error, "slow", False)
            self._health.failed(address, time.monotonic(), slow=slow)
            return
        if answer.status < 500:
            self._health.worked(address)

    def _in_turn(self, service: str) -> list[str]:
        addresses = self.addresses[service]
        if len(addresses) == 1:
            return addresses
        first = next(self._turns[service])
        return addresses[first:] + addresses[:first]


async def _upload(line: Line, body: Body) -> None:
    """Send the rest of a body; what is wrong with it ends the exchange."""
    try:
        await line.upload(body.chunks(), chunked=not body.announced)
    except (BodyRefused, ClientLeft) as error:
        line.fail(error)


def _bounds_of(settings: GatewaySettings) -> Bounds:
    return Bounds(
        most=settings.upstream_connections,
        connect=settings.upstream_connect_seconds,
        wait=settings.upstream_wait_seconds,
        look=settings.upstream_read_seconds / 8,
        idle=settings.upstream_idle_seconds,
    )


def _patience_of(settings: GatewaySettings) -> Patience:
    return Patience(
        settings.upstream_read_seconds,
        settings.upstream_poll_seconds,
        settings.upstream_route_seconds,
    )


def _may_repeat(error: Exception, question: _Question) -> bool:
    """Tell whether nothing was sent, or what was sent may be sent twice."""
    if isinstance(error, NotConnected):
        return True
    return isinstance(error, Broken) and question.method in REPEATABLE and question.body is None
