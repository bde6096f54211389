"""The compact form of a signed statement, judged before python-jose sees it and after.

The library ignores `kid` and `crit`, takes padded and non-canonical signatures, and throws errors
of other kinds before it looks at a signature.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from jose import jwt
from jose.backends.base import Key

ALGORITHM: Final = "ES256"
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Judged by the caller, on a clock that is handed in; the library reads its own.
# What is required, it judges all the same: it is given all the time there is.
UNTIMED: Final = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "leeway": 10**10,
}  # fmt: skip


class InvalidToken(Exception):  # noqa: N818 - reads as what it is
    """The token is refused; the reason is for logs, never for the caller."""


def decoded(segment: str) -> bytes:
    """Decode an unpadded base64url segment."""
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def distinct_names(segment: str) -> dict[str, Any]:
    """Read a segment as an object in which every name stands once; raise `InvalidToken`."""
    document = json.loads(decoded(segment), object_pairs_hook=_pairs)
    if not isinstance(document, dict):
        raise InvalidToken("not an object")
    return document


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise InvalidToken("a name stands twice")
    return names


def header_of(token: str) -> dict[str, Any]:
    """Read the header of a token whose form was judged; raise `InvalidToken`."""
    try:
        return distinct_names(token.split(".", 1)[0])
    except (ValueError, RecursionError) as error:
        raise InvalidToken("header") from error


def signed_claims(
    token: str, key: Key, *, issuer: str, audience: str, required: tuple[str, ...]
) -> Mapping[str, Any]:
    """Give the claims under a good ES256 signature; their times are the caller's to judge."""
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            options={**{f"require_{name}": True for name in required}, **UNTIMED},
        )
        distinct_names(token.split(".")[1])
    except Exception as error:
        # The library raises whatever its parts raise (RecursionError, JWKError, OverflowError).
        raise InvalidToken("signature or form") from error
    return claims
