"""Noticing that a client has left while its service is still at work."""

import asyncio
from typing import Final

from gateway.proxy.upstream import Body

# A client that leaves is noticed once its request has taken this long: a watcher for every quick
# request would cost more than the work that it saves.
WATCH_AFTER_SECONDS: Final = 0.25


class Watch:
    """Cancels the exchange of a client that has left, from a quarter of a second on."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._exchange = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(WATCH_AFTER_SECONDS, self._look)
        self._task: asyncio.Task[None] | None = None

    def _look(self) -> None:
        if not self._body.complete:
            # Two readers would take each other's messages; the body's own reader notices as well.
            self._timer = self._loop.call_later(WATCH_AFTER_SECONDS, self._look)
            return
        self._task = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        await self._body.until_client_leaves()
        if self._exchange is not None:
            self._exchange.cancel()

    def uncancel(self) -> None:
        """Take the cancellation back once it has done its work."""
        if self._exchange is not None:
            self._exchange.uncancel()

    def stop(self) -> None:
        """End the watch with the exchange."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
