"""What an ID token of the trusted issuer must say, and what it is taken for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

APPLICANT: Final = Rule("A160", "六")
SIGN_IN: Final = Rule("X02", "delivery")
# What a city's own issuer signs with; never a shared secret, never nothing.
ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
FORM: Final = re.compile(r"[A-Za-z0-9_-]{1,2048}\.[A-Za-z0-9_-]{1,16384}\.[A-Za-z0-9_-]{1,1024}")
KEY_ID: Final = re.compile(r"[!-~]{1,256}")
MOST_SUBJECT: Final = 255
LEEWAY_SECONDS: Final = 60
# It was made for this sign-in, a moment ago.
MOST_AGE_SECONDS: Final = 600


class Purpose(StrEnum):
    """Why a browser was sent to the issuer."""

    SIGN_IN = "sign-in"
    LINK = "link"
    INVITATION = "invitation"
    CLAIM = "claim"


class NotTrusted(Exception):  # noqa: N818 - reads as what it is
    """What the issuer said is refused; the reason is for logs, never for the page."""


@dataclass(frozen=True, slots=True)
class Said:
    """Whom the issuer vouches for: an opaque name, and what it says of a legal person."""

    subject: str
    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must be for."""

    issuer: str
    client_id: str
    nonce: str
    uscc_claim: str


def judged(claims: Mapping[str, Any], expected: Expected, now: int) -> Said:
    """Judge the claims of an ID token whose signature stands (OIDC Core 3.1.3.7).

    Raises `NotTrusted`. An address for mail is not looked at: whoever controls one is not whoever
    has an account here.
    """
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if claims.get("iss") != expected.issuer:
        raise NotTrusted("issuer")
    if not isinstance(named, list) or expected.client_id not in named:
        raise NotTrusted("audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise NotTrusted("authorized party")
    if len(named) > 1 and "azp" not in claims:
        raise NotTrusted("audience without authorized party")
    if claims.get("nonce") != expected.nonce:
        raise NotTrusted("nonce")
    _judge_times(claims, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT:
        raise NotTrusted("subject")
    return Said(subject, _word(claims.get("name")), _word(claims.get(expected.uscc_claim)))


def _judge_times(claims: Mapping[str, Any], now: int) -> None:
    expires, issued = claims.get("exp"), claims.get("iat")
    if type(expires) is not int or type(issued) is not int:
        raise NotTrusted("times")
    if now >= expires + LEEWAY_SECONDS or issued > now + LEEWAY_SECONDS:
        raise NotTrusted("expired or not yet valid")
    if issued < now - MOST_AGE_SECONDS - LEEWAY_SECONDS:
        raise NotTrusted("too old")
    begins = claims.get("nbf", issued)
    if type(begins) is not int or begins > now + LEEWAY_SECONDS:
        raise NotTrusted("not yet valid")


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= MOST_SUBJECT else ""


def link_checks(linked_to: UUID | None, person_id: UUID, *, has_link: bool) -> list[Check]:
    """Check that an outside identity is nobody else's, and that the person has no other."""
    return [
        SIGN_IN.check(
            "OUTSIDE_LINKED", Kind.STATE, passed=linked_to in {None, person_id} and not has_link
        )
    ]


def claim_checks(said: Said) -> list[Check]:
    """Check that the issuer vouches for a legal person, and names who acts for it."""
    named = bool(said.uscc) and bool(said.name)
    return [APPLICANT.check("OUTSIDE_NO_ENTITY", Kind.STATE, passed=named)]
