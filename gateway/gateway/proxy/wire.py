"""HTTP/1.1 on the wire: uvicorn's protocol, with the bounds and the answers that it lacks.

uvicorn has no limit of time or size on a request's head, answers what it cannot parse in plain
text, and reads a target such as `http://elsewhere/v1/me` as if it named this host.
"""

import asyncio
import re
import sys
from typing import Final, cast
from urllib.parse import unquote
from weakref import WeakSet

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.limits.rules import holder_of
from gateway.proxy.answers import wire_answer
from gateway.proxy.balancers import plain
from gateway.proxy.cycle import DoorCycle
from gateway.proxy.edge import Edge
from gateway.proxy.tracing import new_request_id

# The bounds of an application that brings none of its own.
EDGE: Final = Edge()
# A refused client may still be sending: closing at once would reset the connection, and the
# answer would be lost with it.
LINGER_SECONDS: Final = 2.0
IDLE_LOOK_SECONDS: Final = 1.0
# Smaller pieces of a body wait for the next, or for its end: a body has to come at so many bytes in
# the time that a silent one is waited for.
LEAST_PIECE: Final = 1_024
# A first line that would be one if only its method were known.
REQUEST_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [!-~]+ HTTP/")
VERSIONS: Final = frozenset({"1.0", "1.1"})


class Unacceptable(Exception):  # noqa: N818 - carries its reason out of a parser's callback
    """The head is refused while it is being read."""


class DoorProtocol(HttpToolsProtocol):
    """One connection of a client; start uvicorn with `--http gateway.proxy.wire:DoorProtocol`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock of the first head; a stream has such a transport and no other."""
        super().connection_made(cast("asyncio.Transport", transport))
        edge: Edge = getattr(self.app, "edge", EDGE)
        self._edge = edge
        self._head_bytes = 0
        self._piece = b""
        self._reading_head = False
        self._gone = False
        self._code = "REQUEST_UNREADABLE"
        self._head_timer: asyncio.TimerHandle | None = None
        # When the last answer was complete; nothing while a request is under way.
        self._idle_since: float | None = None
        # Since when the connection is closing, and its client does not take what is left for it.
        self._closing_since: float | None = None
        if self.client:
            # In one spelling, for every request of this connection.
            self.client = (plain(self.client[0]), self.client[1])
        peer = self.client[0] if self.client else ""
        # What its connections are counted under.
        self._address = holder_of(peer)
        _watch_idle(self.server_state, self.loop)
        is_bounded = not edge.balancers.is_one(peer)
        if edge.connections.opened(self._address, is_bounded=is_bounded):
            self._expect_head()
        else:
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock; nobody waits for this head any more."""
        self._forget_head()
        self._gone = True
        self._edge.connections.closed(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, unless the connection was refused and only runs dry."""
        if self._gone:
            return
        self._idle_since = None
        self._head_bytes += len(data)
        self._piece = data
        super().data_received(data)
        if not self._reading_head or self._gone:
            return
        # A head that came whole in one piece never gets here, so that it costs no timer.
        limits = self._edge.limits
        if self._head_bytes > limits.target + limits.head:
            self._refuse("HEADERS_TOO_LARGE" if self.headers else "URI_TOO_LONG")
        elif self._head_timer is None:
            self._expect_head()

    def on_message_begin(self) -> None:
        """Count the head's bytes from here; what came before belongs to another request."""
        super().on_message_begin()
        self._reading_head = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; one behind the body (a trailer) is read by nobody.

        uvicorn would add it to the head that the application already has: a token or a key could
        come in after everything was judged.
        """
        if self._reading_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body; the application hears of it once it is worth waking for.

        Whoever sends byte by byte costs a look at each byte and nothing behind it; as the
        application waits so long for a piece and no longer, a body slower than that is refused.
        """
        cycle = self.cycle
        if cycle.response_complete or (self.parser.should_upgrade() and self._should_upgrade()):
            return
        cycle.body += body
        size = len(cycle.body)
        if size > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        if size >= LEAST_PIECE:
            cycle.message_event.set()

    def on_headers_complete(self) -> None:
        """Let the application have the request, unless its first line already refuses it."""
        self._reading_head = False
        self._forget_head()
        if len(self.url) > self._edge.limits.target:
            self._code = "URI_TOO_LONG"
            raise Unacceptable
        if self.parser.get_http_version() not in VERSIONS or not self._names_this_host():
            raise Unacceptable
        self._begin()

    def _begin(self) -> None:
        """Begin this request's cycle, or queue it behind the one before it on this connection."""
        scope = self.scope
        target = httptools.parse_url(self.url)
        path = target.path.decode("ascii")
        version = self.parser.get_http_version()
        scope["http_version"] = version
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = target.path
        scope["query_string"] = target.query or b""
        before = self.cycle
        cycle = self.cycle = DoorCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        cycle.answer_seconds = self._edge.answer_seconds
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for one: all who wait are under one clock."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._idle_since = self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be parsed with a problem document."""
        del msg  # Says nothing that the parser's error does not.
        unknown = isinstance(sys.exception(), httptools.HttpParserInvalidMethodError)
        is_word = REQUEST_LINE.match(self._piece) is not None
        self._refuse("METHOD_UNKNOWN" if unknown and is_word else self._code)

    def end_idle(self, now: float) -> None:
        """End a connection on which nothing was asked, or taken, for too long."""
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            if now - self._closing_since >= self._edge.answer_seconds:
                self.transport.abort()
            return
        since = self._idle_since
        if since is not None and now - since >= self.timeout_keep_alive:
            self.timeout_keep_alive_handler()

    def _unsupported_upgrade_warning(self) -> None:
        # There is nothing to upgrade to; what follows such a head is not read as a request.
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def _names_this_host(self) -> bool:
        """Tell whether an absolute target names the host that the `Host` field names."""
        if self.url.startswith(b"/"):
            return True
        if not self.url.lower().startswith((b"http://", b"https://")):
            return self.url == b"*"
        authority = self.url.split(b"/", 3)[2]
        hosts = [value for name, value in self.headers if name == b"host"]
        return hosts == [authority]

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(self._edge.head_seconds, self._head_is_late)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._reading_head:
            self._refuse("REQUEST_TIMEOUT")
        elif self.cycle is None:
            self.transport.close()

    def _turn_away(self) -> None:
        """Refuse a connection beyond what its address may hold; of a flood, without a word."""
        if self._edge.connections.hears_why(self._address):
            self._refuse("TOO_MANY_AT_ONCE")
        else:
            self._gone = True
            self.transport.abort()

    def _refuse(self, code: str) -> None:
        """Send a problem document as the last thing on this connection."""
        self._gone = True
        self._forget_head()
        if self.transport.is_closing():
            return
        if self.pipeline or not self._takes_back():
            return
        self.transport.write(wire_answer(code, new_request_id(), self._languages()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _takes_back(self) -> bool:
        """Take a request back that has not been answered yet; tell whether an answer can go out."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return True
        if cycle.response_started or not cycle.more_body:
            # An earlier request's answer comes first, and is the last one on this connection.
            cycle.keep_alive = False
            return False
        # Its own body is what cannot be read: to the application, the client has left.
        cycle.disconnected = True
        cycle.message_event.set()
        return True

    def _languages(self) -> bytes:
        fields: list[tuple[bytes, bytes]] = self.headers or []
        return next((value for name, value in fields if name == b"accept-language"), b"")


# Servers of this process whose connections are under a clock.
_watched: Final[WeakSet[ServerState]] = WeakSet()


def _watch_idle(state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    if state not in _watched:
        _watched.add(state)
        loop.call_later(IDLE_LOOK_SECONDS, _look_at_idle, state, loop)


def _look_at_idle(state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    """End what was idle too long: one look at all, since a timer each cost two calls a request."""
    now = loop.time()
    for connection in list(state.connections):
        if isinstance(connection, DoorProtocol):
            connection.end_idle(now)
    if state.connections:
        loop.call_later(IDLE_LOOK_SECONDS, _look_at_idle, state, loop)
    else:
        _watched.discard(state)
