"""What a contribution must be, what of it is due, and when unpaid equity is lost (A094, A095).

Until a consortium is registered, no money is its own: a trustee member holds it (A053).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule

CONTRIBUTIONS: Final = Rule("A095", "三(三)2-③")  # 成员单位通过入股或缴纳会员费等方式投入
CAPITAL: Final = Rule("A095", "三(三)2-③ · 公司法47、48、51、52")
FUNDING: Final = Rule("A094", "三(三)2-③")  # 多方协同、多元投资
FINANCING: Final = Rule("A143", "五(二)三")  # 信贷支持、股权投资
TRUST: Final = Rule("A053", "三(二)")
FOUR_EYES: Final = Rule("X03", "delivery")
CORRECTIONS: Final = Rule("X07", "delivery")

# 公司法52: at least sixty days of grace.
GRACE_DAYS: Final = 60
MONTHS_OF_COSTS: Final = 12


class ContributionKind(StrEnum):
    """How a member takes part with its means."""

    EQUITY = "equity"
    MEMBERSHIP_FEE = "membership_fee"
    IN_KIND = "in_kind"


class State(StrEnum):
    """Where a contribution stands."""

    COMMITTED = "committed"
    FULFILLED = "fulfilled"
    FORFEITED = "forfeited"


class Event(StrEnum):
    """What moves a contribution."""

    PAY_REST = "pay_rest"
    FORFEIT = "forfeit"
    FORFEIT_PART = "forfeit_part"
    UNDO_PAYMENT = "undo_payment"


# The whole machine: a pair that is absent is refused. What was never paid is owed again, also by
# who lost the rest: that resolution took only what was known to be unpaid.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.COMMITTED, Event.PAY_REST): State.FULFILLED,
    (State.COMMITTED, Event.FORFEIT): State.FORFEITED,
    (State.COMMITTED, Event.FORFEIT_PART): State.COMMITTED,
    (State.COMMITTED, Event.UNDO_PAYMENT): State.COMMITTED,
    (State.FULFILLED, Event.UNDO_PAYMENT): State.COMMITTED,
    (State.FORFEITED, Event.UNDO_PAYMENT): State.COMMITTED,
}


class Source(StrEnum):
    """Where money comes from (A094, A097, A143)."""

    MEMBER = "member"
    GOVERNMENT = "government"
    BANK = "bank"
    SOCIAL_CAPITAL = "social_capital"
    SOCIAL_FUND = "social_fund"
    ALLIANCE = "alliance"
    OWN_INCOME = "own_income"


class Instrument(StrEnum):
    """As what it comes."""

    GRANT = "grant"
    LOAN = "loan"
    EQUITY = "equity"
    FEE = "fee"
    INCOME = "income"


# Who gives what: a bank lends, an investor takes a stake; a pair that is absent is refused.
FORMS: Final[Mapping[Source, frozenset[Instrument]]] = {
    Source.MEMBER: frozenset({Instrument.FEE, Instrument.EQUITY, Instrument.GRANT}),
    Source.GOVERNMENT: frozenset({Instrument.GRANT, Instrument.EQUITY}),
    Source.BANK: frozenset({Instrument.LOAN}),
    Source.SOCIAL_CAPITAL: frozenset({Instrument.EQUITY, Instrument.LOAN}),
    Source.SOCIAL_FUND: frozenset({Instrument.GRANT, Instrument.EQUITY}),
    Source.ALLIANCE: frozenset({Instrument.GRANT, Instrument.FEE}),
    Source.OWN_INCOME: frozenset({Instrument.INCOME}),
}


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a contribution and its last day."""

    due_on: date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a member promises; `valuation_file_id` shows the worth of what is no money."""

    center_id: UUID
    org_id: UUID
    kind: ContributionKind
    committed_fen: int
    schedule: tuple[Instalment, ...]
    agreed_on: date
    is_cash: bool
    held_in_trust: bool
    valuation_file_id: UUID | None = None
    valued_fen: int | None = None
    # Of capital that increases the company's: the day on which the increase was registered.
    increased_on: date | None = None

    @property
    def last_on(self) -> date:
        """Give the day of the last instalment."""
        return max((one.due_on for one in self.schedule), default=self.agreed_on)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a contribution stands on a day; what is due, unpaid and not lost is in arrears."""

    committed_fen: int
    due_fen: int
    paid_fen: int
    forfeited_fen: int = 0

    @property
    def left_fen(self) -> int:
        """Give what can still be paid."""
        return self.committed_fen - self.paid_fen - self.forfeited_fen

    @property
    def arrears_fen(self) -> int:
        """Give what should have been paid by now and is not."""
        return max(0, self.due_fen - self.paid_fen - self.forfeited_fen)


def balance_on(
    committed_fen: int,
    schedule: Sequence[Instalment],
    paid: Sequence[tuple[date, int]],
    day: date,
    lost: Sequence[tuple[date, int]] = (),
) -> Balance:
    """Give how a contribution stands at the end of a day; an instalment's day is still in time.

    `lost` is what resolutions took of it, each from its own day on.
    """
    due = sum(one.amount_fen for one in schedule if one.due_on < day)
    paid_fen, lost_fen = (sum(amount for on, amount in rows if on <= day) for rows in (paid, lost))
    return Balance(committed_fen, due, paid_fen, lost_fen)


def commitment_checks(commitment: Commitment) -> list[Check]:
    """Check a promise: its schedule is whole, and what is no money is valued (A095)."""
    total = sum(one.amount_fen for one in commitment.schedule)
    is_money = commitment.is_cash and commitment.kind is not ContributionKind.IN_KIND
    valued = commitment.valuation_file_id is not None and commitment.valued_fen is not None
    worth_fen = commitment.valued_fen or 0
    return [
        CONTRIBUTIONS.check(
            "SCHEDULE_MISMATCH",
            Kind.CONTENT,
            passed=total == commitment.committed_fen,
            pointer="/schedule",
            sum_fen=total,
            committed_fen=commitment.committed_fen,
        ),
        CAPITAL.check(
            "VALUATION_MISSING",
            Kind.CONTENT,
            passed=is_money or valued,
            pointer="/valuation",
        ),
        CAPITAL.check(
            "VALUATION_EXCEEDED",
            Kind.CONTENT,
            passed=is_money or not valued or commitment.committed_fen <= worth_fen,
            pointer="/committed",
            valued_fen=commitment.valued_fen,
        ),
    ]  # fmt: skip


def holding_checks(
    kind: ContributionKind | None,
    *,
    has_legal_entity: bool,
    trustee_org_id: UUID | None,
    held_in_trust: bool,
) -> list[Check]:
    """Check who receives: a consortium takes no equity, and its money goes to its trustee (A053).

    A registered centre receives by itself, so that nothing of it is held in trust any more.
    """
    in_trust = held_in_trust and trustee_org_id is not None
    allowed = has_legal_entity or (in_trust and kind is not ContributionKind.EQUITY)
    return [
        TRUST.check(
            "CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=allowed, pointer="/held_in_trust"
        ),
        TRUST.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=not (has_legal_entity and held_in_trust),
            pointer="/held_in_trust",
            state="registered",
        ),
    ]  # fmt: skip


def scope_checks(*, is_own: bool, leads: bool) -> list[Check]:
    """Check that a member promises for itself, or the centre records what its articles say."""
    return [CONTRIBUTIONS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_own or leads)]


def member_checks(org_id: UUID, members: Collection[UUID]) -> list[Check]:
    """Check that whoever promises takes part in the centre."""
    return [
        CONTRIBUTIONS.check(
            "PARTY_UNKNOWN", Kind.CONTENT, passed=org_id in members, pointer="/org_id",
            org_ids=[str(org_id)],
        )
    ]  # fmt: skip


def receiving_checks(*, receives: bool) -> list[Check]:
    """Check that whoever received the money says so: nobody acknowledges his own payment."""
    return [CONTRIBUTIONS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=receives)]


def payment_checks(
    state: State, balance: Balance, amount_fen: int, paid_on: date, agreed_on: date, today: date
) -> list[Check]:
    """Check a payment: of an open contribution, not more than is left, and not ahead of time."""
    left = balance.left_fen
    return [
        CONTRIBUTIONS.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is State.COMMITTED, state=state.value
        ),
        CONTRIBUTIONS.check(
            "PAYMENT_EXCEEDED",
            Kind.CONTENT,
            passed=amount_fen <= left,
            pointer="/amount",
            left_fen=left,
        ),
        CONTRIBUTIONS.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=paid_on <= today, pointer="/paid_on",
            today=today.isoformat(),
        ),
        CONTRIBUTIONS.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=agreed_on <= paid_on, pointer="/paid_on"
        ),
    ]  # fmt: skip


def grace_until(issued_on: date, days: int) -> date:
    """Give the last day of the grace that a notice sets."""
    return issued_on + timedelta(days=days)


def notice_checks(
    state: State, balance: Balance, issued_on: date, days: int, today: date, *, is_open: bool
) -> list[Check]:
    """Check a call for arrears: there are some, at least sixty days are given, and none runs."""
    return [
        CAPITAL.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is State.COMMITTED, state=state.value
        ),
        CAPITAL.check("NO_ARREARS", Kind.STATE, passed=balance.arrears_fen > 0),
        CAPITAL.check(
            "GRACE_TOO_SHORT", Kind.CONTENT, passed=days >= GRACE_DAYS, pointer="/grace_days",
            min_days=GRACE_DAYS,
        ),
        CAPITAL.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=issued_on <= today, pointer="/issued_on",
            today=today.isoformat(),
        ),
        CAPITAL.check("ALREADY_EXISTS", Kind.STATE, passed=not is_open, key="arrears_notice"),
    ]  # fmt: skip


def forfeiture_checks(
    kind: ContributionKind,
    state: State,
    balance: Balance,
    called_fen: int,
    grace_ended_on: date | None,
    resolved_on: date,
    resolved_fen: int | None,
    today: date,
) -> list[Check]:
    """Check a forfeiture: equity, called for in writing, its grace over, and still unpaid.

    `balance` is that of the resolution's day: a resolution takes no more than was unpaid on it.
    The last day of the grace is still the member's own (公司法52). `called_fen` is what was due on
    the day of the call: what fell due later has to be called for by itself.
    """
    unpaid = balance.paid_fen + balance.forfeited_fen < called_fen
    over = grace_ended_on is not None and grace_ended_on < resolved_on
    return [
        CAPITAL.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=(state, Event.FORFEIT) in MOVES and kind is ContributionKind.EQUITY,
            state=state.value,
        ),
        CAPITAL.check(
            "GRACE_RUNNING",
            Kind.STATE,
            passed=over,
            grace_until=grace_ended_on.isoformat() if grace_ended_on else None,
        ),
        CAPITAL.check("NO_ARREARS", Kind.STATE, passed=unpaid),
        CAPITAL.check(
            "FORFEITURE_EXCEEDED",
            Kind.CONTENT,
            passed=resolved_fen is None or resolved_fen <= balance.left_fen,
            pointer="/amount",
            left_fen=balance.left_fen,
        ),
        CAPITAL.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=resolved_on <= today, pointer="/resolved_on",
            today=today.isoformat(),
        ),
    ]  # fmt: skip


def lost_fen(resolved_fen: int, left_fen: int) -> int:
    """Give what a resolution takes: what it says, and no more than is unpaid by now.

    Who paid after the resolution's day, and was let pay, has lost that much less.
    """
    return min(resolved_fen, left_fen)


def separation_checks(issued_by: UUID | None, deciding: UUID) -> list[Check]:
    """Check that whoever called for the money does not also declare it lost."""
    return [
        FOUR_EYES.check("SOD_VIOLATION", Kind.SCOPE, passed=issued_by != deciding, held="caller")
    ]


def funding_checks(
    source: Source,
    instrument: Instrument,
    *,
    is_named: bool,
    risk_note: str | None,
    received_on: date,
    today: date,
) -> list[Check]:
    """Check money from outside: its form fits its source, its giver is named, risk of debt shown.

    A member's own payments come by its contribution, so that they are not counted twice.
    """
    return [
        FUNDING.check(
            "FUNDING_FORM",
            Kind.CONTENT,
            passed=instrument in FORMS[source] and source is not Source.MEMBER,
            pointer="/instrument",
            allowed=sorted(one.value for one in FORMS[source]),
        ),
        FUNDING.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=is_named or source is Source.OWN_INCOME,
            pointer="/provider_name",
            field="provider_name",
        ),
        FINANCING.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=instrument is not Instrument.LOAN or bool(risk_note),
            pointer="/risk_note",
            field="risk_note",
        ),
        FUNDING.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=received_on <= today, pointer="/received_on",
            today=today.isoformat(),
        ),
    ]  # fmt: skip


def release_checks(*, has_legal_entity: bool, is_trustee: bool, held_fen: int) -> list[Check]:
    """Check a release of trust money: to a registered centre, by its trustee's own account."""
    return [
        TRUST.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_trustee),
        TRUST.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=has_legal_entity),
        TRUST.check("NOTHING_HELD", Kind.STATE, passed=held_fen > 0),
    ]


def shares_of(amounts: Mapping[str, int]) -> dict[str, int]:
    """Give each amount's part of the whole in ppm, floored; none where there is nothing."""
    total = sum(amounts.values())
    return {key: amount * WHOLE_PPM // total for key, amount in amounts.items()} if total else {}


def concentration_ppm(by_provider: Mapping[str, int]) -> int:
    """Give the sum of the squared shares (Herfindahl) in ppm: 1,000,000 is one giver alone."""
    total = sum(by_provider.values())
    if not total:
        return 0
    squares = sum(Fraction(amount, total) ** 2 for amount in by_provider.values())
    return int(squares * WHOLE_PPM)


def months_covered(cash_fen: int, costs_fen: int) -> str | None:
    """Give for how many months the money lasts at the last twelve months' costs, to a tenth.

    None where nothing was spent, since no figure would mean anything (A098).
    """
    if costs_fen <= 0:
        return None
    tenths = max(0, cash_fen) * MONTHS_OF_COSTS * 10 // costs_fen
    return f"{tenths // 10}.{tenths % 10}"
