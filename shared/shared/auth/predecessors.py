"""For whom an organization acts besides itself: those in whose place it stands."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from shared.auth.actor import Actor

# An organization that calls is remembered; so many are more than call within the time.
MOST_REMEMBERED: Final = 10_000

Ask = Callable[[UUID], Awaitable[frozenset[UUID]]]


@dataclass(slots=True)
class Predecessors:
    """Asks the service's own register, and remembers the answer for some seconds.

    Successions are few and calls are many: a look for each call would cost a fifth of a short
    read. A succession is followed within `seconds`, as a revoked token is; zero asks each time.
    """

    ask: Ask
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _known: dict[UUID, tuple[float, frozenset[UUID]]] = field(default_factory=dict)

    async def of(self, org_id: UUID) -> frozenset[UUID]:
        """Give the organizations in whose place this one stands."""
        until, known = self._known.get(org_id, (0.0, frozenset()))
        now = self.clock()
        if now < until:
            return known
        answer = await self.ask(org_id)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[org_id] = (now + self.seconds, answer)
        return answer

    async def completed(self, actor: Actor) -> Actor:
        """Give the actor with the organizations that its own succeeded."""
        if actor.org_id is None:
            return actor
        return replace(actor, predecessor_ids=await self.of(actor.org_id))
