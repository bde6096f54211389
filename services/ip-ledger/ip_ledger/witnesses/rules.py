"""Who may be a witness, which cosignature is taken, and how many a payment waits for."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.rules import Check, Kind, Policy, Rule

WITNESS: Final = Rule("X07", "delivery")
FOUR_EYES: Final = Rule("X03", "delivery")
# A witness's clock may run ahead by so much, in seconds.
CLOCK_SKEW: Final = 300


class State(StrEnum):
    """Where a witness stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REVOKED = "revoked"


class Event(StrEnum):
    """What happens to a witness."""

    APPROVE = "approve"
    REVOKE = "revoke"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PROPOSED, Event.APPROVE): State.APPROVED,
    (State.PROPOSED, Event.REVOKE): State.REVOKED,
    (State.APPROVED, Event.REVOKE): State.REVOKED,
}


def move_checks(state: State, event: Event) -> list[Check]:
    """Check that a witness may take a step."""
    passed = (state, event) in MOVES
    return [WITNESS.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def key_check(*, passed: bool) -> Check:
    """Tell that a verifier line is no Ed25519 key of a witness, or one that signs for anyone."""
    return WITNESS.check("WITNESS_KEY_INVALID", Kind.CONTENT, passed=passed, pointer="/verifier")


def approval_checks(registered_by: UUID, approving: UUID) -> list[Check]:
    """Check that another person approves than the one who registered (I7)."""
    passed = registered_by != approving
    return [FOUR_EYES.check("SOD_VIOLATION", Kind.SCOPE, passed=passed, held="registrant")]


def cosignature_checks(
    state: State, size: int, last_size: int | None, signed_at: int | None, now: datetime
) -> list[Check]:
    """Check a cosignature: of an approved key, over this tree, and never back to a smaller one.

    `signed_at` is in seconds since 1970, `None` where the signature does not fit.
    """
    ahead = signed_at is not None and signed_at > now.timestamp() + CLOCK_SKEW
    newer = last_size is None or size > last_size
    return [
        WITNESS.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is State.APPROVED, state=state.value
        ),
        WITNESS.check(
            "COSIGNATURE_INVALID",
            Kind.CONTENT,
            passed=signed_at is not None and not ahead,
            pointer="/signature",
        ),
        WITNESS.check(
            "COSIGNATURE_STALE", Kind.STATE, passed=newer, last_size=last_size, size=size
        ),
    ]


def witnesses_needed(policy: Policy) -> int:
    """Give how many witnesses a payment waits for: none where the policy does not ask."""
    row: Mapping[str, Any] = policy.parameters.get("X07", {})
    return int(row.get("witnesses_before_payment", 0))


def payment_checks(policy: Policy, seen_by: int) -> list[Check]:
    """Check that enough witnesses have seen what a run rests on before money moves."""
    needed = witnesses_needed(policy)
    rule = Rule("X07", policy.clauses.get("X07", "delivery"), policy.version)
    passed = seen_by >= needed
    return [
        rule.check("WITNESSES_MISSING", Kind.STATE, passed=passed, needed=needed, seen_by=seen_by)
    ]
