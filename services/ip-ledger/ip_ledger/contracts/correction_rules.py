"""What it takes to correct the amounts of a technology contract: nothing is edited, all is told.

The register's certificate states both amounts, and a change is registered, too
(认定登记管理办法). A registered contract whose amounts change counts as registered with the
entry of that change alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ip_ledger.contracts.rules import TURNOVER, Review, State, registration_checks
from shared.codes.registrations import ContractNumberScheme
from shared.rules import Check, Kind, Rule

CORRECTIONS: Final = Rule("X07", "delivery")
# What a registered contract is while the register has not entered its change.
UNREGISTERED: Final[Mapping[State, State]] = {State.REGISTERED: State.SIGNED}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the technology market's register."""

    number: str
    registered_on: date
    scheme: ContractNumberScheme | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Both amounts of a contract, in 分, which the law tells apart."""

    contract_fen: int
    tech_transaction_fen: int


@dataclass(frozen=True, slots=True)
class Correction:
    """The right amounts, why, on what they rest, and the register's entry of the change."""

    amounts: Amounts
    reason: str
    evidence: tuple[UUID, ...]
    entry: Entry | None = None


def correction_checks(
    one: Correction,
    former: Amounts,
    signed_on: date,
    registered: Entry | None,
    *,
    is_taken: bool,
    today: date,
) -> list[Check]:
    """Check a correction: other amounts, in bounds, and the entry of a change after the first."""
    entry = one.entry
    entered_on = None if entry is None else entry.registered_on
    amounts = one.amounts
    return [
        CORRECTIONS.check("CORRECTION_NOT_NEEDED", Kind.STATE, passed=amounts != former),
        TURNOVER.check(
            "AMOUNT_EXCEEDED",
            Kind.CONTENT,
            passed=amounts.tech_transaction_fen <= amounts.contract_fen,
            pointer="/tech_transaction_amount",
            contract_amount_fen=amounts.contract_fen,
        ),
        # What was never registered is registered by its own call.
        TURNOVER.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=entry is None or registered is not None,
            pointer="/registration",
            field="registration",
        ),
        TURNOVER.past(entered_on, today, "/registration/registered_on"),
        *(
            []
            if entry is None
            else registration_checks(signed_on, entry.number, entered_on, entry.scheme)
        ),
        TURNOVER.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=entered_on is None
            or registered is None
            or registered.registered_on <= entered_on,
            pointer="/registration/registered_on",
        ),
        TURNOVER.check(
            "ALREADY_EXISTS",
            Kind.STATE,
            passed=not is_taken,
            pointer="/registration/registration_no",
            key=None if entry is None else entry.number,
        ),
    ]


def due_on_after(
    former: Review, review: Review, former_due_on: date | None, counted_on: date, *,
    is_registered: bool, was_registered: bool,
) -> date | None:  # fmt: skip
    """Give the last day for the register's answer after a correction; `counted_on` from today.

    A timer that runs goes on, unless the contract is now reviewed otherwise.
    """
    if is_registered:
        return None
    runs_on = former is review and not was_registered and former_due_on is not None
    return former_due_on if runs_on else counted_on
