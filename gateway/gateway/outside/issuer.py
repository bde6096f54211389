"""The outside issuer over the network: its description, its keys, and codes for ID tokens."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.outside.rules import ALGORITHMS, FORM, KEY_ID, Expected, NotTrusted, Said, judged
from gateway.settings import GatewaySettings
from shared.auth import InvalidToken
from shared.auth.jws import distinct_names, header_of

SECONDS: Final = 10.0
MOST_BYTES: Final = 262_144
# The description and the keys are asked for anew after this long; for an unknown key id sooner.
FRESH_SECONDS: Final = 3_600.0
AGAIN_SECONDS: Final = 30.0
LEAST_RSA_BITS: Final = 2_048


@dataclass(frozen=True, slots=True)
class Description:
    """What the issuer says of itself (OpenID Connect Discovery)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Issuer:
    """The one issuer that the operator trusts, as one process knows it."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Read the settings; nothing is asked before somebody signs in there."""
        self._settings = settings
        self.name = settings.oidc_issuer
        self._description: Description | None = None
        self._keys: Mapping[str, RSAKey | ECKey] = {}
        self._described_at = self._keyed_at = float("-inf")
        self._asking = asyncio.Lock()

    async def address(self, state: str, nonce: str, verifier: str, back: str) -> str:
        """Give where a browser is sent; raise `NotTrusted`."""
        described = await self._described()
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": back,
            "scope": self._settings.oidc_scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in described.authorization_endpoint else "?"
        return f"{described.authorization_endpoint}{joint}{urlencode(asked)}"

    async def redeem(self, code: str, nonce: str, verifier: str, back: str) -> tuple[Said, str]:
        """Give whom a code stands for, and the ID token that says so; raise `NotTrusted`."""
        described = await self._described()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "code_verifier": verifier, "client_id": self._settings.oidc_client_id,
        }  # fmt: skip
        secret = self._settings.oidc_client_secret.get_secret_value()
        auth = httpx.BasicAuth(self._settings.oidc_client_id, secret) if secret else None
        told = await self._ask("POST", described.token_endpoint, data=form, auth=auth)
        text = told.get("id_token")
        if not isinstance(text, str):
            raise NotTrusted("no ID token")
        expected = Expected(
            self.name, self._settings.oidc_client_id, nonce, self._settings.oidc_uscc_claim
        )
        return judged(await self._signed(text), expected, int(time.time())), text

    async def _signed(self, text: str) -> Mapping[str, Any]:
        """Give the claims under a good signature of one of the issuer's keys."""
        if FORM.fullmatch(text) is None:
            raise NotTrusted("form")
        try:
            header = header_of(text)
        except InvalidToken:
            raise NotTrusted("header") from None
        algorithm, key_id = str(header.get("alg")), header.get("kid")
        fit = {"alg", "kid"} <= set(header) <= {"alg", "kid", "typ"}
        if not fit or algorithm not in ALGORITHMS or header.get("typ", "JWT") != "JWT":
            raise NotTrusted("header")
        if not isinstance(key_id, str) or KEY_ID.fullmatch(key_id) is None:
            raise NotTrusted("key id")
        key = await self._key(key_id)
        if key.key_type != ALGORITHMS[algorithm]:
            raise NotTrusted("a key of another kind")
        try:
            jws.deserialize_compact(text, key, algorithms=[algorithm])
            return distinct_names(text.split(".")[1])
        except (JoseError, InvalidToken, ValueError, RecursionError) as error:
            raise NotTrusted("signature") from error

    async def _described(self) -> Description:
        if time.monotonic() - self._described_at < FRESH_SECONDS and self._description is not None:
            return self._description
        async with self._asking:
            if time.monotonic() - self._described_at >= FRESH_SECONDS:
                address = f"{self.name.rstrip('/')}/.well-known/openid-configuration"
                told = await self._ask("GET", address)
                self._description = self._judged(told)
                self._described_at = time.monotonic()
        if self._description is None:
            raise NotTrusted("not described")
        return self._description

    def _judged(self, told: Mapping[str, Any]) -> Description:
        if told.get("issuer") != self.name:
            # Whoever answers there speaks for somebody else (Discovery 4.3).
            raise NotTrusted("describes another issuer")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        found = [told.get(name) for name in names]
        if not all(isinstance(one, str) and self._is_fit(one) for one in found):
            raise NotTrusted("addresses")
        return Description(*(str(one) for one in found))

    def _is_fit(self, address: str) -> bool:
        schemes = {"https", "http"} if self._settings.sandbox else {"https"}
        return urlsplit(address).scheme in schemes

    async def _key(self, key_id: str) -> RSAKey | ECKey:
        if self._wants_keys(key_id):
            # One asks, however many came with unknown key ids; the others wait for its answer.
            async with self._asking:
                described = self._description
                if self._wants_keys(key_id) and described is not None:
                    self._keyed_at = time.monotonic()
                    self._keys = _keys_in(await self._ask("GET", described.jwks_uri))
        if key_id not in self._keys:
            raise NotTrusted("unknown key")
        return self._keys[key_id]

    def _wants_keys(self, key_id: str) -> bool:
        age = time.monotonic() - self._keyed_at
        return age >= FRESH_SECONDS or (key_id not in self._keys and age >= AGAIN_SECONDS)

    async def _ask(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 - httpx's words
        try:
            async with (
                asyncio.timeout(SECONDS),
                _client() as client,
                client.stream(method, address, **more) as answer,
            ):
                content = b""
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > MOST_BYTES:
                        raise NotTrusted("too long an answer")
                told = json.loads(content) if answer.status_code == 200 else None
        except (httpx.HTTPError, OSError, ValueError, RecursionError) as error:
            raise NotTrusted(f"no answer ({type(error).__name__})") from error
        if not isinstance(told, dict):
            raise NotTrusted("no answer of its kind")
        return told


def _client() -> httpx.AsyncClient:
    """Make a client for one question; people sign in rarely enough for that."""
    return httpx.AsyncClient(
        timeout=SECONDS, follow_redirects=False, trust_env=False,
        headers={"User-Agent": "zhichuang/1", "Accept": "application/json"},
    )  # fmt: skip


def _keys_in(told: Mapping[str, Any]) -> Mapping[str, RSAKey | ECKey]:
    """Read the keys that verify; what is of another kind, or too weak, is passed over."""
    found: dict[str, RSAKey | ECKey] = {}
    entries = told.get("keys")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        key_id = entry.get("kid")
        try:
            key = _key_in(entry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if key is not None and isinstance(key_id, str):
            found[key_id] = key
    return found


def _key_in(entry: dict[str, Any]) -> RSAKey | ECKey | None:
    if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
        return ECKey.import_key(entry)
    if entry.get("kty") == "RSA":
        key = RSAKey.import_key(entry)
        return key if key.public_key.key_size >= LEAST_RSA_BITS else None
    return None
