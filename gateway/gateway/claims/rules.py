"""When a claim on an organization may be made and decided (A160)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

APPLICANT: Final = Rule("A160", "六")
MOST_OPEN: Final = 5
MOST_PROOF_BYTES: Final = 512 * 1024
# A claim that nobody decided for so long makes room for another one.
COUNTED_FOR: Final = timedelta(days=30)
SIGNATURES: Final[Mapping[str, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}


DECIDE: Final = TaskKind(
    "organization_claim.made",
    "有待核实的单位认领",
    "A claim on an organization waits for a handler",
    APPLICANT,
    "POST",
    "/v1/identity/organization-claims/{id}/confirm",
)


class ClaimState(StrEnum):
    """How far a claim has come."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class ClaimEvent(StrEnum):
    """What a handler does with it."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


MOVES: Final[Mapping[tuple[ClaimState, ClaimEvent], ClaimState]] = {
    (ClaimState.OPEN, ClaimEvent.CONFIRM): ClaimState.CONFIRMED,
    (ClaimState.OPEN, ClaimEvent.REFUSE): ClaimState.REFUSED,
}


def proof_checks(content: bytes | None, media_type: str) -> list[Check]:
    """Check that a proof is a whole file of the kind that it says, and not too large."""
    kept = content or b""
    return [
        APPLICANT.check(
            "PROOF_REFUSED",
            Kind.CONTENT,
            passed=kept.startswith(SIGNATURES[media_type]) and len(kept) <= MOST_PROOF_BYTES,
            pointer="/proof_base64",
            max_bytes=MOST_PROOF_BYTES,
        )
    ]


def room_checks(open_claims: int) -> list[Check]:
    """Check that not too many wait on one code already: a stranger cannot fill the desk."""
    return [
        APPLICANT.check(
            "CLAIMS_TOO_MANY", Kind.STATE, passed=open_claims < MOST_OPEN, most=MOST_OPEN
        )
    ]


def confirmation_checks(state: ClaimState, *, registered: bool, has_account: bool) -> list[Check]:
    """Check that a claim becomes the first account of an organization.

    `registered` says that the registry knows the code; `has_account`, that somebody acts for the
    organization already, who then invites the others.
    """
    return [
        APPLICANT.move(MOVES, state, ClaimEvent.CONFIRM),
        APPLICANT.check("ORG_NOT_REGISTERED", Kind.STATE, passed=registered),
        APPLICANT.check("ORG_HAS_ACCOUNT", Kind.STATE, passed=not has_account),
    ]


def refusal_checks(state: ClaimState) -> list[Check]:
    """Check that a claim may still be refused."""
    return [APPLICANT.move(MOVES, state, ClaimEvent.REFUSE)]
