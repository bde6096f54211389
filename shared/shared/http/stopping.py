"""Hearing at once that the server was asked to stop.

uvicorn lets requests under way end before it tells the application anything; those that hold on
for news would not end before their time, and would be cut off with a traceback each.
"""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from uvicorn import Server
from uvicorn.server import HANDLED_SIGNALS


class _Heard:
    """What a signal does: first the server's own, then what the application wants to hear of."""

    def __init__(self, first: Callable[[int, FrameType | None], Any]) -> None:
        self._first = first
        self._loop = asyncio.get_running_loop()
        self.told: list[Callable[[], None]] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._first(number, frame)
        for tell in self.told:
            self._loop.call_soon_threadsafe(tell)


def when_asked_to_stop(tell: Callable[[], None]) -> None:
    """Call `tell` on the running loop when uvicorn is asked to stop; elsewhere, as in tests, never.

    uvicorn puts back whatever heard the signals before it.
    """
    for number in HANDLED_SIGNALS:
        heard = signal.getsignal(number)
        if isinstance(getattr(heard, "__self__", None), Server):
            heard = _Heard(heard)  # type: ignore[arg-type]  # a bound method of the server
            signal.signal(number, heard)
        if isinstance(heard, _Heard):
            heard.told.append(tell)
