"""Which proofs were used in this process, for as long as they could pass again."""

import heapq
from typing import Final

from gateway.binding.proofs import Proof

# Proofs of one window from all callers; one that does not fit is refused, and none is forgotten.
MOST_PROOFS: Final = 200_000
# Of one key, so that one caller does not use up everybody's room.
MOST_OF_A_KEY: Final = 50_000


class Replays:
    """Remembers used proofs, up to a bound."""

    def __init__(self, most: int = MOST_PROOFS, most_of_a_key: int = MOST_OF_A_KEY) -> None:
        """Begin with none."""
        self._most = most
        self._most_of_a_key = most_of_a_key
        self._used: set[bytes] = set()
        self._order: list[tuple[int, bytes, str]] = []
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._used)

    def spend(self, proof: Proof, now: int) -> bool:
        """Remember a proof; tell whether this is its first use, and there was room for it."""
        while self._order and self._order[0][0] <= now:
            _, digest, key = heapq.heappop(self._order)
            self._used.discard(digest)
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
        held = self._held.get(proof.thumbprint, 0)
        full = len(self._used) >= self._most or held >= self._most_of_a_key
        if proof.digest in self._used or full:
            return False
        self._used.add(proof.digest)
        self._held[proof.thumbprint] = held + 1
        heapq.heappush(self._order, (proof.over_at + 1, proof.digest, proof.thumbprint))
        return True
