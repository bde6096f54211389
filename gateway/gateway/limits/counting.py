"""The counts of one process; the instant of a steady clock is an argument.

A count slides: the last minute's requests weigh by the part of that minute which is still within
sixty seconds of now.
"""

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
        self._turn(int(at_seconds // WINDOW_SECONDS))
        key = (quota.name, quota.key)
        if key not in self._now and len(self._now) >= self._most:
            key = (quota.name, "")
        into = at_seconds % WINDOW_SECONDS
        weighed = self._before.get(key, 0) * (WINDOW_SECONDS - into) / WINDOW_SECONDS
        used = self._now.get(key, 0) + int(weighed)
        reset = max(1, round(WINDOW_SECONDS - into))
        if used >= quota.limit:
            return Standing(quota, allowed=False, remaining=0, reset_seconds=reset)
        self._now[key] = self._now.get(key, 0) + 1
        return Standing(quota, True, quota.limit - used - 1, reset)  # noqa: FBT003 - allowed

    def _turn(self, minute: int) -> None:
        # Whole minutes are dropped at once: no request pays for clearing another's count.
        if minute == self._minute:
            return
        self._before = self._now if minute == self._minute + 1 else {}
        self._now = {}
        self._minute = minute
