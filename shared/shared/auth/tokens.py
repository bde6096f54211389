"""One strict wrapper around python-jose: what it lets through, it has judged itself.

The library ignores `kid` and `crit`, takes tokens without `exp` or `aud`, takes padded and
non-canonical signatures, and throws errors of other kinds before it looks at a signature. So form
and header are judged first, the key is chosen here, and the claims' types are judged afterwards.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from jose import jwk
from jose.backends.base import Key

from shared.auth.actor import DUTIES, ROLES
from shared.auth.jws import ALGORITHM, KEY_ID, InvalidToken, header_of, signed_claims
from shared.auth.revocations import Revocations

AUDIENCE: Final = "zhichuang"
TYPE: Final = "at+jwt"
LEEWAY_SECONDS: Final = 60
MAX_LIFE_SECONDS: Final = 3600
MAX_TOKEN_BYTES: Final = 8192
# A stranger who sends made-up key ids must not make every process fetch keys for each of them.
REFETCH_SECONDS: Final = 30
# Where keys cannot be fetched at all, the next stranger does not ask again at once.
RETRY_SECONDS: Final = 1
CACHED_TOKENS: Final = 50_000
CACHE_SECONDS: Final = 60

# 64 bytes of ES256 signature are 86 characters; the last one carries four bits of value only.
FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,6144}\.[A-Za-z0-9_-]{85}[AQgw]")
# A signed list of ours may be longer than a token: some thousand entries.
STATEMENT: Final = re.compile(
    r"[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,524288}\.[A-Za-z0-9_-]{85}[AQgw]"
)
HEADER_NAMES: Final = frozenset({"alg", "typ", "kid"})

FetchKeys = Callable[[], Awaitable[Mapping[str, Any]]]


class KeysUnavailable(Exception):  # noqa: N818 - reads as what it is
    """No key could be fetched, so that no token can be judged at all."""


class TokenVerifier:
    """Verifies access tokens against the gateway's published keys (X01).

    `fetch_keys` gives a JWKS document; it is asked at the first token and again for an unknown
    key id, at most every 30 seconds.
    """

    def __init__(
        self, issuer: str, fetch_keys: FetchKeys, now: Callable[[], float] = time.time
    ) -> None:
        """Bind to an issuer; `now` is real time, since tokens never follow the programme clock."""
        self._issuer = issuer
        self._fetch_keys = fetch_keys
        self._now = now
        self._keys: dict[str, Key] = {}
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._cache: OrderedDict[bytes, tuple[float, Mapping[str, Any]]] = OrderedDict()
        self.revocations = Revocations(now)

    async def verify(self, token: str) -> Mapping[str, Any]:
        """Give the claims of a good token; raise `InvalidToken` or `KeysUnavailable`."""
        digest = _digest(token)
        kept = self._cache.get(digest)
        if kept is not None and self._now() < kept[0]:
            claims = kept[1]
        else:
            claims = self._judge(token, await self._key_of(_key_id(token)))
            self._keep(digest, claims)
        if self.revocations.strikes(claims):
            raise InvalidToken("revoked")
        return claims

    def knows(self, token: str) -> bool:
        """Tell whether a token was verified within the last minute."""
        kept = self._cache.get(_digest(token))
        return kept is not None and self._now() < kept[0]

    async def statement(self, text: str, kind: str) -> Mapping[str, Any]:
        """Give what the gateway says in a signed statement of a kind (`typ`), such as a list.

        Raises `InvalidToken` or `KeysUnavailable`. A token is never a statement, nor the other
        way round: their types differ.
        """
        if STATEMENT.fullmatch(text) is None:
            raise InvalidToken("form")
        key = await self._key_of(_key_id_of_header(text, kind))
        claims = self._signed(text, key)
        if type(claims.get("iat")) is not int:
            raise InvalidToken("times")
        return claims

    def forget(self) -> None:
        """Drop every kept verdict and key, as after a revocation or a rotation."""
        self._cache.clear()
        self._keys.clear()
        self._fetched_at = float("-inf")

    def _keep(self, digest: bytes, claims: Mapping[str, Any]) -> None:
        until = min(self._now() + CACHE_SECONDS, claims["exp"] + LEEWAY_SECONDS)
        self._cache[digest] = (until, claims)
        self._cache.move_to_end(digest)
        if len(self._cache) > CACHED_TOKENS:
            self._cache.popitem(last=False)

    async def _key_of(self, key_id: str) -> Key:
        if key_id not in self._keys and self._may_fetch():
            # One asks, however many unknown key ids came at once; the others wait for its answer.
            async with self._fetching:
                if key_id not in self._keys and self._may_fetch():
                    await self._load_keys()
        if key_id not in self._keys:
            if self._failed_at > self._fetched_at:
                # It may be a key of ours that could not be fetched.
                raise KeysUnavailable
            raise InvalidToken("unknown key")
        return self._keys[key_id]

    def _may_fetch(self) -> bool:
        now = self._now()
        return now - self._fetched_at >= REFETCH_SECONDS and now - self._failed_at >= RETRY_SECONDS

    async def _load_keys(self) -> None:
        try:
            document = await self._fetch_keys()
            self._keys = {entry["kid"]: _build(entry) for entry in document["keys"]}
        except Exception as error:
            self._failed_at = self._now()
            raise KeysUnavailable from error
        self._fetched_at = self._now()

    def _judge(self, token: str, key: Key) -> Mapping[str, Any]:
        claims = self._signed(token, key, "sub", "jti", "exp")
        _judge_claims(claims, self._now())
        return claims

    def _signed(self, token: str, key: Key, *required: str) -> Mapping[str, Any]:
        return signed_claims(
            token,
            key,
            issuer=self._issuer,
            audience=AUDIENCE,
            required=("iat", "aud", "iss", *required),
        )


def _build(entry: Mapping[str, Any]) -> Key:
    if entry.get("kty") != "EC" or entry.get("crv") != "P-256":
        raise KeysUnavailable("a key of another kind is published")
    return jwk.construct(dict(entry), ALGORITHM)


def _key_id(token: str) -> str:
    """Judge form and header before the library sees the token; give the key id."""
    if len(token) > MAX_TOKEN_BYTES or FORM.fullmatch(token) is None:
        raise InvalidToken("form")
    return _key_id_of_header(token, TYPE)


def _key_id_of_header(token: str, kind: str) -> str:
    header = header_of(token)
    if set(header) != HEADER_NAMES or header["alg"] != ALGORITHM or header["typ"] != kind:
        raise InvalidToken("header")
    key_id = header["kid"]
    if not isinstance(key_id, str) or KEY_ID.fullmatch(key_id) is None:
        raise InvalidToken("key id")
    return key_id


def _judge_claims(claims: Mapping[str, Any], now: float) -> None:
    times = [claims.get(name) for name in ("exp", "nbf", "iat")]
    if any(type(value) is not int for value in times):
        raise InvalidToken("times")
    expires, not_before, issued = (int(value) for value in times if value is not None)
    if now >= expires + LEEWAY_SECONDS or not_before > now + LEEWAY_SECONDS:
        raise InvalidToken("expired or not yet valid")
    if issued > now + LEEWAY_SECONDS or not 0 < expires - issued <= MAX_LIFE_SECONDS:
        raise InvalidToken("life")
    if claims.get("aud") != AUDIENCE:
        raise InvalidToken("audience")
    _judge_identity(claims)


def _judge_identity(claims: Mapping[str, Any]) -> None:
    for name in ("sub", "org_id", "expert_id"):
        value = claims.get(name)
        if value is None and name != "sub":
            continue
        if not isinstance(value, str) or not _is_uuid(value):
            raise InvalidToken(name)
    if not all(isinstance(claims.get(name), str) and claims[name] for name in ("jti", "client_id")):
        raise InvalidToken("jti or client_id")
    for name, known in (("roles", ROLES), ("duties", DUTIES), ("scopes", None)):
        words = claims.get(name)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise InvalidToken(name)
        if known is not None and not known.issuperset(words):
            raise InvalidToken(name)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


# A caller shows one token for ten minutes.
@lru_cache(maxsize=512)
def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
