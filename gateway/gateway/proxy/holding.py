"""Requests that hold on for news at a service, let go when the door is about to close."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode

from gateway.proxy.upstream import Answer

FEED: Final = "/events"


def holds_on(path: str, query: bytes) -> bool:
    """Tell whether a request may be answered much later, for want of news."""
    return path.endswith(FEED) and b"wait=" in query


def without_wait(target: str) -> str:
    """Give the same question, to be answered at once."""
    path, _, query = target.partition("?")
    kept = [
        (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "wait"
    ]
    return f"{path}?{urlencode(kept)}" if kept else path


class Holding:
    """Those who hold on; once the door closes each asks again, and is told how things stand.

    Only the service can say how far its feed goes, so that an empty answer is its own, too.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._asking: set[asyncio.Task[object]] = set()
        self._let_go: set[asyncio.Task[object]] = set()
        self._closing = False

    def close(self) -> None:
        """Let everybody go, and hold nobody from now on."""
        self._closing = True
        self._let_go |= self._asking
        for task in self._asking:
            task.cancel()

    async def ask(self, ask: Callable[[str], Awaitable[Answer]], target: str) -> Answer:
        """Ask a service, and once more without waiting where the door closes meanwhile."""
        task = asyncio.current_task()
        if task is not None and not self._closing:
            self._asking.add(task)
            try:
                return await ask(target)
            except asyncio.CancelledError:
                # The client may have left as well: that cancels it once more.
                if task not in self._let_go or task.uncancel():
                    raise
            finally:
                self._asking.discard(task)
                self._let_go.discard(task)
        return await ask(without_wait(target))
