"""From which day the five years for paying in a company's capital run (公司法47、228).

Capital with which a company is founded is paid in within five years of its founding, whenever it
was promised; capital that increases it, within five years of the day on which the increase was
registered (公司法228, 公司登记管理实施办法6).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ip_ledger.contributions.rules import CAPITAL
from shared.calendar import months_after
from shared.rules import Check, Kind

CAPITAL_MONTHS: Final = 60


class TermBasis(StrEnum):
    """What the five years are counted from."""

    FOUNDING = "founding"
    INCREASE = "increase"
    # The register does not say when the company was founded.
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Term:
    """The day that the five years run from, and why that one; `until` is the last day of them."""

    basis: TermBasis
    since: date

    @property
    def until(self) -> date:
        """Give the last day on which the capital may still be paid in."""
        return months_after(self.since, CAPITAL_MONTHS)


def capital_term(agreed_on: date, founded_on: date | None, increased_on: date | None) -> Term:
    """Give the term of a promise of equity; of the promise only where nothing better is known."""
    if increased_on is not None:
        return Term(TermBasis.INCREASE, increased_on)
    if founded_on is not None:
        return Term(TermBasis.FOUNDING, founded_on)
    return Term(TermBasis.PROMISE, agreed_on)


def term_checks(term: Term, last_on: date, founded_on: date | None, today: date) -> list[Check]:
    """Check that the last instalment is within the term, and an increase after the founding."""
    is_increase = term.basis is TermBasis.INCREASE
    return [
        CAPITAL.check(
            "CAPITAL_TERM_EXCEEDED",
            Kind.CONTENT,
            passed=last_on <= term.until,
            pointer="/schedule",
            limit=term.until.isoformat(),
            counted_from=term.basis.value,
            since=term.since.isoformat(),
        ),
        CAPITAL.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=not is_increase or founded_on is None or founded_on <= term.since,
            pointer="/increase_registered_on",
        ),
        CAPITAL.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=not is_increase or term.since <= today,
            pointer="/increase_registered_on",
            today=today.isoformat(),
        ),
    ]
