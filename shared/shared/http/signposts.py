"""Finding a route without trying each of a hundred, which took a quarter of a request's CPU.

Routes are filed under the first parts of their paths, and only those of one file are tried, in
their own order. What none of them takes (another method, no such path) is left to the framework,
which tries all of them and answers as it always did. Measured in `docs/decisions/hot-paths.md`.
"""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from shared.http.route import UnitOfWorkRoute

# `/v1/ip-ledger/accounts`: nothing, the version, the service, the feature.
PARTS: Final = 4
FOUND: Final = "zhichuang.route"


class Signpost(BaseRoute):
    """Stands before a service's routes, and knows where each path leads."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """File the routes; one with a parameter among its first parts belongs to every file."""
        ours = [route for route in routes if isinstance(route, UnitOfWorkRoute)]
        filed = [(_file(route.path), route) for route in ours]
        self._files: dict[str, list[UnitOfWorkRoute]] = {
            name: [] for name, _ in filed if name is not None
        }
        for name, route in filed:
            for file in self._files if name is None else (name,):
                self._files[file].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Give the first route that takes this request, as trying each of them would."""
        if scope["type"] != "http" or scope.get("root_path"):
            return Match.NONE, {}
        for route in self._files.get(_file(scope["path"]) or "", ()):
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, FOUND: route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go where the sign pointed."""
        route: BaseRoute = scope[FOUND]
        await route.handle(scope, receive, send)


def _file(path: str) -> str | None:
    """Name the file of a path; none where one of its first parts is a parameter."""
    name = "/".join(path.split("/", PARTS)[:PARTS])
    return None if "{" in name else name
