"""How long codes and refresh tokens live, and where a browser may be sent back to.

OAuth 2.1: a code once, within a minute, with its verifier (S256 alone); a refresh token once, and
its whole family ends when an old one comes back. Instants are real time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from shared.rules import Check, Kind, Rule

SIGN_IN: Final = Rule("X02", "delivery")
CODE_LIFE: Final = timedelta(seconds=60)
REFRESH_IDLE: Final = timedelta(hours=12)
FAMILY_LIFE: Final = timedelta(days=30)
# Two tabs that refresh at once: the second is served too, within its family.
GRACE: Final = timedelta(seconds=10)
MOST_STATE: Final = 512
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Use(StrEnum):
    """What the use of a refresh token means."""

    FRESH = "fresh"
    TWIN = "twin"
    EXPIRED = "expired"
    REUSED = "reused"


def use_of(
    used_at: datetime | None, expires_at: datetime, ended_at: datetime | None, now: datetime
) -> Use:
    """Judge the use of a refresh token: its last instant and the end of the grace are excluded."""
    if ended_at is not None or now >= expires_at:
        return Use.EXPIRED
    if used_at is None:
        return Use.FRESH
    return Use.TWIN if now - used_at < GRACE else Use.REUSED


def redirect_checks(redirect_uris: Sequence[str]) -> list[Check]:
    """Check where a front end wants its people sent back to: https, or its own machine."""
    return [
        SIGN_IN.check(
            "REDIRECT_URI_REFUSED",
            Kind.CONTENT,
            passed=_is_fit(uri),
            pointer=f"/redirect_uris/{place}",
        )
        for place, uri in enumerate(redirect_uris)
    ]


def _is_fit(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    plain = uri.isascii() and uri.isprintable() and " " not in uri
    return safe and plain and bool(host) and not parts.fragment and parts.username is None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a front end asks of the sign-in page, judged already."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    state: str
    prompt: str


def returned(asked: Asked, issuer: str, **answer: str) -> str:
    """Give the address that the browser is sent back to (RFC 6749, 4.1.2; RFC 9207)."""
    parts = urlsplit(asked.redirect_uri)
    words = answer | ({"state": asked.state} if asked.state else {}) | {"iss": issuer}
    query = "&".join(part for part in (parts.query, urlencode(words)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def origin_of(uri: str) -> str:
    """Give the origin of a redirect address, for the page's own policy."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
