"""The pool of connections to the services, and one exchange over it.

Bodies stream both ways: a chunk is read when the one before it was taken, so that neither a slow
client nor a slow service makes the gateway hold a body.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiohttp
from starlette.types import Receive
from yarl import URL

from gateway.proxy.health import Health
from gateway.settings import GatewaySettings

# What aiohttp would add by itself; a caller's silence about these is passed on as silence.
UNASKED: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
READ_BUFFER_BYTES: Final = 65_536


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


class Body:
    """A request's body as it arrives, counted against its limit."""

    def __init__(self, receive: Receive, limit: int, idle_seconds: float) -> None:
        """Bind to the connection; nothing is read before the first chunk is asked for."""
        self._receive = receive
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._size = 0
        self.first = b""
        self.complete = False
        self.client_left = False
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
            self.client_left = True
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

    def outgoing(self) -> bytes | AsyncIterator[bytes]:
        """Give the body for one attempt: bytes when it came whole, else its chunks.

        A new iterator for each attempt, since aiohttp closes the one of a failed connect; nothing
        was read from that one.
        """
        return self.first if self.complete else self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        yield self.first
        while not self.complete:
            yield await self.chunk()

    async def until_client_leaves(self) -> None:
        """Return when the client closes its connection; only once the body is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True


class Upstreams:
    """Connections to every service, kept open between requests."""

    def __init__(self, settings: GatewaySettings, services: Iterable[str]) -> None:
        """Read the addresses; connections are made when they are needed."""
        self._settings = settings
        self.addresses = {name: settings.addresses(name) for name in services}
        self._turns = {name: itertools.cycle(range(len(a))) for name, a in self.addresses.items()}
        self._pool: _Pool | None = None
        self._retired: list[_Pool] = []
        self._closing: asyncio.Task[None] | None = None
        self._health = Health()
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the pool."""
        self._pool = _Pool(_session_of(self._settings))
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
        for pool in [self._pool, *self._retired]:
            if pool is not None:
                await pool.session.close()

    async def take(self, settings: GatewaySettings) -> None:
        """Go by new addresses and bounds from the next request on.

        The connections so far are closed once the last exchange over them has ended.
        """
        names = list(self.addresses)
        addresses = {name: settings.addresses(name) for name in names}
        before, self._pool = self._pool, _Pool(_session_of(settings))
        self._settings, self.addresses = settings, addresses
        self._turns = {name: itertools.cycle(range(len(a))) for name, a in addresses.items()}
        self._health = Health()
        if self._looking is not None:
            self._looking.cancel()
        self._begin_looking()
        if before is not None:
            self._retired.append(before)
            await self._close_idle()

    def _begin_looking(self) -> None:
        seconds = self._settings.upstream_check_seconds
        self._looking = asyncio.create_task(self._look(seconds)) if seconds else None

    async def _close_idle(self) -> None:
        idle = [pool for pool in self._retired if not pool.busy]
        self._retired = [pool for pool in self._retired if pool.busy]
        for pool in idle:
            await pool.session.close()

    @contextmanager
    def borrowed(self) -> Iterator["_Pool"]:
        """Lend the pool of now for one exchange, from its question to the end of its answer."""
        pool = self._opened()
        pool.busy += 1
        try:
            yield pool
        finally:
            pool.busy -= 1
            if pool is not self._pool and not pool.busy:
                self._closing = asyncio.create_task(self._close_idle())

    def _opened(self) -> "_Pool":
        if self._pool is None:
            raise RuntimeError("the pool is not open")
        return self._pool

    @property
    def session(self) -> aiohttp.ClientSession:
        """Give the pool, for the gateway's own questions to the services as well."""
        return self._opened().session

    async def ask(
        self,
        service: str,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: Body | None = None,
        pool: "_Pool | None" = None,
    ) -> aiohttp.ClientResponse:
        """Send a request to a service and give its answer's head; raise `Unreachable`.

        Another address, and then the first one once more, is tried only while no byte was sent;
        a read whose kept connection turned out to be closed is sent once more.
        """
        session = self.session if pool is None else pool.session
        addresses = self._health.fit(self._in_turn(service), time.monotonic())
        if not addresses:
            raise Unreachable(service)
        for address in (*addresses, addresses[0]):
            try:
                return await self._tried(session, method, address, target, headers, body)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if body is not None and (body.refused or body.client_left):
                    raise body.refused or ClientLeft from error
                if not _may_repeat(error, method, body):
                    raise Unreachable(service) from error
        raise Unreachable(service)

    async def _tried(
        self,
        session: aiohttp.ClientSession,
        method: str,
        address: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: Body | None,
    ) -> aiohttp.ClientResponse:
        """Ask one address, and remember how it was."""
        self._health.tried(address)
        try:
            answer = await _send(session, method, address + target, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if body is not None and (body.refused or body.client_left):
                self._health.gave_up(address)
            else:
                slow = isinstance(error, TimeoutError)
                self._health.failed(address, time.monotonic(), slow=slow)
            raise
        except BaseException:
            self._health.gave_up(address)
            raise
        self._health.worked(address)
        return answer

    async def _look(self, seconds: float) -> None:
        """Ask every address for ever whether it lives, so that no caller has to find out."""
        addresses = sorted({one for each in self.addresses.values() for one in each})
        timeout = aiohttp.ClientTimeout(total=max(1.0, seconds / 2))
        while True:
            await asyncio.sleep(seconds)
            await asyncio.gather(*(self._ask_after(one, timeout) for one in addresses))

    async def _ask_after(self, address: str, timeout: aiohttp.ClientTimeout) -> None:
        try:
            async with self.session.get(f"{address}/healthz", timeout=timeout) as answer:
                alive = answer.status < 500
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            slow = isinstance(error, TimeoutError)
            self._health.failed(address, time.monotonic(), slow=slow)
            return
        if alive:
            self._health.worked(address)

    def _in_turn(self, service: str) -> list[str]:
        addresses = self.addresses[service]
        if len(addresses) == 1:
            return addresses
        first = next(self._turns[service])
        return addresses[first:] + addresses[:first]


async def _send(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: Body | None,
) -> aiohttp.ClientResponse:
    return await session.request(
        method,
        URL(url, encoded=True),
        headers=headers,
        data=None if body is None else body.outgoing(),
        allow_redirects=False,
    )


@dataclass(slots=True)
class _Pool:
    """Connections under one configuration, and how many exchanges go over them."""

    session: aiohttp.ClientSession
    busy: int = 0


def _session_of(settings: GatewaySettings) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=settings.upstream_connections,
            keepalive_timeout=settings.upstream_idle_seconds,
            ttl_dns_cache=60,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=UNASKED,
        read_bufsize=READ_BUFFER_BYTES,
        timeout=aiohttp.ClientTimeout(
            total=None,
            connect=settings.upstream_wait_seconds,
            sock_connect=settings.upstream_connect_seconds,
            sock_read=settings.upstream_read_seconds,
        ),
    )
    # aiohttp would send a PUT or DELETE again by itself when a kept connection had closed,
    # although the service may have done it already; what may be repeated is decided here.
    session._retry_connection = False  # noqa: SLF001 - there is no setting for it
    return session


def _may_repeat(error: Exception, method: str, body: Body | None) -> bool:
    """Tell whether nothing was sent, or what was sent may be sent twice."""
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return True
    if isinstance(error, TimeoutError):
        return False
    return method in REPEATABLE and body is None
