"""Nobody holds all the ways to the services: exchanges under way, by who began them.

What a caller asks a minute is bounded elsewhere; this bounds what he keeps open, as by bodies that
he sends slowly, answers that he takes slowly, and feeds that hold on.
"""

from typing import Final

from prometheus_client import Counter

REFUSED: Final = Counter(
    "gateway_exchanges_refused_total", "Requests beyond what one caller may have under way."
)


class Shares:
    """Counts what is under way by caller; zero bounds nobody."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held: dict[str, int] = {}

    def begins(self, caller: str, most: int) -> bool:
        """Note one more, unless that is one too many."""
        held = self._held.get(caller, 0)
        if most and held >= most:
            REFUSED.inc()
            return False
        self._held[caller] = held + 1
        return True

    def ends(self, caller: str) -> None:
        """Note that one is over."""
        held = self._held[caller] - 1
        if held:
            self._held[caller] = held
        else:
            del self._held[caller]
