"""Who is counted, against which limit: a program, a person, or an address without a token.

What one process counts is pure: the instant is an argument. A count slides: the last minute's
requests weigh by the part of that minute which is still within sixty seconds of now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WINDOW_SECONDS: Final = 60
# So many callers are told apart within a minute; the rest shares one count, so that a flood of
# invented addresses costs bounded memory.
MOST_KEYS: Final = 100_000
# Signing a token costs a hundred times what a read costs.
TOKENS: Final = "/oauth/token"


@dataclass(frozen=True, slots=True)
class Quotas:
    """Requests a minute; zero means without a limit."""

    client: int
    person: int
    address: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Quota:
    """One count that a request belongs to: its name, whose it is, and how much it allows."""

    name: str
    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after this request: what is left, and in how many seconds it is more."""

    quota: Quota
    allowed: bool
    remaining: int
    reset_seconds: int


def quotas_of(
    path: str, claims: Mapping[str, Any] | None, address: str, quotas: Quotas
) -> list[Quota]:
    """Name the counts of a request; one with a valid token is never counted by its address."""
    if claims is None:
        own = Quota("tokens", address, quotas.tokens) if path == TOKENS else None
        found = [own or Quota("address", address, quotas.address)]
    else:
        found = [
            Quota("client", str(claims["client_id"]), quotas.client),
            Quota("person", str(claims["sub"]), quotas.person),
        ]
    return [quota for quota in found if quota.limit]


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


def tightest(standings: Sequence[Standing]) -> Standing | None:
    """Give the count that matters to the caller: one that refuses, else the one nearest to it."""
    return min(
        standings, key=lambda one: (one.allowed, one.remaining / one.quota.limit), default=None
    )


def header_fields(standing: Standing) -> list[tuple[bytes, bytes]]:
    """Say how a caller stands (`RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi)."""
    quota = standing.quota
    left = f'"{quota.name}";r={standing.remaining};t={standing.reset_seconds}'
    policy = f'"{quota.name}";q={quota.limit};w={WINDOW_SECONDS}'
    return [(b"ratelimit", left.encode()), (b"ratelimit-policy", policy.encode())]
