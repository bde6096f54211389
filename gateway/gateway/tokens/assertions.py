"""A client's signed assertion in place of a secret (RFC 7523, `private_key_jwt`).

Stricter than the RFC, as its successor asks: the audience is the issuer alone and one text, the
type is `client-authentication+jwt` or plain `JWT`, and every assertion is used once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jose import jwk

from shared.auth.jws import ALGORITHM, KEY_ID, InvalidToken, distinct_names, header_of
from shared.auth.jws import signed_claims as claims_under

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# A client assertion has four short claims; what is longer is something else.
FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,2048}\.[A-Za-z0-9_-]{85}[AQgw]")
TYPES: Final = frozenset({"JWT", "client-authentication+jwt"})
LEEWAY_SECONDS: Final = 60
# An assertion is made for one request: it ends within five minutes.
MOST_SECONDS: Final = 300
MOST_JTI: Final = 128


@dataclass(frozen=True, slots=True)
class Shown:
    """What an assertion says of itself, before any key has been asked."""

    client_id: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Proven:
    """An assertion that stands: its id, and the second from which it could not pass again."""

    jti: str
    over_at: int


def shown(assertion: str) -> Shown:
    """Read whose assertion it pretends to be; raise `InvalidToken`."""
    if FORM.fullmatch(assertion) is None:
        raise InvalidToken("form")
    header = header_of(assertion)
    if not {"alg", "kid"} <= set(header) <= {"alg", "kid", "typ"} or header["alg"] != ALGORITHM:
        raise InvalidToken("header")
    if header.get("typ", "JWT") not in TYPES:
        raise InvalidToken("type")
    key_id = header["kid"]
    if not isinstance(key_id, str) or KEY_ID.fullmatch(key_id) is None:
        raise InvalidToken("key id")
    try:
        claims = distinct_names(assertion.split(".")[1])
    except (ValueError, RecursionError) as error:
        raise InvalidToken("claims") from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or claims.get("iss") != subject:
        raise InvalidToken("subject")
    return Shown(subject, key_id)


def proven(
    assertion: str, public_jwk: Mapping[str, Any], *, client_id: str, audience: str, now: int
) -> Proven:
    """Judge an assertion under the client's own key; raise `InvalidToken`.

    `now` is a second of real time; up to sixty seconds of skew are allowed, the sixtieth excluded
    after the end.
    """
    claims = claims_under(
        assertion,
        jwk.construct(dict(public_jwk), ALGORITHM),
        issuer=client_id,
        audience=audience,
        required=("iss", "sub", "aud", "exp", "jti"),
    )
    if claims.get("sub") != client_id or claims.get("aud") != audience:
        raise InvalidToken("subject or audience")
    _judge_times(claims, now)
    jti = claims["jti"]
    if not isinstance(jti, str) or not 0 < len(jti) <= MOST_JTI:
        raise InvalidToken("jti")
    return Proven(jti, claims["exp"] + LEEWAY_SECONDS)


def _judge_times(claims: Mapping[str, Any], now: int) -> None:
    times = [claims["exp"], *(claims[name] for name in ("nbf", "iat") if name in claims)]
    if any(type(value) is not int for value in times):
        raise InvalidToken("times")
    expires, *begins = times
    if not now - LEEWAY_SECONDS < expires <= now + MOST_SECONDS + LEEWAY_SECONDS:
        raise InvalidToken("expired, or lives too long")
    if any(value > now + LEEWAY_SECONDS for value in begins):
        raise InvalidToken("not yet valid")
