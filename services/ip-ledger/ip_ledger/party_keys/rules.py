"""A party's own key: it is proven when it is registered, and holds from a day until another."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from shared.rules import Check, Kind, Rule

OWN_KEY: Final = Rule("A084", "三(三)1-④ · 电子签名法13")
PROOF_LABEL: Final = "zhichuang party key v1"
AGREEMENT_LABEL: Final = "zhichuang agreement v1"


class Algorithm(StrEnum):
    """How a key signs: EdDSA over Curve25519, or ECDSA over P-256 with SHA-256 (IEEE P1363)."""

    ED25519 = "ed25519"
    ES256 = "es256"


@dataclass(frozen=True, slots=True)
class Span:
    """The days on which a key signs: the first, and the first on which it no longer does."""

    valid_from: date
    revoked_from: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the key may sign on a day."""
        return self.valid_from <= day and (self.revoked_from is None or day < self.revoked_from)


def proof_text(org_id: UUID, public_key: str) -> str:
    """Give what a new key signs to prove that whoever registers it has it."""
    return f"{PROOF_LABEL}\n{org_id}\n{public_key}\n"


def agreement_text(agreement_id: UUID, text_sha256: str, terms_sha256: str) -> str:
    """Give what a key signs of an agreement: this one, its text and its terms."""
    return f"{AGREEMENT_LABEL}\n{agreement_id}\n{text_sha256}\n{terms_sha256}\n"


def revocation_id(key_id: UUID, revoked_from: date) -> UUID:
    """Give the id of the log's record that a key ends on a day: known from the key alone."""
    return uuid5(key_id, f"zhichuang revocation {revoked_from.isoformat()}")


def registration_checks(
    valid_from: date, today: date, *, readable: bool, proven: bool
) -> list[Check]:
    """Check a key that is registered: it can be read, is proven, and begins today or later.

    One that began in the past would sign what was dated before anybody knew of it.
    """
    return [
        OWN_KEY.check("KEY_INVALID", Kind.CONTENT, passed=readable, pointer="/public_key"),
        OWN_KEY.check(
            "KEY_SIGNATURE_INVALID", Kind.CONTENT, passed=proven or not readable, pointer="/proof"
        ),
        OWN_KEY.check(
            "DAY_IN_PAST",
            Kind.CONTENT,
            passed=valid_from >= today,
            pointer="/valid_from",
            today=today.isoformat(),
        ),
    ]


def revocation_checks(span: Span, revoked_from: date, today: date) -> list[Check]:
    """Check that a key is revoked from today or a later day, and only ever to an earlier one."""
    earlier = span.revoked_from is None or revoked_from < span.revoked_from
    return [
        OWN_KEY.check(
            "DAY_IN_PAST",
            Kind.CONTENT,
            passed=revoked_from >= today,
            pointer="/revoked_from",
            today=today.isoformat(),
        ),
        OWN_KEY.check("STATE_CONFLICT", Kind.STATE, passed=earlier, state="revoked"),
    ]


def signing_checks(standing: Iterable[UUID], key_id: UUID | None, *, fits: bool) -> list[Check]:
    """Check a signature by key: whoever has a key that holds signs with one, and it fits."""
    usable = set(standing)
    return [
        OWN_KEY.check(
            "OWN_KEY_REQUIRED", Kind.STATE, passed=not usable or key_id is not None,
            key_ids=sorted(str(one) for one in usable),
        ),
        OWN_KEY.check(
            "KEY_UNKNOWN", Kind.CONTENT, passed=key_id is None or key_id in usable,
            pointer="/key_id",
        ),
        OWN_KEY.check(
            "KEY_SIGNATURE_INVALID",
            Kind.CONTENT,
            passed=key_id is None or key_id not in usable or fits,
            pointer="/key_signature",
        ),
    ]  # fmt: skip
