"""What happens in a service is heard of here, and what it had answered in public is forgotten."""

import asyncio
from typing import Final

from gateway.proxy.caching import PublicCache
from shared.client import ServiceClient, Unavailable

SOURCES: Final = ("registry", "evaluation")
WAIT_SECONDS: Final = 20
RETRY_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.05
FAR_AHEAD: Final = 2**53


async def keep_purging(services: ServiceClient, cache: PublicCache) -> None:
    """Follow the feeds for ever, in each process, since each keeps its own answers."""
    if cache.is_on:
        await asyncio.gather(*(_follow(services, cache, service) for service in SOURCES))


async def _follow(services: ServiceClient, cache: PublicCache, service: str) -> None:
    seen: int | None = None
    while True:
        try:
            seen = await _next(services, cache, service, seen)
        except Unavailable:
            # What happens meanwhile is not heard of: begin anew, and keep nothing from before.
            seen = None
            cache.purge(service)
            await asyncio.sleep(RETRY_SECONDS)


async def _next(services: ServiceClient, cache: PublicCache, service: str, seen: int | None) -> int:
    asked = {
        "after": FAR_AHEAD if seen is None else seen,
        "wait": None if seen is None else WAIT_SECONDS,
        # Nothing of what happened matters here, only that something did.
        "limit": 0,
    }
    answer = await services.get(service, f"/v1/{service}/events", asked, timeout=WAIT_SECONDS + 10)
    newest = int(answer["last_position"]) if answer else 0
    if seen is None or newest > seen:
        cache.purge(service)
    else:
        # A feed that does not hold on must not be asked without end.
        await asyncio.sleep(PAUSE_SECONDS)
    return newest
