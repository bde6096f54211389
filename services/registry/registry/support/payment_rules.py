"""What is paid of a measure: by two people, to the centre's own legal person, within its amount."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.support.rules import MeasureState
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

PAYMENT: Final = Rule("A138", "五(二)")
ENTITY: Final = Rule("A053", "三(二)")  # Until it is a legal person a consortium has no money.


class PaymentState(StrEnum):
    """Where a payment stands."""

    ENTERED = "entered"
    PAID = "paid"
    REJECTED = "rejected"
    RECALLED = "recalled"


class PaymentEvent(StrEnum):
    """What another person than the one who entered it decides."""

    CONFIRM = "confirm"
    REJECT = "reject"
    RECALL = "recall"


# The whole machine: a pair that is absent is refused.
PAYMENT_MOVES: Final[Mapping[tuple[PaymentState, PaymentEvent], PaymentState]] = {
    (PaymentState.ENTERED, PaymentEvent.CONFIRM): PaymentState.PAID,
    (PaymentState.ENTERED, PaymentEvent.REJECT): PaymentState.REJECTED,
    # Money that came back: the payment stays readable and no longer counts.
    (PaymentState.PAID, PaymentEvent.RECALL): PaymentState.RECALLED,
}

CONFIRM_PAYMENT: Final = TaskKind(
    "support_payment.confirm",
    "复核支持资金拨付",
    "Confirm a payment of support",
    PAYMENT,
    "POST",
    "/v1/registry/support-payments/{id}/confirm",
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a measure grants, and for which days; `approved_on` is when it was decided."""

    state: MeasureState
    amount_fen: int | None
    committed_fen: int
    starts_on: date
    ends_on: date
    approved_on: date | None


def payment_checks(
    budget: Budget, entity_id: UUID | None, amount_fen: int, paid_on: date, today: date
) -> list[Check]:
    """Check that a payment fits its measure: approved, within amount and period, to an entity.

    The first and the last day of the period count. A measure is paid from its approval on.
    """
    first = max(budget.starts_on, budget.approved_on or budget.starts_on)
    left = (budget.amount_fen or 0) - budget.committed_fen
    return [
        PAYMENT.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=budget.state is MeasureState.APPROVED,
            state=budget.state.value,
        ),
        ENTITY.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=entity_id is not None),
        PAYMENT.check("AMOUNT_MISSING", Kind.STATE, passed=budget.amount_fen is not None),
        PAYMENT.check(
            "BUDGET_EXCEEDED",
            Kind.CONTENT,
            passed=budget.amount_fen is None or amount_fen <= left,
            pointer="/amount",
            left_fen=left,
        ),
        PAYMENT.check(
            "PAYMENT_OUT_OF_PERIOD",
            Kind.CONTENT,
            passed=first <= paid_on <= budget.ends_on,
            pointer="/paid_on",
            first=first.isoformat(),
            last=budget.ends_on.isoformat(),
        ),
        PAYMENT.past(paid_on, today, "/paid_on"),
    ]


def payment_move_checks(state: PaymentState, event: PaymentEvent) -> list[Check]:
    """Check that a payment may take a step from where it is."""
    return [PAYMENT.move(PAYMENT_MOVES, state, event)]
