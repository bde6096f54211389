"""The counts of one process; the instant of a steady clock is an argument.

A count slides: the last minute's requests weigh by the part of that minute which is still within
sixty seconds of now.
"""

from collections.abc import Sequence
from typing import Final

from gateway.limits.rules import WINDOW_SECONDS, Quota, Standing

# So many callers are told apart within a minute; the rest shares one count, so that a flood of
# invented addresses costs bounded memory.
MOST_KEYS: Final = 100_000


class Counts:
    """Counts of the current and the last minute, in this process's memory."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        """Begin with nothing counted."""
        self._most = most_keys
        self._minute = 0
        self._now: dict[tuple[str, str], int] = {}
        self._before: dict[tuple[str, str], int] = {}

    def hit(self, quota: Quota, at_seconds: float) -> Standing:
        """Count a request at an instant of a steady clock; one that is refused is not counted."""
        into = self._into(at_seconds)
        left = self._left(quota, into)
        reset = max(1, round(WINDOW_SECONDS - into))
        return Standing(quota, left >= 0, max(0, left), reset)

    def nearest(self, asked: Sequence[Quota], at_seconds: float) -> Standing:
        """Count a request against each of its quotas; give one that refuses, or the nearest one."""
        into = self._into(at_seconds)
        found, least = asked[0], self._left(asked[0], into)
        for quota in asked[1:]:
            left = self._left(quota, into)
            # As fractions of their limits, without dividing; whatever refuses stays.
            if least >= 0 and (left < 0 or left * found.limit < least * quota.limit):
                found, least = quota, left
        reset = max(1, round(WINDOW_SECONDS - into))
        return Standing(found, least >= 0, max(0, least), reset)

    def _into(self, at_seconds: float) -> float:
        """Give the seconds within the minute, and begin it where it is a new one."""
        minute, into = divmod(at_seconds, WINDOW_SECONDS)
        if minute != self._minute:
            self._turn(int(minute))
        return into

    def _left(self, quota: Quota, into: float) -> int:
        """Count a request; give what is left, less than nothing where it is one too many."""
        key = (quota.name, quota.key)
        counted = self._now.get(key)
        if counted is None:
            counted = 0
            if len(self._now) >= self._most:
                key = (quota.name, "")
                counted = self._now.get(key, 0)
        before = self._before.get(key, 0) if self._before else 0
        used = counted + int(before * (WINDOW_SECONDS - into) / WINDOW_SECONDS)
        if used >= quota.limit:
            return -1
        self._now[key] = counted + 1
        return quota.limit - used - 1

    def _turn(self, minute: int) -> None:
        # Whole minutes are dropped at once: no request pays for clearing another's count.
        self._before = self._now if minute == self._minute + 1 else {}
        self._now = {}
        self._minute = minute
