"""How far each service's feed goes: one task of a process hears it, for whoever wants to know.

What happened is not asked here, only that something did. Nobody is asked while nobody listens.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from shared.client import ServiceClient, Unavailable, Unexpected
from shared.services import FEEDS

WAIT_SECONDS: Final = 20
RETRY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.05
FAR_AHEAD: Final = 2**53

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Heard:
    """How far one feed goes."""

    newest: int | None = None
    """Its last position; None while the service cannot be asked."""
    changes: int = 0
    """Goes up with each of its news, and with each time that it could not be asked."""
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def changed(self, since: int) -> int:
        """Wait until `changes` is another than `since`; give it."""
        while self.changes == since:
            await self._told.wait()
        return self.changes

    def put(self, newest: int | None) -> None:
        """Note how far the feed goes, and wake whoever waits."""
        if newest is not None and newest == self.newest:
            return
        self.newest = newest
        self.changes += 1
        told, self._told = self._told, asyncio.Event()
        told.set()


class Hearing:
    """Follows the feeds for as long as somebody in this process listens."""

    def __init__(self, services: Callable[[], ServiceClient]) -> None:
        """Ask nobody yet."""
        self._services = services
        self._heard = {service: Heard() for service in FEEDS}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._listeners = dict.fromkeys(FEEDS, 0)

    @asynccontextmanager
    async def listening(self, service: str) -> AsyncIterator[Heard]:
        """Listen to a feed; the first who does begins to follow it, the last one ends that."""
        self._listeners[service] += 1
        if service not in self._tasks:
            self._tasks[service] = asyncio.create_task(self._follow(service))
        try:
            yield self._heard[service]
        finally:
            self._listeners[service] -= 1
            if not self._listeners[service]:
                self._tasks.pop(service).cancel()
                # Whoever comes next hears of all that happened meanwhile.
                self._heard[service].newest = None

    async def _follow(self, service: str) -> None:
        heard = self._heard[service]
        while True:
            try:
                newest = await self._ask(service, heard.newest)
            except Exception as error:  # else who listens would wait for ever
                if not isinstance(error, Unavailable | Unexpected):
                    log.exception("feed.unheard", service=service)
                heard.put(None)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            had = heard.newest
            # A service that was put back to an earlier state has news, too.
            heard.put(newest)
            if had is not None and newest <= had:
                # A feed that does not hold on must not be asked without end.
                await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, service: str, newest: int | None) -> int:
        asked = {
            "after": FAR_AHEAD if newest is None else newest,
            "wait": None if newest is None else WAIT_SECONDS,
            "limit": 0,
        }
        answer = await self._services().get(
            service, f"/v1/{service}/events", asked, timeout=WAIT_SECONDS + 10
        )
        return int(answer["last_position"]) if answer else 0
