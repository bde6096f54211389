"""What happens in a service is heard of here, and what it had answered in public is forgotten."""

import asyncio
from typing import Final

from gateway.hearing import Hearing
from gateway.proxy.caching import PublicCache

SOURCES: Final = ("registry", "evaluation")


async def keep_purging(hearing: Hearing, cache: PublicCache) -> None:
    """Follow the feeds for ever, in each process, since each keeps its own answers."""
    if cache.is_on:
        await asyncio.gather(*(_follow(hearing, cache, service) for service in SOURCES))


async def _follow(hearing: Hearing, cache: PublicCache, service: str) -> None:
    async with hearing.listening(service) as heard:
        # What happened before, and while the service could not be asked, was not heard of.
        seen = heard.changes
        cache.purge(service)
        while True:
            seen = await heard.changed(seen)
            cache.purge(service)
