"""Where a run stands, and who may take it further."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from shared.calendar import day_of
from shared.rules import Check, Kind, Rule

SHARING: Final = Rule("A086", "三(三)1-④")  # 风险分担、利益共享机制
FOUR_EYES: Final = Rule("X03", "delivery")  # drafted by one person, approved by another
CONSORTIUM: Final = Rule("A053", "三(二)")  # 逐步完成实体注册: until then no payee


class RunKind(StrEnum):
    """Whether a run shares income out, or undoes one that did."""

    DISTRIBUTION = "distribution"
    REVERSAL = "reversal"


class State(StrEnum):
    """Where a run stands."""

    DRAFT = "draft"
    CALCULATED = "calculated"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    PAID = "paid"
    REVERSED = "reversed"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """What came to be known after a run was paid."""

    OWNERSHIP = "ownership"
    AGREEMENT = "agreement"
    INVENTORS = "inventors"


class Event(StrEnum):
    """What moves a run; `confirm` is the last owner's confirmation."""

    CALCULATE = "calculate"
    CONFIRM = "confirm"
    APPROVE = "approve"
    PAY = "pay"
    REVERSE = "reverse"
    CANCEL = "cancel"


# The whole machine: a pair that is absent is refused. A paid run is never edited: another one
# reverses it, and the income can then be shared out again.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DRAFT, Event.CALCULATE): State.CALCULATED,
    (State.CALCULATED, Event.CONFIRM): State.CONFIRMED,
    (State.CONFIRMED, Event.APPROVE): State.APPROVED,
    (State.APPROVED, Event.PAY): State.PAID,
    (State.PAID, Event.REVERSE): State.REVERSED,
    (State.CALCULATED, Event.CANCEL): State.CANCELLED,
    (State.CONFIRMED, Event.CANCEL): State.CANCELLED,
    (State.APPROVED, Event.CANCEL): State.CANCELLED,
}
FINAL: Final = frozenset({State.REVERSED, State.CANCELLED})


def payee_checks(payees: Collection[UUID], legal_persons: Collection[UUID]) -> list[Check]:
    """Check that every payee is a legal person: a consortium without entity is paid nothing."""
    missing = sorted(str(payee) for payee in set(payees) - set(legal_persons))
    return [
        CONSORTIUM.check(
            "CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=not missing, org_ids=missing
        )
    ]


def state_checks(state: State, event: Event) -> list[Check]:
    """Check that a run stands where the step may be taken."""
    return [SHARING.move(MOVES, state, event)]


def input_checks(agreed_hash: str, present_hash: str) -> list[Check]:
    """Check that nothing the plan rests on has moved since it was agreed to."""
    return [SHARING.check("STALE_INPUT", Kind.STATE, passed=agreed_hash == present_hash)]


def confirmation_checks(owner_id: UUID | None, owners: Collection[UUID]) -> list[Check]:
    """Check that who confirms is an owner's own account; nobody confirms for another."""
    return [SHARING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owner_id in owners)]


def approval_checks(drafted_by: UUID, approving: UUID) -> list[Check]:
    """Check that the run was drafted by another person (I7)."""
    return [
        FOUR_EYES.check("SOD_VIOLATION", Kind.SCOPE, passed=drafted_by != approving, held="drafter")
    ]


def payment_date_checks(approved_at: datetime | None, paid_on: date, today: date) -> list[Check]:
    """Check that a run is paid from the day of its approval on, and not ahead of time."""
    in_order = approved_at is None or day_of(approved_at) <= paid_on
    return [
        SHARING.check("DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=in_order, pointer="/paid_on"),
        _past_check(paid_on, today, "/paid_on"),
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a party got of a run, and what it would have got as known now."""

    party_id: UUID
    before_fen: int
    after_fen: int


def differences(
    before: Iterable[tuple[UUID, int]], after: Iterable[tuple[UUID, int]]
) -> list[Difference]:
    """Compare amounts party by party; parties may have several, and those that get the same go."""
    sums: dict[UUID, list[int]] = {}
    for place, amounts in enumerate((before, after)):
        for party_id, amount_fen in amounts:
            sums.setdefault(party_id, [0, 0])[place] += amount_fen
    return [
        Difference(party_id, *pair)
        for party_id, pair in sorted(sums.items(), key=lambda one: str(one[0]))
        if pair[0] != pair[1]
    ]


def correction_checks(
    kind: RunKind, state: State, *, is_corrected: bool, moved: bool
) -> list[Check]:
    """Check that a run is paid and nobody corrects it already, and that something has moved."""
    stands = kind is RunKind.DISTRIBUTION and state is State.PAID
    return [
        SHARING.check("STATE_CONFLICT", Kind.STATE, passed=stands, state=state.value),
        SHARING.check("CORRECTION_PENDING", Kind.STATE, passed=not is_corrected),
        SHARING.check("CORRECTION_NOT_NEEDED", Kind.STATE, passed=moved or not stands),
    ]


def correction_day_checks(effective_on: date, paid_on: date) -> list[Check]:
    """Check that a correcting run is paid on the day that its plan names."""
    return [
        SHARING.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=effective_on == paid_on,
            pointer="/paid_on",
            effective_on=effective_on.isoformat(),
        )
    ]


def _past_check(day: date, today: date, pointer: str) -> Check:
    """Money that has not moved yet is not booked as moved."""
    return SHARING.past(day, today, pointer)


def reversal_date_checks(paid_on: date, effective_on: date, today: date) -> list[Check]:
    """Check that a run is undone no earlier than it was paid, and not ahead of time."""
    return [
        SHARING.check(
            "REVERSAL_BEFORE_ORIGINAL",
            Kind.CONTENT,
            passed=effective_on >= paid_on,
            pointer="/effective_on",
            original_on=paid_on.isoformat(),
        ),
        _past_check(effective_on, today, "/effective_on"),
    ]


TOTAL_KIND: Final = "distribution_total"


def total_record_id(run_id: UUID) -> UUID:
    """Give the id of the log record that says of a run that its parts make its income."""
    return uuid5(run_id, TOTAL_KIND)


def one_center_check(*, passed: bool) -> Check:
    """Check that all income of a run is of one centre."""
    return SHARING.check(
        "REVENUE_OF_TWO_CENTERS", Kind.CONTENT, passed=passed, pointer="/revenue_event_ids"
    )
