"""Tokens that end before their time: by their own id, with their program, or with their person.

The gateway signs the whole list (it is short: a token lives ten minutes, and so does its entry),
and holds on to every process that asks until there is another. Real time throughout.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

TYPE: Final = "revocations+jwt"
# Older than this, the list no longer says enough to let officials write.
STALE_SECONDS: Final = 30


class Revocations:
    """The list as this process knows it; empty, and never stale, until somebody follows it."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Begin with an empty list."""
        self._now = now
        self._issued_at = 0
        self._tokens: frozenset[str] = frozenset()
        self._clients: Mapping[str, int] = {}
        self._people: Mapping[str, int] = {}
        self._heard_at: float | None = None

    def follow(self) -> None:
        """Begin to count how long ago the list was heard."""
        self._heard_at = self._now()

    def take(self, claims: Mapping[str, Any]) -> None:
        """Take a verified list; one that is older than the last is passed over."""
        if claims["iat"] < self._issued_at:
            return
        self._issued_at = claims["iat"]
        self._tokens = frozenset(claims["tokens"])
        self._clients = dict(claims["clients"])
        self._people = dict(claims["people"])
        self._heard_at = self._now()

    def strikes(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether a token is revoked; `at` includes the second in which it was issued."""
        issued = claims["iat"]
        return (
            claims["jti"] in self._tokens
            or issued <= self._clients.get(claims["client_id"], -1)
            or issued <= self._people.get(claims["sub"], -1)
        )

    @property
    def stale(self) -> bool:
        """Tell whether the list is followed and was not heard of for more than 30 seconds."""
        return self._heard_at is not None and self._now() - self._heard_at > STALE_SECONDS
