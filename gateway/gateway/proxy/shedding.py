"""Turning some away before everybody waits: decided by how long work queues, not by how much.

The loop is asked twenty times a second how late it wakes this task: that is how long whatever is
ready waits for its turn. As in CoDel, the least lateness within a window counts, since a burst has
a good moment in every window and a standing queue has none. While there is a standing queue, the
part that is turned away grows step by step, and shrinks again when there is none.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Final

from prometheus_client import Counter, Gauge

TICK_SECONDS: Final = 0.05
WINDOW_TICKS: Final = 10
# Fewer requests than this within a window, or within a rest, cannot stand in a queue: nobody looks.
FEW: Final = 10
REST_SECONDS: Final = 1.0
# In percent of all requests.
STEP: Final = 10
MOST_PERCENT: Final = 90
# Whoever is turned away comes back after this many seconds.
RETRY_SECONDS: Final = 2
# A lateness of one tick as long as this is a stopped machine or a debugger, and no queue.
PAUSE_SECONDS: Final = 5.0
# Asked by whoever decides whether this process lives: never turned away.
ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})

TURNED_AWAY: Final = Counter("gateway_shed_total", "Requests turned away before they queued.")
LATENESS: Final = Gauge("gateway_queue_seconds", "Least lateness of the loop within a window.")


class Shedder:
    """Watches how late the loop is, and says whom to turn away."""

    def __init__(self, most_seconds: float) -> None:
        """Take the standing wait that is too long; zero turns nobody away."""
        self._most = most_seconds
        self._seen: deque[float] = deque(maxlen=WINDOW_TICKS)
        self.percent = 0
        self._owed = 0
        # Requests of this window, and who is woken when they are no longer few.
        self._asked = 0
        self._many = asyncio.Event()
        self._ticks = 0

    async def watch(self) -> None:
        """Measure for ever."""
        while self._most:
            before = time.perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            self.observe(time.perf_counter() - before - TICK_SECONDS)
            await self._rest()

    async def _rest(self) -> None:
        """Wait, after a window of few requests, until there are more of them again."""
        self._ticks += 1
        if self._ticks < WINDOW_TICKS:
            return
        while self._asked < FEW and not self.percent:
            self._asked = 0
            self._many.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(REST_SECONDS):
                    await self._many.wait()
        self._asked = self._ticks = 0

    def observe(self, late: float) -> None:
        """Take one measurement, in seconds."""
        self._seen.append(0.0 if late > PAUSE_SECONDS else max(0.0, late))
        least = min(self._seen) if len(self._seen) == WINDOW_TICKS else 0.0
        LATENESS.set(least)
        if least > self._most:
            self.percent = min(MOST_PERCENT, self.percent + STEP)
        else:
            self.percent = max(0, self.percent - STEP // 2)

    def turns_away(self, path: str) -> bool:
        """Tell whether this request is one of those that are turned away now.

        Spread evenly, and never all: what is let through is how the end of the queue is noticed.
        """
        self._asked += 1
        if self._asked == FEW:
            self._many.set()
        if not self.percent or path in ALWAYS:
            return False
        self._owed += self.percent
        if self._owed < 100:
            return False
        self._owed -= 100
        TURNED_AWAY.inc()
        return True
