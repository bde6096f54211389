"""What an invention's income comes to after the deductions that the law names, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

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
    """What may be deducted: a fee for management, say, is not among it."""

    TAX = "tax"
    MAINTENANCE = "maintenance"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Deduction:
    """An amount taken off the gross income."""

    kind: DeductionKind
    amount_fen: int


def net_income_fen(gross_fen: int, deductions: Sequence[Deduction]) -> int:
    """Give gross less deductions; below zero is a loss, which is no income to share."""
    return gross_fen - sum(deduction.amount_fen for deduction in deductions)


def income_checks(
    gross_fen: int, deductions: Sequence[Deduction], received_on: date, today: date
) -> list[Check]:
    """Check that income is real: received already, and not less than what is taken off it."""
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
            "NOT_YET_RECEIVED",
            Kind.CONTENT,
            passed=received_on <= today,
            pointer="/received_on",
            today=today.isoformat(),
        ),
    ]
