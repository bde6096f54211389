"""The keys of a running gateway: loaded from the database, built once, refreshed on occasion."""

import asyncio
import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jose import jwk, jwt
from jose.backends.base import Key

from gateway import sealing
from gateway.tokens import queries
from gateway.tokens.tables import SigningKey
from shared.auth import ALGORITHM
from shared.database import Sessions, new_id

# A flood of made-up key ids must not become a flood of statements.
RELOAD_SECONDS: Final = 1.0
# A new key is published this long before it signs, except for the very first one.
PUBLISH_BEFORE: Final = timedelta(minutes=2)


class NoKey(Exception):  # noqa: N818 - reads as what it is
    """There is no key that signs now; `python -m gateway.bootstrap` makes the first one."""


def new_signing_key(key_secret: str, now: datetime, active_at: datetime) -> SigningKey:
    """Make an ES256 key pair, its private half sealed."""
    kid = new_id().hex
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(
        kid=kid,
        algorithm=ALGORITHM,
        public_jwk={
            "kty": "EC",
            "crv": "P-256",
            "x": _coordinate(numbers.x),
            "y": _coordinate(numbers.y),
            "kid": kid,
            "alg": ALGORITHM,
            "use": "sig",
        },
        sealed_private=sealing.seal(key_secret, kid, pem),
        created_at=now,
        active_at=active_at,
    )


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs, built once: building it costs a thousand times a signature."""

    kid: str
    key: Key

    def sign(self, claims: Mapping[str, Any], kind: str = "at+jwt") -> str:
        """Sign claims as an access token (RFC 9068), or as a statement of another kind."""
        headers = {"kid": self.kid, "typ": kind}
        return jwt.encode(dict(claims), self.key, algorithm=ALGORITHM, headers=headers)


class KeyRing:
    """The published keys and the signer, as this process knows them."""

    def __init__(self, sessions: Sessions, key_secret: str, refresh_seconds: float) -> None:
        """Nothing is read before the first key is needed."""
        self._sessions = sessions
        self._key_secret = key_secret
        self._refresh_seconds = refresh_seconds
        self._loading = asyncio.Lock()
        self._loaded_at = float("-inf")
        self._published: list[dict[str, Any]] = []
        self._signer: Signer | None = None

    async def published(self) -> dict[str, Any]:
        """Give the key set that is published; somebody missed a key, so look again."""
        await self._load(RELOAD_SECONDS)
        return {"keys": list(self._published)}

    async def signer(self) -> Signer:
        """Give the key that signs now; raise `NoKey`."""
        await self._load(RELOAD_SECONDS if self._signer is None else self._refresh_seconds)
        if self._signer is None:
            raise NoKey
        return self._signer

    async def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """Sign a statement that is no token with the key that signs now; raise `NoKey`."""
        return (await self.signer()).sign(claims, kind)

    def forget(self) -> None:
        """Look again at the next occasion, as after a rotation."""
        self._loaded_at = float("-inf")

    async def _load(self, not_within: float) -> None:
        if time.monotonic() - self._loaded_at < not_within:
            return
        async with self._loading:
            if time.monotonic() - self._loaded_at < not_within:
                return
            async with self._sessions.reading() as session:
                keys = await queries.published_keys(session, datetime.now(UTC))
            self._published = [key.public_jwk for key in keys]
            self._choose(keys)
            self._loaded_at = time.monotonic()

    def _choose(self, keys: list[SigningKey]) -> None:
        now = datetime.now(UTC)
        newest = next((key for key in keys if key.active_at <= now), None)
        if newest is None:
            self._signer = None
        elif self._signer is None or self._signer.kid != newest.kid:
            pem = sealing.unseal(self._key_secret, newest.kid, newest.sealed_private)
            self._signer = Signer(newest.kid, jwk.construct(pem.decode(), ALGORITHM))
