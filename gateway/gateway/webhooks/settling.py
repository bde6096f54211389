"""What became of each try, written down for many at once."""

import asyncio
import heapq
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from gateway.webhooks import actions
from gateway.webhooks.actions import Outcome, Tried
from shared.database import Sessions

# Outcomes of this time are written together, and not more than so many.
GATHER_SECONDS: Final = 0.02
MOST: Final = 1000

Waiting = tuple[Tried, asyncio.Future[None]]


class Settling:
    """Gathers outcomes and writes them, each batch in one transaction."""

    def __init__(self, sessions: Sessions, schedule: Sequence[int], most_failures: int) -> None:
        """Bind to the database and to the rules of trying again."""
        self._sessions = sessions
        self._schedule = schedule
        self._most_failures = most_failures
        self._waiting: list[Waiting] = []
        self._some = asyncio.Event()
        # When which subscription tries something again, by this process's own clock.
        self._retries: list[tuple[float, UUID]] = []

    def put(self, webhook_id: UUID, attempts: int, outcome: Outcome) -> asyncio.Future[None]:
        """Let an outcome be written; the future ends once it is, or with what went wrong."""
        jitter = random.randint(-1_000_000, 1_000_000)  # noqa: S311 - spreads retries, no secret
        tried = actions.tried(webhook_id, attempts, outcome, self._schedule, jitter)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Only the last of a lane is waited for: the others' failure is the same one.
        written.add_done_callback(_seen)
        self._waiting.append((tried, written))
        self._some.set()
        return written

    def next_retry(self) -> float | None:
        """Tell when the next try is due, by the monotonic clock."""
        return self._retries[0][0] if self._retries else None

    def due_retries(self) -> set[UUID]:
        """Give the subscriptions whose next try is due, and forget that they are."""
        due = set()
        while self._retries and self._retries[0][0] <= time.monotonic():
            due.add(heapq.heappop(self._retries)[1])
        return due

    async def run(self) -> None:
        """Write until cancelled; what could not be written is its lane's to send again."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if not self._waiting:
                self._some.clear()
            await self._write(batch)

    async def _write(self, batch: Sequence[Waiting]) -> None:
        try:
            async with self._sessions.begin() as session:
                await actions.settle(session, [tried for tried, _ in batch], self._most_failures)
        except Exception as error:
            for _, written in batch:
                written.set_exception(error)
            return
        now = datetime.now(UTC)
        for tried, written in batch:
            if tried.next_at is not None:
                wait = (tried.next_at - now).total_seconds()
                heapq.heappush(self._retries, (time.monotonic() + wait, tried.webhook_id))
            written.set_result(None)


def _seen(written: asyncio.Future[None]) -> None:
    if not written.cancelled():
        written.exception()
