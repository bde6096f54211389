"""One proof of possession, judged from its bytes: form, key, signature, and what it is for.

As strict as the wrapper around access tokens: one algorithm, one kind of key, every name once, and
nothing in the header that is not asked for.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from shared.auth import InvalidToken
from shared.auth.jws import ALGORITHM, decoded, distinct_names, header_of

TYPE: Final = "dpop+jwt"
FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,3072}\.[A-Za-z0-9_-]{85}[AQgw]")
COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
JTI: Final = re.compile(r"[!-~]{8,128}")
KEY_NAMES: Final = frozenset({"kty", "crv", "x", "y"})
# A proof is made for one request: it may be a minute old, and its clock a little ahead.
MOST_AGE_SECONDS: Final = 60
AHEAD_SECONDS: Final = 5
NONCE_SECONDS: Final = 60
PORTS: Final = {"http": 80, "https": 443}


class NonceWanted(InvalidToken):
    """The proof stands, but must bear a nonce of the door's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a proof has to be for: method, the door's host and origin, canonical path."""

    method: str
    host: str
    path: str
    # The origin that people see; empty takes either scheme under the request's host.
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that stands: whose key, which proof, and from when on it could not pass again."""

    thumbprint: str
    jti: str
    over_at: int

    @property
    def digest(self) -> bytes:
        """Name the proof in a list of used ones: another key may draw the same `jti`."""
        return hashlib.sha256(f"{self.thumbprint}\n{self.jti}".encode()).digest()


def proven(
    text: str, asked: Asked, now: int, *, token: str | None = None, key_secret: str | None = None
) -> Proof:
    """Judge a proof; raise `InvalidToken`, or `NonceWanted` where `key_secret` asks for a nonce.

    With a `token`, the proof must be for that one (`ath`); without, it must name none.
    """
    if FORM.fullmatch(text) is None:
        raise InvalidToken("form")
    jwk = _key_of(header_of(text))
    content, _, signature = text.rpartition(".")
    _verify(jwk, content, decoded(signature))
    try:
        claims = distinct_names(text.split(".")[1])
    except (ValueError, RecursionError) as error:
        raise InvalidToken("claims") from error
    issued = _judge(claims, asked, now)
    _judge_token(claims, token)
    if key_secret is not None and claims.get("nonce") not in nonces(key_secret, now):
        raise NonceWanted("nonce")
    return Proof(thumbprint_of(jwk), claims["jti"], issued + MOST_AGE_SECONDS + AHEAD_SECONDS)


def thumbprint_of(jwk: Mapping[str, str]) -> str:
    """Give the name of a key (RFC 7638)."""
    words = {name: jwk[name] for name in sorted(KEY_NAMES)}
    text = json.dumps(words, separators=(",", ":"))
    return _text(hashlib.sha256(text.encode()).digest())


def token_digest(token: str) -> str:
    """Give what a proof calls its token by."""
    return _text(hashlib.sha256(token.encode()).digest())


def nonces(key_secret: str, now: int) -> tuple[str, str]:
    """Give the nonce of this minute and that of the one before; every process makes the same."""
    slot = now // NONCE_SECONDS
    return _nonce(key_secret, slot), _nonce(key_secret, slot - 1)


def _nonce(key_secret: str, slot: int) -> str:
    said = b"dpop nonce\n" + slot.to_bytes(8, "big")
    return _text(hmac.digest(key_secret.encode(), said, "sha256")[:18])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key_of(header: Mapping[str, Any]) -> Mapping[str, str]:
    if set(header) != {"typ", "alg", "jwk"}:
        raise InvalidToken("header")
    if header["typ"] != TYPE or header["alg"] != ALGORITHM:
        raise InvalidToken("type or algorithm")
    jwk = header["jwk"]
    # A private half has no business here, and neither has a name that another key could bear.
    if not isinstance(jwk, dict) or set(jwk) != KEY_NAMES:
        raise InvalidToken("key")
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise InvalidToken("kind of key")
    for name in ("x", "y"):
        if not isinstance(jwk[name], str) or COORDINATE.fullmatch(jwk[name]) is None:
            raise InvalidToken("key")
    return jwk


def _verify(jwk: Mapping[str, str], content: str, signature: bytes) -> None:
    x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in ("x", "y"))
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), content.encode(), ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature) as error:
        raise InvalidToken("signature") from error


def _judge(claims: Mapping[str, Any], asked: Asked, now: int) -> int:
    jti, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or JTI.fullmatch(jti) is None:
        raise InvalidToken("jti")
    if type(issued) is not int or not now - MOST_AGE_SECONDS <= issued <= now + AHEAD_SECONDS:
        raise InvalidToken("iat")
    if claims.get("htm") != asked.method:
        raise InvalidToken("htm")
    if not _is_for(claims.get("htu"), asked):
        raise InvalidToken("htu")
    return issued


def _is_for(target: object, asked: Asked) -> bool:
    """Tell whether `htu` names this very address: scheme, host, port and path, and nothing else."""
    if not isinstance(target, str) or not target.isascii() or len(target) > 8_192:
        return False
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or parts.scheme not in PORTS:
        return False
    own = asked.origin or f"{parts.scheme}://{asked.host}"
    try:
        said = urlsplit(own)
        own_port = said.port
    except ValueError:
        return False
    here = (said.scheme, said.hostname, own_port or PORTS.get(said.scheme, 0))
    there = (parts.scheme, parts.hostname, port or PORTS[parts.scheme])
    return here == there and (parts.path or "/") == asked.path


def _judge_token(claims: Mapping[str, Any], token: str | None) -> None:
    named = claims.get("ath")
    if token is None:
        if named is not None:
            raise InvalidToken("ath")
        return
    expected = token_digest(token)
    if not isinstance(named, str) or not hmac.compare_digest(named.encode(), expected.encode()):
        raise InvalidToken("ath")
