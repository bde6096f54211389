"""Whether each service answers, for whoever looks at the portal's first page."""

import asyncio
import time
from typing import Final

from shared.client import ServiceClient, Unavailable
from shared.services import FEEDS

# However many look, each service is asked once in so many seconds, and waited for so long.
KEPT_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 1.0


class Standing:
    """Asks every service whether it is ready, and remembers for a moment what they said."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._told: dict[str, bool] = {}
        self._again_at = float("-inf")
        self._asking = asyncio.Lock()

    async def told(self, services: ServiceClient) -> dict[str, bool]:
        """Give each service's name with whether it answers that it is ready."""
        async with self._asking:
            if time.monotonic() >= self._again_at:
                ready = await asyncio.gather(*(_is_ready(services, name) for name in FEEDS))
                self._told = dict(zip(FEEDS, ready, strict=True))
                self._again_at = time.monotonic() + KEPT_SECONDS
        return self._told


async def _is_ready(services: ServiceClient, name: str) -> bool:
    try:
        # Asked without credentials, so that a door that gives out no tokens hides nobody else.
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await services.get(name, "/readyz", headers={}) is not None
    except (Unavailable, TimeoutError):
        return False
