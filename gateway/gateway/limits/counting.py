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
        minute, into = divmod(at_seconds, WINDOW_SECONDS)
        if minute != self._minute:
            self._turn(int(minute))
        key = (quota.name, quota.key)
        counted = self._now.get(key)
        if counted is None:
            counted = 0
            if len(self._now) >= self._most:
                key = (quota.name, "")
                counted = self._now.get(key, 0)
        before = self._before.get(key, 0) if self._before else 0
        used = counted + int(before * (WINDOW_SECONDS - into) / WINDOW_SECONDS)
        reset = max(1, round(WINDOW_SECONDS - into))
        if used >= quota.limit:
            return Standing(quota, allowed=False, remaining=0, reset_seconds=reset)
        self._now[key] = counted + 1
        return Standing(quota, True, quota.limit - used - 1, reset)  # noqa: FBT003 - allowed

    def _turn(self, minute: int) -> None:
        # Whole minutes are dropped at once: no request pays for clearing another's count.
        self._before = self._now if minute == self._minute + 1 else {}
        self._now = {}
        self._minute = minute
