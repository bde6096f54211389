"""Noticing that a client has left while its service is still at work."""

import asyncio
from typing import Final

from starlette.types import Receive

from gateway.proxy.upstream import Body

# A client that leaves is noticed once its request has taken this long: a watcher for every quick
# request would cost more than the work that it saves.
WATCH_AFTER_SECONDS: Final = 0.25


class Watch:
    """Cancels the exchange of a client that has left, once it is looked after."""

    __slots__ = ("_began", "_body", "_exchange", "_receive", "_task", "client_left")

    def __init__(self, body: Body | None, receive: Receive, began: float) -> None:
        self._body, self._receive = body, receive
        self._began = began
        self._exchange = asyncio.current_task()
        self._task: asyncio.Task[None] | None = None
        self.client_left = False

    def begins(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        """Begin to look after an exchange that takes long."""
        # Two readers would take each other's messages; the body's own reader notices as well.
        old = now - self._began >= WATCH_AFTER_SECONDS
        if old and self._task is None and (self._body is None or self._body.complete):
            self._task = loop.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.client_left = True
        if self._exchange is not None:
            self._exchange.cancel()

    def uncancel(self) -> None:
        """Take the cancellation back once it has done its work."""
        if self._exchange is not None:
            self._exchange.uncancel()

    def stop(self) -> None:
        """End the watch with the exchange."""
        if self._task is not None:
            self._task.cancel()


class Watches:
    """All exchanges that are under way, looked through by one timer instead of one for each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._watches: set[Watch] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, body: Body | None, receive: Receive) -> Watch:
        """Note the exchange of the task that runs; `body` has a reader of its own."""
        loop = asyncio.get_running_loop()
        watch = Watch(body, receive, loop.time())
        self._watches.add(watch)
        if self._timer is None:
            self._timer = loop.call_later(WATCH_AFTER_SECONDS, self._look, loop)
        return watch

    def end(self, watch: Watch) -> None:
        """Forget an exchange that is over."""
        self._watches.discard(watch)
        watch.stop()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for watch in self._watches:
            watch.begins(loop, now)
        again = loop.call_later(WATCH_AFTER_SECONDS, self._look, loop) if self._watches else None
        self._timer = again
