"""What an invention's income comes to after the deductions that the law names, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import Absence, gone_on, told
from shared.rules import Check, Kind, Rule, Severity

# 沪条例34(2): transfer or license income less taxes, upkeep of the result, costs of the deal.
NET_INCOME: Final = Rule("A033", "二(三)功能三；沪条例34(2)")


class RevenueKind(StrEnum):
    """How an invention earned: what it is owed for decides which floor the law sets."""

    TRANSFER = "transfer"
    LICENSE = "license"
    EQUITY = "equity"
    SELF_IMPLEMENTATION = "self_implementation"
    SERVICE = "service"


class DeductionKind(StrEnum):
    """What may be deducted: by law the first three, by agreement a fee for management too."""

    TAX = "tax"
    MAINTENANCE = "maintenance"
    DIRECT = "direct"
    # What the law does not name is taken off only by a clause of the agreement in force.
    MANAGEMENT_FEE = "management_fee"


@dataclass(frozen=True, slots=True)
class Deduction:
    """An amount taken off the gross income."""

    kind: DeductionKind
    amount_fen: int
    clause: str | None = None


def net_income_fen(gross_fen: int, deductions: Sequence[Deduction]) -> int:
    """Give gross less deductions; below zero is a loss, which is no income to share."""
    return gross_fen - sum(deduction.amount_fen for deduction in deductions)


LAWFUL: Final = frozenset({DeductionKind.TAX, DeductionKind.MAINTENANCE, DeductionKind.DIRECT})
TRUST: Final = Rule("A053", "三(二)")
LIVING_RIGHT: Final = Rule("A033", "二(三)功能三；民法典865")
CORRECTIONS: Final = Rule("X07", "delivery")
FOUR_EYES: Final = Rule("X03", "delivery")


def deduction_checks(deductions: Sequence[Deduction], *, has_agreement: bool) -> list[Check]:
    """Check that what the law does not name rests on a cited clause of the agreement (D12.1)."""
    return [
        NET_INCOME.check(
            "DEDUCTION_NOT_AGREED",
            Kind.CONTENT,
            passed=one.kind in LAWFUL or (bool(one.clause) and has_agreement),
            pointer=f"/deductions/{place}",
            deduction=one.kind.value,
        )
        for place, one in enumerate(deductions)
    ]


def receiver_checks(
    *, has_legal_entity: bool, has_trustee: bool, held_in_trust: bool
) -> list[Check]:
    """Check who received: an unregistered consortium's money lies with its trustee (A053)."""
    return [
        TRUST.check(
            "CONSORTIUM_NOT_REGISTERED",
            Kind.STATE,
            passed=has_legal_entity or (held_in_trust and has_trustee),
            pointer="/held_in_trust",
        ),
        TRUST.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=not (has_legal_entity and held_in_trust),
            pointer="/held_in_trust",
            state="registered",
        ),
    ]


def absence_check(absences: Sequence[Absence], received_on: date) -> Check:
    """Warn of income from days on which the right was gone: it is shared as any other.

    What came in is there and is the owners' of that day, whether it was owed for former years or
    paid though nobody had to; whether it can be asked back is between those who paid and were paid.
    """
    gone = gone_on(absences, received_on)
    gone_from, back_on = told(gone)
    return LIVING_RIGHT.check(
        "RIGHT_LAPSED",
        Kind.STATE,
        passed=gone is None,
        severity=Severity.WARNING,
        pointer="/received_on",
        gone_from=gone_from,
        back_on=back_on,
    )


def undoing_checks(
    *,
    recorded_by: UUID,
    undoing: UUID,
    is_shared: bool,
    is_undone: bool,
    effective_on: date,
    today: date,
) -> list[Check]:
    """Check that an income that no run shares out is undone, once, and by another person."""
    return [
        FOUR_EYES.check(
            "SOD_VIOLATION", Kind.SCOPE, passed=recorded_by != undoing, held="recorder"
        ),
        # What is shared out already is undone by its run first.
        CORRECTIONS.check("REVENUE_DISTRIBUTED", Kind.STATE, passed=not is_shared),
        CORRECTIONS.check("ALREADY_REVERSED", Kind.STATE, passed=not is_undone),
        CORRECTIONS.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=effective_on <= today,
            pointer="/effective_on",
            today=today.isoformat(),
        ),
    ]


def income_checks(
    gross_fen: int,
    deductions: Sequence[Deduction],
    received_on: date,
    today: date,
    *,
    first_on: date | None = None,
    may_be_nothing: bool = False,
) -> list[Check]:
    """Check that income is real: received already, and not less than what is taken off it.

    `first_on` is the day from which the asset is known to exist: nobody owned it before. A year of
    one's own production may end with nothing (`may_be_nothing`).
    """
    net_fen = net_income_fen(gross_fen, deductions)
    return [
        NET_INCOME.check(
            "NET_NEGATIVE",
            Kind.CONTENT,
            passed=net_fen >= 0,
            pointer="/deductions",
            net_fen=net_fen,
        ),
        NET_INCOME.check(
            "AMOUNT_ZERO", Kind.CONTENT, passed=gross_fen > 0 or may_be_nothing, pointer="/gross"
        ),
        NET_INCOME.check(
            "BEFORE_ASSET",
            Kind.CONTENT,
            passed=first_on is None or first_on <= received_on,
            pointer="/received_on",
            first_on=first_on.isoformat() if first_on else None,
        ),
        NET_INCOME.check(
            "NOT_YET_RECEIVED",
            Kind.CONTENT,
            passed=received_on <= today,
            pointer="/received_on",
            today=today.isoformat(),
        ),
    ]
