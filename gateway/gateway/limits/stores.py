"""Where counts are kept: in this process, or in Valkey for all processes together.

Both slide over a minute in the same way, and one suite of tests holds for both. In one process the
house's own counts cost a sixth of the library's; between processes the library does it.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Protocol

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from gateway.limits.counting import Counts
from gateway.limits.rules import Quota, Standing

log = structlog.get_logger(__name__)

# Longer than a count takes on any network here; a store that is away must not slow the door.
ANSWER_SECONDS: Final = 0.25
AWAY_SECONDS: Final = 5.0
PREFIX: Final = "zhichuang"


class Store(Protocol):
    """Counts requests for this process or for all."""

    async def hit(self, asked: Sequence[Quota]) -> list[Standing]:
        """Count a request against each of its quotas; one that is refused is not counted."""


class MemoryStore:
    """Counts of this process alone."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._counts = Counts()

    async def hit(self, asked: Sequence[Quota]) -> list[Standing]:
        """Count a request against each of its quotas."""
        now = time.monotonic()
        return [self._counts.hit(quota, now) for quota in asked]

    def nearest(self, asked: Sequence[Quota]) -> Standing | None:
        """Count a request against each of its quotas; give the one that matters to the caller."""
        return self._counts.nearest(asked, time.monotonic()) if asked else None


class ValkeyStore:
    """Counts of all processes together; while the store is away, each counts for itself."""

    def __init__(self, address: str) -> None:
        """Take an address such as `valkey://cache:6379/0`; nothing is connected yet."""
        storage = storage_from_string(
            f"async+{address}",
            implementation="valkey",
            key_prefix=PREFIX,
            wrap_exceptions=True,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._alone = MemoryStore()
        self._away_until = float("-inf")

    async def hit(self, asked: Sequence[Quota]) -> list[Standing]:
        """Count a request against each of its quotas, together with every other process."""
        if time.monotonic() < self._away_until:
            return await self._alone.hit(asked)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return list(await asyncio.gather(*(self._one(quota) for quota in asked)))
        except (StorageError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("limits.store_away", error=type(error).__name__)
            return await self._alone.hit(asked)

    async def _one(self, quota: Quota) -> Standing:
        item = RateLimitItemPerMinute(quota.limit)
        allowed = await self._limiter.hit(item, quota.name, quota.key)
        left = await self._limiter.get_window_stats(item, quota.name, quota.key)
        reset = max(1, round(left.reset_time - time.time()))
        return Standing(quota, allowed, left.remaining if allowed else 0, reset)


def store_of(address: str) -> Store:
    """Give the store that a setting names; an empty one is this process's memory."""
    return ValkeyStore(address) if address else MemoryStore()
