"""The list of revoked tokens: read when something was revoked, signed when somebody asks."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from gateway.revocations import queries
from gateway.revocations.queries import Revoked
from shared.auth import AUDIENCE
from shared.auth.revocations import TYPE, Revocations
from shared.database import Sessions

Sign = Callable[[Mapping[str, Any], str], Awaitable[str]]

# What is revoked in a flood is read together.
GATHER_SECONDS: Final = 0.1
# Who is too many to be held is answered at once, and asks again in a while.
MOST_HELD: Final = 256

log = structlog.get_logger(__name__)


class RevocationList:
    """What this process publishes; it also strikes tokens that come through its own door."""

    def __init__(self, sessions: Sessions, sign: Sign, issuer: str, own: Revocations) -> None:
        """Take the verifier's list, which is kept as fresh as the one that is published."""
        self._sessions = sessions
        self._sign = sign
        self._issuer = issuer
        self._own = own
        # The second in which the list was signed, the list, and its version.
        self._signed: tuple[int, str, str] = (0, "", "")
        self._version = ""
        self._told = asyncio.Event()
        self._changed = asyncio.Event()
        self._held = 0
        self._stopping = False

    def tell(self) -> None:
        """Say that something was revoked, here or by another gateway."""
        self._told.set()

    def stop(self) -> None:
        """Let go whoever waits: the process is asked to end."""
        self._stopping = True
        self._changed.set()

    async def keep(self, seconds: float) -> None:
        """Read the table whenever something was revoked, and every so many seconds all the same.

        A table that cannot be read shows as a stale list.
        """
        self._own.follow()
        while True:
            self._told.clear()
            try:
                self._own.take(self._seen(await self._claims()))
            except Exception as error:
                log.warning("revocations.unread", error=type(error).__name__)
            await asyncio.sleep(min(GATHER_SECONDS, seconds))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._told.wait()

    async def signed(self, version: str = "", seconds: float = 0.0) -> tuple[str, str]:
        """Give the list as a signed statement, made at most once a second, and its version.

        Who knows a version is held for so many seconds until there is another.
        """
        if version and version == self._version and self._held < MOST_HELD:
            self._held += 1
            try:
                await self._until_changed(version, seconds)
            finally:
                self._held -= 1
        second = int(time.time())
        if self._signed[0] != second or self._signed[2] != self._version:
            claims = self._seen(await self._claims())
            self._signed = (second, await self._sign(claims, TYPE), self._version)
        return self._signed[1], self._signed[2]

    async def _until_changed(self, version: str, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._version == version and not self._stopping:
                    await self._changed.wait()

    def _seen(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Note which version a list is, and wake who waits for another."""
        content = [claims[name] for name in ("tokens", "clients", "people")]
        version = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
        if version != self._version:
            self._version = version
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
        return claims

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
