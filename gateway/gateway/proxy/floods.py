"""Addresses that ask far above their limit: known early, refused cheaply, slower each time.

Whoever shows a token that was verified a moment ago passes, wherever he asks from: one office has
one address. What is bounded is what an address above its limit can make the door do otherwise:
verify tokens that it makes up, and write answers.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

# Whoever is above a limit hears of it after so long, and after longer the more he goes on.
SLOW_SECONDS: Final = 0.2
MOST_SLOW_SECONDS: Final = 2.0
# Each so many refusals, the wait is as long again as the first one.
STEP: Final = 50
# An address counts as flooding for so long after it was last refused.
HOT_SECONDS: Final = 10.0
# So many tokens that nobody has verified yet are looked at a second, of an address that floods.
GUESSES: Final = 10
# Addresses that are remembered; the one that was refused longest ago makes room.
MOST_ADDRESSES: Final = 10_000


@dataclass(slots=True)
class _Offender:
    refused: int = 0
    last_at: float = 0.0
    second: int = 0
    guesses: int = 0


class Floods:
    """Remembers who was refused for asking too much; instants of a steady clock are arguments."""

    def __init__(self, most: int = MOST_ADDRESSES) -> None:
        """Begin with nobody."""
        self._most = most
        self._offenders: OrderedDict[str, _Offender] = OrderedDict()

    def __len__(self) -> int:
        """Count who is remembered."""
        return len(self._offenders)

    def refused(self, address: str, now: float) -> float:
        """Note that an address was refused; give the seconds after which it is told so."""
        one = self._offenders.get(address)
        if one is None or now - one.last_at > HOT_SECONDS:
            one = self._offenders[address] = _Offender()
        one.refused += 1
        one.last_at = now
        self._offenders.move_to_end(address)
        while len(self._offenders) > self._most:
            self._offenders.popitem(last=False)
        return min(MOST_SLOW_SECONDS, SLOW_SECONDS * (1 + one.refused // STEP))

    def may_guess(self, address: str, now: float) -> bool:
        """Tell whether a token that nobody has verified yet is looked at, of this address."""
        one = self._offenders.get(address)
        if one is None or now - one.last_at > HOT_SECONDS:
            return True
        if one.second != int(now):
            one.second, one.guesses = int(now), 0
        one.guesses += 1
        return one.guesses <= GUESSES
