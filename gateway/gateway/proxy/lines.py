"""Connections to a service from aiohttp's pool, and one question at a time over each.

aiohttp's connector resolves, connects, secures, limits and keeps them. What is said over one is
read here by llhttp (httptools), since a session's request costs a proxy more than all it does
itself: a question is one write, and a short answer one wake-up, without a task or a timer of its
own. Silence is noticed by one look at all lines instead (`Lines`).
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, cast

import aiohttp
import httptools
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

Fields = list[tuple[bytes, bytes]]

READ_BUFFER_BYTES: Final = 65_536
DNS_SECONDS: Final = 60
MOST_HEAD_BYTES: Final = 65_536
BODILESS: Final = frozenset({204, 304})


class LineError(Exception):
    """A question was not answered."""


class NotConnected(LineError):  # noqa: N818 - reads as what it is
    """No connection was made, so that nothing was sent; `slow` says that this took all its time."""

    def __init__(self, *, slow: bool) -> None:
        """Say whether the address did not even refuse."""
        super().__init__(slow)
        self.slow = slow


class Crowded(LineError):  # noqa: N818 - reads as what it is
    """Too many questions are out; no address is at fault."""


class Broken(LineError):  # noqa: N818 - reads as what it is
    """The connection ended, or what came over it is no answer."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens: `named` as `Host` has it, and the path before every target."""

    url: URL
    named: bytes
    prefix: str


@lru_cache(maxsize=256)
def address_of(url: str) -> Address:
    """Read an address such as `http://registry:8000`."""
    read = URL(url)
    named = read.raw_authority.rpartition("@")[2].encode("ascii")
    return Address(read.origin(), named, read.raw_path.rstrip("/"))


class Line(asyncio.Protocol):
    """One connection, and the answer that is coming over it."""

    connection: aiohttp.connector.Connection
    # aiohttp's pool waits for connections that end, where they say when; nothing is lost with one.
    closed: None = None

    def __init__(self) -> None:
        """Begin without a connection."""
        self.loop = asyncio.get_running_loop()
        self.heard_at = self.patience = 0.0
        self.lost = False
        self.unpaused: asyncio.Event | None = None
        self.keeps = True
        self.complete = self._asked = False
        self._waiter: asyncio.Future[None] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection: a stream has such a transport and no other."""
        self.transport = cast("asyncio.Transport", transport)

    def is_connected(self) -> bool:
        """Tell the pool whether another question may be asked."""
        return self.keeps and not self.lost

    @property
    def should_close(self) -> bool:
        """Tell the pool that the next question would be answered by what is left of this one."""
        return not (self.over and self.is_connected())

    def close(self) -> None:
        """End the connection; nothing that is still to be sent would help anyone."""
        self.transport.abort()

    def ask(self, question: bytes, patience: float, *, is_head: bool) -> None:
        """Send a question, or all of it that is there already; wait through so much silence."""
        if self.lost:
            raise Broken("closed")
        self.patience = patience
        self._asked, self._is_head = True, is_head
        # What is known of the answer.
        self.status = 0
        self.headers: Fields = []
        self._head_bytes = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._until_eof = self.headed = self.complete = self._paused = False
        self._error: Exception | None = None
        self.heard_at = self.loop.time()
        self.transport.write(question)

    @property
    def waits(self) -> bool:
        """Tell whether somebody waits for the service to say something."""
        return self._waiter is not None

    async def head(self) -> None:
        """Wait for the answer's head; raise `Broken` or `TimeoutError`."""
        while not self.headed:
            await self._news()

    async def chunk(self) -> bytes:
        """Give what came of the body since; nothing once it is over."""
        while not self._parts:
            if self.complete:
                return b""
            await self._news()
        return self.taken()

    def taken(self) -> bytes:
        """Give what has come of the body, without waiting."""
        parts = self._parts
        if not parts:
            return b""
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts, self._size = [], 0
        if self._paused:
            self._paused = False
            self.heard_at = self.loop.time()
            self.transport.resume_reading()
        return data

    @property
    def over(self) -> bool:
        """Tell whether the whole answer was taken."""
        return self.complete and not self._parts

    async def _news(self) -> None:
        if self._error is not None:
            raise self._error
        if self.lost:
            raise Broken("closed")
        self._waiter = self.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the line; whoever waits for its answer hears why."""
        self.keeps = False
        if not self.complete:
            self._error = error
        self.transport.abort()
        self._wake()

    # What the connection tells.

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if not self._asked or self.complete:
            # Nobody asked: what it says is no answer to the next question either.
            self.keeps = False
            self.transport.abort()
            return
        self.heard_at = self.loop.time()
        if not self.headed:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.keeps = False
            if not self.complete:
                self.fail(Broken("no answer"))
                return
        if not self.headed and self._head_bytes > MOST_HEAD_BYTES:
            self.fail(Broken("too long a head"))
            return
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits; an answer that ends with its connection is whole now."""
        self.lost, self.keeps = True, False
        if self._asked and not self.complete:
            if self.headed and self._until_eof and exc is None and self._error is None:
                self.complete = True
            elif self._error is None:
                self._error = Broken("the service hung up")
        if self.unpaused is not None:
            self.unpaused.set()
        self._wake()

    def pause_writing(self) -> None:
        """Let whoever sends a body wait."""
        self.unpaused = asyncio.Event()

    def resume_writing(self) -> None:
        """Let him send on."""
        if self.unpaused is not None:
            self.unpaused.set()
            self.unpaused = None

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Notice a second answer behind the one that was asked for: it would be the next one's."""
        if self.complete:
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field; what stands behind the body is read by nobody."""
        if not self.headed:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Take the head, unless it only says that the answer is still to come."""
        parser = self._parser
        status = parser.get_status_code()
        if status < 200:
            if status == 101:
                raise Broken("nobody asked for another protocol")
            self.headers = []
            return
        self.status = status
        self.headed = True
        self.keeps = self.keeps and parser.should_keep_alive()
        if self._is_head:
            # The library would read on for a body that never comes.
            self.complete = True
            self._parser = httptools.HttpResponseParser(self)
        elif status not in BODILESS:
            self._until_eof = not _is_framed(self.headers)

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body; beyond some of it, the service has to wait."""
        if self.complete:
            self.keeps = False
            return
        self._parts.append(data)
        self._size += len(data)
        if self._size > READ_BUFFER_BYTES and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        """Note the answer's end."""
        if self.headed:
            self.complete = True

    async def upload(self, body: AsyncIterator[bytes], *, chunked: bool) -> None:
        """Send a body as it comes, no faster than the service takes it."""
        async for data in body:
            if self.lost:
                return
            if data:
                self.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            if self.unpaused is not None:
                await self.unpaused.wait()
            self.heard_at = self.loop.time()
        if chunked and not self.lost:
            self.transport.write(b"0\r\n\r\n")


def _is_framed(headers: Fields) -> bool:
    """Tell whether an answer says where its body ends."""
    coded = [value for name, value in headers if name == b"transfer-encoding"]
    if coded:
        return coded[-1].rstrip().lower().endswith(b"chunked")
    return any(name == b"content-length" for name, _ in headers)


class _Route(aiohttp.ClientRequest):
    """A request that is never sent: where an address is, worked out once."""

    @cached_property
    def connection_key(self) -> ConnectionKey:
        """Give what the pool keeps connections by."""
        return super().connection_key


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many lines, how long they may take for what, and how often silence is looked for."""

    most: int
    connect: float
    wait: float
    look: float
    idle: float


class Lines:
    """The connections under one configuration, kept between questions."""

    def __init__(self, bounds: Bounds) -> None:
        """Begin with none, on the loop that runs."""
        self._bounds = bounds
        self._loop = asyncio.get_running_loop()
        self._pool = aiohttp.TCPConnector(
            limit=bounds.most, keepalive_timeout=bounds.idle, ttl_dns_cache=DNS_SECONDS
        )
        # There is no setting for how its connections are read.
        self._pool._factory = Line  # type: ignore[assignment]  # noqa: SLF001
        self._times = aiohttp.ClientTimeout(total=None, sock_connect=bounds.connect)
        self._routes: dict[Address, aiohttp.ClientRequest] = {}
        self._out: set[Line] = set()
        self._connecting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._every = max(0.01, min(1.0, bounds.look))
        self._closing: asyncio.Task[None] | None = None
        self.retired = False

    @property
    def busy(self) -> int:
        """Count the lines over which a question is out."""
        return len(self._out) + self._connecting

    async def line(self, address: Address) -> Line:
        """Give a line to an address, a kept one where there is one.

        Raises `NotConnected` or `Crowded`.
        """
        route = self._routes.get(address) or self._route(address)
        is_crowded = self.busy >= self._bounds.most
        self._connecting += 1
        try:
            if is_crowded:
                async with asyncio.timeout(self._bounds.wait):
                    connection = await self._pool.connect(route, [], self._times)
            else:
                connection = await self._pool.connect(route, [], self._times)
        except TimeoutError as error:
            raise (Crowded() if is_crowded else NotConnected(slow=True)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise NotConnected(slow=False) from error
        finally:
            self._connecting -= 1
        line = cast("Line", connection.protocol)
        line.connection = connection
        self._out.add(line)
        if self._timer is None:
            self._timer = self._loop.call_later(self._every, self._look)
        return line

    def _route(self, address: Address) -> aiohttp.ClientRequest:
        """Tell the pool where an address is; it takes that from a request and sends none of it."""
        route = _Route("GET", address.url, loop=self._loop)
        self._routes[address] = route
        return route

    def give_back(self, line: Line) -> None:
        """Keep a line whose answer was taken whole, and end any other."""
        self._out.discard(line)
        if self.retired:
            line.keeps = False
        line.connection.release()
        if self.retired and not self.busy:
            self.close()

    def _look(self) -> None:
        """End what was silent for too long while somebody waited for it."""
        now = self._loop.time()
        for line in list(self._out):
            if line.waits and now - line.heard_at > line.patience:
                line.fail(TimeoutError("the service does not answer"))
        self._timer = self._loop.call_later(self._every, self._look) if self._out else None

    def retire(self) -> None:
        """Keep no line any more; those over which a question is out end with its answer."""
        self.retired = True
        if not self.busy:
            self.close()

    def close(self) -> None:
        """End every line."""
        if self._timer is not None:
            self._timer.cancel()
        self._closing = self._loop.create_task(self._pool.close())
