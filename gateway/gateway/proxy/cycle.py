"""One request of a connection and its answer, written with as few calls to the system as it takes.

uvicorn writes head and body apart, and uvloop sends each at once: two packets and two calls for an
answer of a few hundred bytes. Here the head waits for what comes with it in the same turn of the
loop.
"""

import asyncio
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

BODILESS: Final = frozenset({204, 304})
# Fields that say how the answer is framed.
SPOKEN: Final = frozenset({b"content-length", b"transfer-encoding", b"connection"})
CONTROLS: Final = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0D})


class DoorCycle(RequestResponseCycle):
    """uvicorn's cycle, with a head that goes out together with the first of its body."""

    _held: bytes = b""
    # Whoever takes nothing of an answer for so long is let go: he holds a service's connection.
    answer_seconds: float = 30.0

    # uvicorn's own types of an application and its messages are narrower than Starlette's.
    async def run_asgi(self, app: ASGIApp) -> None:  # type: ignore[override]
        """Run the door for this request, and see that its answer is whole or visibly is not."""
        try:
            # As above.
            await app(self.scope, self.receive, self.send)  # type: ignore[arg-type]
        except BaseException:
            self.logger.exception("Exception in ASGI application")
            if self.response_started:
                self._cut()
            else:
                await self.send_500_response()
        else:
            if self.response_complete or self.disconnected:
                return
            if self.response_started:
                self.logger.error("The answer breaks off.")
                self._cut()
            else:
                self.logger.error("There was no answer.")
                await self.send_500_response()
        finally:
            # It would keep the connection's own objects alive in a ring.
            self.on_response = _nothing

    # As above.
    async def send(self, message: Message) -> None:  # type: ignore[override]
        """Take a part of the answer."""
        if self.flow.write_paused and not self.disconnected:
            await self._drained()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started:
            if kind != "http.response.start":
                raise RuntimeError(f"{kind} before the answer's head")
            self.response_started = True
            self.waiting_for_100_continue = False
            self._held = self._head(message["status"], message["headers"])
            if not message.get("follows"):
                # An answer whose body is still to come, such as a stream of events, begins at once.
                asyncio.get_running_loop().call_soon(self._flush)
        elif self.response_complete or kind != "http.response.body":
            raise RuntimeError(f"{kind} where there is no place for it")
        else:
            self._body(message.get("body", b""), more=message.get("more_body", False))

    async def _drained(self) -> None:
        """Wait until the client has taken something; end the connection of one that does not."""
        try:
            async with asyncio.timeout(self.answer_seconds):
                await self.flow.drain()
        except TimeoutError:
            self.logger.warning("The client does not take its answer.")
            # To the application, it has left.
            self.disconnected = True
            self.message_event.set()
            self.transport.abort()

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        lines = [_status(status)]
        closes = False
        for given, value in (*self.default_headers, *headers):
            name = _name(given)
            lines.append(name + b": " + value)
            if name in SPOKEN:
                closes = self._framed_by(name, value) or closes
        if not self.keep_alive and not closes:
            lines.append(b"connection: close")
        bodiless = self.scope["method"] == "HEAD" or status in BODILESS
        if self.chunked_encoding is None and not bodiless:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked")
        head = b"\r\n".join(lines)
        # One look at all values together: none brings a line of its own.
        ends = len(lines) - 1
        if head.count(b"\n") != ends or head.count(b"\r") != ends or _has_controls(head):
            raise RuntimeError("no value of a header field")
        return head + b"\r\n\r\n"

    def _framed_by(self, name: bytes, value: bytes) -> bool:
        """Take what a field says of the answer's framing; tell whether it ends the connection."""
        if name == b"connection":
            closes = b"close" in value.lower()
            self.keep_alive = self.keep_alive and not closes
            return closes
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        return False

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        """Give a part of the body as it goes over the wire."""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            return b""
        if not self.chunked_encoding:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("the answer is longer than it says")
            return body
        data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return data if more else data + b"0\r\n\r\n"

    def _body(self, body: bytes, *, more: bool) -> None:
        data = self._framed(body, more=more)
        if self._held:
            data, self._held = self._held + data, b""
        if data:
            self.transport.write(data)
        if more:
            return
        if self.expected_content_length != 0:
            raise RuntimeError("the answer is shorter than it says")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self.disconnected:
            self.transport.write(held)

    def _cut(self) -> None:
        """End the connection, so that nobody takes what came for a whole answer."""
        self._flush()
        self.transport.close()


@lru_cache(maxsize=128)
def _status(status: int) -> bytes:
    return STATUS_LINE[status][:-2]


@lru_cache(maxsize=512)
def _name(name: bytes) -> bytes:
    if HEADER_RE.search(name) is not None:
        raise RuntimeError("no name of a header field")
    return name.lower()


def _has_controls(head: bytes) -> bool:
    return len(head.translate(None, CONTROLS)) != len(head)


def _nothing() -> None:
    return None
