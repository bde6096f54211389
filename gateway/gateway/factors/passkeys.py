"""Passkeys by the WebAuthn library: what a browser is asked for, and what it answers.

A challenge is not stored: it is signed for one browser and five minutes, and kept only once it was
used, so that asking costs nothing and answering works once.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

NAME: Final = "Zhichuang"
LIFE: Final = timedelta(minutes=5)
MOST_PASSKEYS: Final = 10
NONCE_BYTES: Final = 16


class NotShown(Exception):  # noqa: N818 - reads as what it is
    """What a browser answered is no passkey of ours; the reason is for logs."""


@dataclass(frozen=True, slots=True)
class Site:
    """The origin that people see, and the secret that signs challenges."""

    origin: str
    key_secret: str

    @property
    def rp_id(self) -> str:
        """Give the name that passkeys are bound to: the origin's host."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that a device has made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def challenge_for(site: Site, browser: str, now: datetime) -> bytes:
    """Make a challenge for one browser."""
    until = int((now + LIFE).timestamp()).to_bytes(8, "big")
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + until + _mark(site, browser, nonce + until)


def stands(site: Site, browser: str, challenge: bytes, now: datetime) -> bool:
    """Tell whether a challenge is ours, for this browser, and not over."""
    said, mark = challenge[: NONCE_BYTES + 8], challenge[NONCE_BYTES + 8 :]
    until = int.from_bytes(said[NONCE_BYTES:], "big")
    same = hmac.compare_digest(mark, _mark(site, browser, said))
    return same and now.timestamp() < until


def _mark(site: Site, browser: str, said: bytes) -> bytes:
    words = b"passkey\n" + browser.encode() + b"\n" + said
    return hmac.digest(site.key_secret.encode(), words, "sha256")


def asked_to_make(
    site: Site, challenge: bytes, account_id: bytes, login: str, known: Sequence[bytes]
) -> str:
    """Give what a browser needs to make a passkey that its device finds by itself later."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=NAME,
        user_id=account_id,
        user_name=login,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json(options)


def asked_to_show(site: Site, challenge: bytes) -> str:
    """Give what a browser needs to show a passkey, whoever's it is."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def challenge_in(answer: dict[str, Any]) -> bytes:
    """Read which challenge was answered; raise `NotShown`."""
    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotShown("client data") from error


def credential_of(answer: dict[str, Any]) -> bytes:
    """Read which passkey was shown; raise `NotShown`."""
    try:
        return base64url_to_bytes(answer["rawId"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotShown("credential") from error


def made(site: Site, answer: dict[str, Any], challenge: bytes) -> Made:
    """Judge a passkey that was just made; raise `NotShown`."""
    try:
        verified = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise NotShown(type(error).__name__) from error
    return Made(verified.credential_id, verified.credential_public_key, verified.sign_count)


def shown(
    site: Site, answer: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
) -> int:
    """Judge a passkey that was shown, with its person verified; give its new count of uses.

    A count that goes back tells of a copy. Raises `NotShown`.
    """
    try:
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise NotShown(type(error).__name__) from error
    return verified.new_sign_count
