"""Use between members: priced by the agreement, netted for a pair, binding when both confirm.

A rate counts `per` units of use, so that an hour's price and minutes of use need no fractions but
the last one, which is rounded half up to the 分.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from ip_ledger.agreements.rules import FLOW, Element, UseRate, UseUnit
from shared.money import MAX_FEN, half_up
from shared.rules import Check, Kind, Rule

TENANCY: Final = Rule("X04", "delivery")
SEPARATION: Final = Rule("X03", "delivery")
MINUTES: Final = 60


class SettlementState(StrEnum):
    """Where a settlement stands; nothing is owed by one that is proposed or contested."""

    PROPOSED = "proposed"
    CONTESTED = "contested"
    OWED = "owed"
    SETTLED = "settled"


class SettlementEvent(StrEnum):
    """What moves a settlement."""

    CONFIRM = "confirm"
    CONFIRM_LAST = "confirm_last"
    CONFIRM_EVEN = "confirm_even"
    OBJECT = "object"
    PAY = "pay"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[SettlementState, SettlementEvent], SettlementState]] = {
    (SettlementState.PROPOSED, SettlementEvent.CONFIRM): SettlementState.PROPOSED,
    (SettlementState.PROPOSED, SettlementEvent.CONFIRM_LAST): SettlementState.OWED,
    (SettlementState.PROPOSED, SettlementEvent.CONFIRM_EVEN): SettlementState.SETTLED,
    (SettlementState.PROPOSED, SettlementEvent.OBJECT): SettlementState.CONTESTED,
    (SettlementState.OWED, SettlementEvent.PAY): SettlementState.SETTLED,
}


@dataclass(frozen=True, slots=True)
class NewUse:
    """A use to be recorded; what it rests on is a log of the registry, a license or files."""

    center_id: UUID
    provider_id: UUID
    user_id: UUID
    element: Element
    unit: UseUnit
    quantity: int
    used_on: date
    external_id: str
    usage_fact_id: UUID | None = None
    license_id: UUID | None = None
    evidence: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class UseTerms:
    """What the agreement of the day says of use, and whom it binds."""

    agreement_id: UUID
    parties: frozenset[UUID]
    rates: tuple[UseRate, ...]

    def rate(self, use: NewUse) -> UseRate | None:
        """Give the rate that the parties agreed for a use."""
        place = use.provider_id, use.element, use.unit
        return next((rate for rate in self.rates if rate.place == place), None)


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log that a use rests on says: who used whose thing, when, and how much."""

    center_id: UUID
    provider_id: UUID
    is_user: bool
    first: date
    until: date | None
    quantity: int | None = None
    unit: UseUnit | None = None
    stands: bool = True


@dataclass(frozen=True, slots=True)
class PricedUse:
    """A use as a statement counts it; an undone one counts below zero a second time."""

    use_id: UUID
    provider_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Netted:
    """What each of a pair owes the other for use, and what is left between them.

    `first_owes_fen` is what the first one used of the second's. Nobody owes where both are even.
    """

    pair: tuple[UUID, UUID]
    first_owes_fen: int
    second_owes_fen: int

    @property
    def net_fen(self) -> int:
        """Give what is to be paid."""
        return abs(self.first_owes_fen - self.second_owes_fen)

    @property
    def payer_id(self) -> UUID | None:
        """Name who pays; nobody where both are even."""
        if not self.net_fen:
            return None
        return self.pair[self.first_owes_fen < self.second_owes_fen]

    @property
    def payee_id(self) -> UUID | None:
        """Name who is paid; nobody where both are even."""
        if not self.net_fen:
            return None
        return self.pair[self.first_owes_fen > self.second_owes_fen]


def pair_of(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Give a pair in its one order."""
    return (one, other) if one < other else (other, one)


def use_checks(
    use: NewUse, terms: UseTerms | None, members: Collection[UUID], today: date
) -> list[Check]:
    """Check who used whose thing, when, and that the agreement of the day has a price for it."""
    bound = frozenset[UUID]() if terms is None else terms.parties
    both = {use.provider_id, use.user_id}
    strangers = sorted(str(org) for org in both if org not in members)
    unbound = sorted(str(org) for org in both if terms is not None and org not in bound)
    rated = terms is not None and terms.rate(use) is not None
    rests = use.usage_fact_id is not None or use.license_id is not None or bool(use.evidence)
    return [
        FLOW.check(
            "SAME_ORGANIZATION", Kind.CONTENT, passed=len(both) > 1, pointer="/user_org_id"
        ),
        FLOW.check(
            "OWNER_NOT_IN_CENTER", Kind.CONTENT, passed=not strangers,
            pointer="/user_org_id", org_ids=strangers,
        ),
        FLOW.past(use.used_on, today, "/used_on"),
        FLOW.check(
            "USE_UNPROVEN", Kind.CONTENT,
            passed=rests and (use.element is not Element.IP or use.license_id is not None),
            pointer="/license_id" if use.element is Element.IP else "/evidence",
        ),
        FLOW.check(
            "IP_AGREEMENT_MISSING", Kind.STATE, passed=terms is not None, clause="use_rates"
        ),
        FLOW.check(
            "CONSENT_MISSING", Kind.STATE, passed=not unbound,
            orgs=unbound, decided_by="agreement",
        ),
        FLOW.check(
            "USE_RATE_MISSING", Kind.STATE, passed=terms is None or rated,
            element=use.element.value, unit=use.unit.value,
        ),
    ]  # fmt: skip


def logged_checks(use: NewUse, log: Logged | None, pointer: str) -> list[Check]:
    """Check a use against the log or license that it names: the same pair, day and quantity."""
    if log is None:
        return [FLOW.check("SOURCE_UNKNOWN", Kind.CONTENT, passed=False, pointer=pointer)]
    right = {
        "/center_id": log.center_id == use.center_id,
        "/provider_org_id": log.provider_id == use.provider_id,
        "/user_org_id": log.is_user,
        "/used_on": log.first <= use.used_on and (log.until is None or use.used_on <= log.until),
        "/unit": log.unit in {None, use.unit},
        "/quantity": log.quantity in {None, use.quantity},
    }
    return [
        FLOW.check("SOURCE_SUPERSEDED", Kind.STATE, passed=log.stands, pointer=pointer),
        *(
            FLOW.check("USE_MISMATCH", Kind.CONTENT, passed=passed, pointer=where)
            for where, passed in right.items()
        ),
    ]


def minutes_of(hours: str) -> int:
    """Give the minutes of a log's hours, which are kept as a decimal and rounded there."""
    return half_up(Fraction(Decimal(hours)) * MINUTES)


def price_fen(rate: UseRate, quantity: int) -> int:
    """Give what a use costs, a half 分 upwards."""
    return half_up(Fraction(quantity * rate.price_fen, rate.per))


def size_checks(amount_fen: int) -> list[Check]:
    """Check that an amount is one that every reader can hold."""
    return [
        FLOW.check(
            "AMOUNT_TOO_LARGE", Kind.CONTENT, passed=abs(amount_fen) <= MAX_FEN,
            pointer="/quantity", max_fen=MAX_FEN,
        )
    ]  # fmt: skip


def recording_checks(provider_id: UUID, acting_id: UUID | None, *, leads: bool) -> list[Check]:
    """Check that the provider itself, or who acts for all, says what was used of it."""
    return [TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads or acting_id == provider_id)]


def undoing_checks(*, undoes: bool, undone: bool) -> list[Check]:
    """Check that a use is undone once, and that an undoing is not undone."""
    return [
        FLOW.check("REVERSAL_OF_REVERSAL", Kind.STATE, passed=not undoes),
        FLOW.check("ALREADY_REVERSED", Kind.STATE, passed=not undone),
    ]


def netted(pair: tuple[UUID, UUID], uses: Iterable[PricedUse]) -> Netted:
    """Sum what each of a pair used of the other's."""
    provided = dict.fromkeys(pair, 0)
    for use in uses:
        provided[use.provider_id] += use.amount_fen
    return Netted(pair, provided[pair[1]], provided[pair[0]])


def proposal_checks(
    pair: tuple[UUID, UUID],
    acting_id: UUID | None,
    days: tuple[date, date],
    today: date,
    *,
    uses: int,
    leads: bool,
) -> list[Check]:
    """Check who asks to settle, for which days, and that there is anything to settle."""
    first, until = days
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads or acting_id in pair),
        FLOW.check(
            "SAME_ORGANIZATION", Kind.CONTENT, passed=pair[0] != pair[1], pointer="/other_org_id"
        ),
        FLOW.check("DAYS_REVERSED", Kind.CONTENT, passed=first <= until, pointer="/until_on"),
        FLOW.past(until, today, "/until_on"),
        FLOW.check("NOTHING_TO_SETTLE", Kind.STATE, passed=uses > 0),
    ]  # fmt: skip


def confirming_event(
    pair: Collection[UUID], confirmed: Collection[UUID], net: int
) -> SettlementEvent:
    """Give the event of a confirmation, `confirmed` including it."""
    if not set(pair) <= set(confirmed):
        return SettlementEvent.CONFIRM
    return SettlementEvent.CONFIRM_LAST if net else SettlementEvent.CONFIRM_EVEN


def confirmation_checks(
    state: SettlementState,
    acting: tuple[UUID | None, UUID],
    pair: Collection[UUID],
    confirmed: Mapping[UUID, UUID],
    *,
    is_same_statement: bool,
) -> list[Check]:
    """Check that each side confirms for itself, by another person, what it has read.

    `acting` is the organization and the person; `confirmed` maps the one to the other.
    """
    org_id, person_id = acting
    others = {person for org, person in confirmed.items() if org != org_id}
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in pair),
        *event_checks(state, SettlementEvent.CONFIRM),
        FLOW.check("ALREADY_CONFIRMED", Kind.STATE, passed=org_id not in confirmed),
        SEPARATION.check("SOD_VIOLATION", Kind.SCOPE, passed=person_id not in others),
        FLOW.check(
            "STALE_INPUT", Kind.STATE, passed=is_same_statement, pointer="/statement_sha256"
        ),
    ]


def side_checks(acting_id: UUID | None, may: Collection[UUID | None]) -> list[Check]:
    """Check that whoever acts is one of those whose word it is."""
    passed = acting_id is not None and acting_id in may
    return [TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=passed)]


def event_checks(state: SettlementState, event: SettlementEvent) -> list[Check]:
    """Check that a settlement may take a step."""
    return [FLOW.move(MOVES, state, event)]


def receipt_checks(paid_on: date, owed_on: date, today: date) -> list[Check]:
    """Check the day on which the payee was paid: not before it was owed, and not ahead."""
    return [
        FLOW.past(paid_on, today, "/paid_on"),
        FLOW.check(
            "DAYS_REVERSED", Kind.CONTENT, passed=owed_on <= paid_on, pointer="/paid_on"
        ),
    ]  # fmt: skip


def statement_document(
    center_id: UUID, netted_: Netted, days: tuple[date, date], uses: Iterable[PricedUse]
) -> Mapping[str, Any]:
    """Give what both sides confirm: every use with its price, and what is left between them."""
    return {
        "center_id": center_id,
        "pair": list(netted_.pair),
        "days": list(days),
        "uses": sorted([str(one.use_id), one.amount_fen] for one in uses),
        "first_owes_fen": netted_.first_owes_fen,
        "second_owes_fen": netted_.second_owes_fen,
        "currency": "CNY",
    }
