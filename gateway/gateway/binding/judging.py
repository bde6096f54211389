"""Whether a request shows its token as it must: a bound one with a proof, any other without."""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from gateway.binding.proofs import Asked, NonceWanted, Proof, nonces, proven
from gateway.binding.replays import Replays
from gateway.binding.spending import SpentProofs
from gateway.settings import GatewaySettings
from shared.auth import InvalidToken

SCHEME: Final = b"dpop"
BEARER: Final = b"bearer"
LONGEST_PROOF: Final = 8_192


# The same tokens come again and again; so many of the longest fields are some megabytes.
@lru_cache(maxsize=512)
def shown(authorization: bytes) -> tuple[bytes, str] | None:
    """Give the scheme, in lower case, and the token of a header; None for any other scheme."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() not in (SCHEME, BEARER) or not token or not token.isascii():
        return None
    return scheme.lower(), token.decode("ascii")


class Holders:
    """Judges proofs for one process."""

    def __init__(self, settings: GatewaySettings, spent: SpentProofs | None = None) -> None:
        """Read the origin that proofs are for, and whether they need a nonce.

        `spent` is the list of used proofs that all processes share; without it, this one's counts.
        """
        self._spent = spent
        self._origin = settings.public_origin
        secret = settings.key_secret.get_secret_value()
        self._nonce_secret = secret if settings.dpop_nonce else None
        self._replays = Replays()

    async def judge(
        self, scheme: bytes, token: str, claims: Mapping[str, Any], proof: bytes | None,
        asked: tuple[str, bytes, str],
    ) -> None:  # fmt: skip
        """Judge how a verified token is shown; raise `InvalidToken` or `SpendingUnavailable`.

        A bound token that comes as a bearer was stolen, or its holder has forgotten its key.
        """
        bound = claims.get("cnf")
        if bound is None and scheme == BEARER and proof is None:
            return
        thumbprint = bound.get("jkt") if isinstance(bound, dict) else None
        if thumbprint is None or scheme != SCHEME or proof is None:
            raise InvalidToken("shown in another way than it was given")
        made = self._proven(proof, asked, token)
        if made.thumbprint != thumbprint:
            raise InvalidToken("another key")
        if not self._replays.spend(made, int(time.time())):
            raise InvalidToken("a proof that was used")
        if self._spent is not None and not await self._spent.spend(made):
            raise InvalidToken("a proof that was used elsewhere")

    def _proven(self, proof: bytes, asked: tuple[str, bytes, str], token: str) -> Proof:
        if len(proof) > LONGEST_PROOF or not proof.isascii():
            raise InvalidToken("form")
        method, host, path = asked
        for_this = Asked(method, host.decode("ascii").lower(), path, self._origin)
        now = int(time.time())
        return proven(
            proof.decode("ascii"), for_this, now, token=token, key_secret=self._nonce_secret
        )

    def headers(self, error: InvalidToken) -> list[tuple[bytes, bytes]]:
        """Give what a refused caller must know to try again."""
        if isinstance(error, NonceWanted) and self._nonce_secret is not None:
            nonce, _ = nonces(self._nonce_secret, int(time.time()))
            return [
                (b"www-authenticate", b'DPoP error="use_dpop_nonce", algs="ES256"'),
                (b"dpop-nonce", nonce.encode()),
            ]
        return [(b"www-authenticate", b'DPoP error="invalid_token", algs="ES256"')]
