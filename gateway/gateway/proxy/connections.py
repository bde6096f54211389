"""How many connections each address holds, and how many it may."""

from typing import Final

import structlog
from prometheus_client import Counter, Gauge

log = structlog.get_logger(__name__)

OPEN: Final = Gauge("gateway_connections", "Connections of clients that are open.")
REFUSED: Final = Counter(
    "gateway_connections_refused_total", "Connections beyond what one address may hold."
)
# So many beyond the bound are told why, each for as long as a refusal lingers; the rest is cut.
ANSWERED: Final = 32


class Connections:
    """Counts connections by address; zero bounds nobody."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self.most = most
        self._held: dict[str, int] = {}
        # Addresses that are above the bound, so that the log hears of each once.
        self._above: set[str] = set()

    def opened(self, address: str, *, is_bounded: bool = True) -> bool:
        """Note one more of an address; tell whether it may have it."""
        OPEN.inc()
        held = self._held[address] = self._held.get(address, 0) + 1
        if not self.most or held <= self.most or not is_bounded:
            return True
        REFUSED.inc()
        if address not in self._above:
            self._above.add(address)
            log.warning("connections.too_many", address=address, most=self.most)
        return False

    def hears_why(self, address: str) -> bool:
        """Tell whether one that may not have a connection is still told so."""
        return self._held.get(address, 0) <= self.most + ANSWERED

    def closed(self, address: str) -> None:
        """Note that a connection of an address is gone."""
        OPEN.dec()
        held = self._held.get(address, 0) - 1
        if held > 0:
            self._held[address] = held
        else:
            self._held.pop(address, None)
        if held < self.most:
            self._above.discard(address)
