"""How long a service may be silent over a request, by what was asked of it."""

from collections.abc import Mapping
from typing import Final

FEED: Final = "events"
WAITS: Final = "wait="


class Patience:
    """Seconds of silence by route: ordinary ones, feeds that hold on, and what takes its time."""

    def __init__(self, ordinary: float, poll: float, routes: Mapping[str, float]) -> None:
        """Take the settings; a route is the last segment of its path, or `*` and how it ends."""
        self._ordinary = ordinary
        self._poll = poll
        self._named = {name: seconds for name, seconds in routes.items() if name[0] != "*"}
        self._ending = {name[1:]: seconds for name, seconds in routes.items() if name[0] == "*"}
        self._ends = tuple(self._ending)

    def over(self, target: str) -> float:
        """Give the seconds for a target as it is sent: a canonical path, perhaps with a query."""
        path, _, query = target.partition("?")
        last = path.rpartition("/")[2]
        if last == FEED and WAITS in query:
            return self._poll
        named = self._named.get(last)
        if named is not None:
            return named
        if last.endswith(self._ends):
            return max(seconds for end, seconds in self._ending.items() if last.endswith(end))
        return self._ordinary
