"""The list of revoked tokens: read from the table each second, signed when somebody asks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from gateway.revocations import queries
from gateway.revocations.queries import Revoked
from shared.auth import AUDIENCE
from shared.auth.revocations import TYPE, Revocations
from shared.database import Sessions

Sign = Callable[[Mapping[str, Any], str], Awaitable[str]]

log = structlog.get_logger(__name__)


class RevocationList:
    """What this process publishes; it also strikes tokens that come through its own door."""

    def __init__(self, sessions: Sessions, sign: Sign, issuer: str, own: Revocations) -> None:
        """Take the verifier's list, which is kept as fresh as the one that is published."""
        self._sessions = sessions
        self._sign = sign
        self._issuer = issuer
        self._own = own
        self._signed: tuple[int, str] = (0, "")

    async def keep(self, seconds: float) -> None:
        """Read the table again for ever; a table that cannot be read shows as a stale list."""
        self._own.follow()
        while True:
            try:
                self._own.take(await self._claims())
            except Exception as error:
                log.warning("revocations.unread", error=type(error).__name__)
            await asyncio.sleep(seconds)

    async def signed(self) -> str:
        """Give the list as a signed statement, made at most once a second."""
        second = int(time.time())
        if self._signed[0] != second:
            claims = await self._claims()
            self._signed = (second, await self._sign(claims, TYPE))
        return self._signed[1]

    async def _claims(self) -> dict[str, Any]:
        rows = await queries.living_revocations(self._sessions, datetime.now(UTC))
        return {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": int(time.time()),
            "tokens": sorted(row.value for row in rows if row.kind == "token"),
            "clients": _latest(rows, "client"),
            "people": _latest(rows, "person"),
        }


def _latest(rows: Sequence[Revoked], kind: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.kind == kind:
            at = int(row.revoked_at.timestamp())
            found[row.value] = max(at, found.get(row.value, 0))
    return found
