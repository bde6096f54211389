"""A wire that can be slow, silent or cut: a proxy that passes bytes on between two parties."""

import asyncio
import contextlib
import socket
import threading
from pathlib import Path

CHUNK = 65_536
# What a server's keepalive needs to learn that nobody is there any more.
KEEPALIVE_SECONDS = 5.0


class Wire:
    """Passes every connection on to `target`, a socket's path or (host, port), and can misbehave.

    Runs on a thread of its own. What is asked of it holds from the next chunk of bytes on.
    """

    def __init__(self, target: Path | tuple[str, int], at: Path | None = None) -> None:
        """Listen at a path, or on a free port."""
        self.delay_seconds = 0.0
        self._target = target
        self._silent = False
        self._lines: set[Line] = set()
        if at is None:
            self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        else:
            self._listening = socket.socket(socket.AF_UNIX)
            self._listening.bind(str(at))
            self._listening.listen(256)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    @property
    def port(self) -> int:
        """Where it listens, unless at a path."""
        return int(self._listening.getsockname()[1])

    def go_silent(self) -> None:
        """Take every byte and every new connection, pass nothing on, and close nothing."""
        self._silent = True
        for line in self._lines:
            line.deaf = True

    def speak_again(self) -> None:
        """Pass new connections on; what stood during the silence stays half-open for ever."""
        self._silent = False

    def close(self) -> None:
        """Close everything."""

        async def ended() -> None:
            self._server.close()
            for line in list(self._lines):
                line.close()
            others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(ended(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _listen(self) -> asyncio.Server:
        make = (
            asyncio.start_server if isinstance(self._target, tuple) else asyncio.start_unix_server
        )
        return await make(self._serve, sock=self._listening)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(deaf=self._silent)
        line.writers.append(writer)
        self._lines.add(line)
        try:
            await self._join(line, reader, writer)
        except OSError:
            pass
        finally:
            line.close()
            self._lines.discard(line)

    async def _join(
        self, line: "Line", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if line.deaf:
            while await reader.read(CHUNK):
                pass
            return
        if isinstance(self._target, tuple):
            back, forth = await asyncio.open_connection(*self._target)
        else:
            back, forth = await asyncio.open_unix_connection(self._target)
        line.writers.append(forth)
        asking = asyncio.ensure_future(self._pass(line, reader, forth))
        answering = asyncio.ensure_future(self._pass(line, back, writer))
        await asyncio.wait([asking, answering], return_when=asyncio.FIRST_COMPLETED)
        if line.deaf:
            # The end of one side is not heard of by the other, until keepalive misses it.
            await asyncio.wait([asking])
            await asyncio.sleep(KEEPALIVE_SECONDS)
        for one in (asking, answering):
            one.cancel()

    async def _pass(
        self, line: "Line", source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                if not line.deaf:
                    target.write(data)
                    await target.drain()


class Line:
    """One connection through the wire."""

    def __init__(self, *, deaf: bool) -> None:
        """Begin; a deaf line swallows what comes from either side."""
        self.deaf = deaf
        self.writers: list[asyncio.StreamWriter] = []

    def close(self) -> None:
        """Let both sides know that it is over."""
        for writer in self.writers:
            writer.close()
