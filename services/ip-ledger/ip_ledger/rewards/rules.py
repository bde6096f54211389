"""What an inventor is owed and when: bonuses for grants, parts of income, profits of own use.

The law's figures are the law's: no version of the programme's policy lowers them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import PATENTS, AssetKind
from shared.calendar import months_after
from shared.money import ceiling, half_up, largest_remainder, rate_of
from shared.rules import Check, Kind, Rule

INCENTIVES: Final = Rule("A033", "二(三)功能三")  # 多种激励方式，鼓励科技人员积极转化
GRANT_BONUS: Final = Rule("A033", "二(三)功能三 · 专利法实施细则93")
OWN_USE: Final = Rule("A033", "二(三)功能三 · 转化法45、沪条例34")
LEADERS: Final = Rule("A033", "二(三)功能三 · 沪条例39")

# The rules in force from this day on raised the least bonus (专利法实施细则93).
RAISED_FROM: Final = date(2024, 1, 20)
BONUS_MONTHS: Final = 3
LEAST_BONUS_FEN: Final[Mapping[AssetKind, tuple[int, int]]] = {
    # Before, and from, that day.
    AssetKind.INVENTION: (300_000, 400_000),
    AssetKind.UTILITY: (100_000, 150_000),
    AssetKind.DESIGN: (100_000, 150_000),
}
PROFIT_PPM: Final = 50_000
INSTITUTION_YEARS: Final = 5
LEAST_YEARS: Final = 3
MOST_YEARS: Final = 5


class RewardKind(StrEnum):
    """For what an inventor is rewarded."""

    GRANT_BONUS = "grant_bonus"
    REMUNERATION = "remuneration"
    OWN_USE = "own_use"


class Incentive(StrEnum):
    """In which form a reward is given (A033)."""

    CASH = "cash"
    EQUITY = "equity"
    OPTION = "option"
    DIVIDEND = "dividend"
    PROJECT_PROFIT = "project_profit"


class State(StrEnum):
    """Where a reward stands for one inventor."""

    DUE = "due"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What moves a reward."""

    PAY_PART = "pay_part"
    PAY_REST = "pay_rest"
    CANCEL = "cancel"


# The whole machine: a pair that is absent is refused. What was paid before a run is undone stays
# written down: the inventor then owes it back.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DUE, Event.PAY_PART): State.PARTLY_PAID,
    (State.DUE, Event.PAY_REST): State.PAID,
    (State.PARTLY_PAID, Event.PAY_PART): State.PARTLY_PAID,
    (State.PARTLY_PAID, Event.PAY_REST): State.PAID,
    (State.DUE, Event.CANCEL): State.CANCELLED,
    (State.PARTLY_PAID, Event.CANCEL): State.CANCELLED,
    (State.PAID, Event.CANCEL): State.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Maker:
    """A person who made the invention, for the organization that employs him; parts in ppm."""

    person_id: UUID
    org_id: UUID
    share_ppm: int
    is_head_of_unit: bool = False


# For what, for which asset, by which owner, to which person.
Place = tuple[RewardKind | UUID, ...]


def offsets(
    owed: Sequence[tuple[UUID, Place, int]],
    overpaid: Sequence[tuple[UUID, Place, int]],
) -> list[tuple[UUID, UUID, int]]:
    """Settle what is owed by what was paid for nothing: `(from, to, amount)`, in order.

    Both are `(id, place, amount)`: money that a person got for an invention from an owner settles
    only what the same owner owes the same person for it, and a bonus no part of income.
    """
    left = {one: amount for one, _, amount in overpaid}
    settled = []
    for to_id, place, amount in owed:
        for from_id, other, _ in overpaid:
            part = min(amount, left[from_id])
            if other == place and part > 0:
                settled.append((from_id, to_id, part))
                left[from_id] -= part
                amount -= part
    return settled


def least_bonus_fen(kind: AssetKind, granted_on: date) -> int:
    """Give the least bonus for a patent, by the day on which its grant was announced (C7-8)."""
    before, since = LEAST_BONUS_FEN.get(kind, (0, 0))
    return since if granted_on >= RAISED_FROM else before


def bonus_due_on(granted_on: date) -> date:
    """Give the last day for the bonus: three months after the announcement."""
    return months_after(granted_on, BONUS_MONTHS)


def bonus_checks(
    kind: AssetKind, granted_on: date | None, amount_fen: int, *, is_agreed: bool
) -> list[Check]:
    """Check a bonus against the law's least, which holds where no rule or agreement sets one."""
    granted = kind in PATENTS and granted_on is not None
    least = 0 if granted_on is None else least_bonus_fen(kind, granted_on)
    return [
        GRANT_BONUS.check("NOT_GRANTED", Kind.STATE, passed=granted, pointer="/asset_id"),
        GRANT_BONUS.check(
            "REWARD_BELOW_FLOOR",
            Kind.STATE,
            passed=is_agreed or amount_fen >= least,
            pointer="/amount",
            min={"amount": least, "currency": "CNY"},
        ),
    ]


def owner_checks(owner_id: UUID | None, owners: Collection[UUID]) -> list[Check]:
    """Check that an owner answers for itself: nobody promises another one's money."""
    return [INCENTIVES.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owner_id in owners)]


def maker_checks(makers: Sequence[Maker]) -> list[Check]:
    """Check that there is somebody to reward."""
    return [INCENTIVES.check("INVENTORS_MISSING", Kind.STATE, passed=bool(makers))]


def own_makers(makers: Sequence[Maker], owner_id: UUID) -> list[Maker]:
    """Give the inventors whom an owner rewards: its own, in the order in which they stand."""
    return [maker for maker in makers if maker.org_id == owner_id]


def divided(amount_fen: int, makers: Sequence[Maker]) -> list[int]:
    """Divide a reward among inventors by their parts, to the 分; the parts sum to the reward."""
    whole = sum(maker.share_ppm for maker in makers)
    quotas = [Fraction(amount_fen * maker.share_ppm, whole) for maker in makers]
    return largest_remainder(amount_fen, quotas, range(len(makers)))


def payment_checks(
    state: State, left_fen: int, amount_fen: int, paid_on: date, recorded_on: date, today: date
) -> list[Check]:
    """Check a payment: of what is still owed, and not ahead of time."""
    event = Event.PAY_REST if amount_fen >= left_fen else Event.PAY_PART
    return [
        INCENTIVES.check(
            "STATE_CONFLICT", Kind.STATE, passed=(state, event) in MOVES, state=state.value
        ),
        INCENTIVES.check(
            "PAYMENT_EXCEEDED",
            Kind.CONTENT,
            passed=amount_fen <= left_fen,
            pointer="/amount",
            left_fen=left_fen,
        ),
        INCENTIVES.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=paid_on <= today, pointer="/paid_on",
            today=today.isoformat(),
        ),
        INCENTIVES.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=recorded_on <= paid_on, pointer="/paid_on"
        ),
    ]  # fmt: skip


def publicity_checks(*, is_head_of_unit: bool, published_on: date | None) -> list[Check]:
    """Check that a reward of the unit's own head was made public inside first (沪条例39)."""
    shown = not is_head_of_unit or published_on is not None
    return [LEADERS.check("PUBLICITY_MISSING", Kind.STATE, passed=shown)]


@dataclass(frozen=True, slots=True)
class ProfitYear:
    """A year of an owner's own use: its operating profit, which may be a loss."""

    year: int
    profit_fen: int


def owed_years(
    years: Sequence[ProfitYear], started_on: date, *, is_institution: bool, agreed_years: int
) -> range:
    """Give the years in which a part of the profit is owed (A033, 沪条例34).

    A state institution owes five consecutive years from the first profitable one: a loss later
    gives nothing for that year, and the clock runs on. Others owe theirs from the year in which
    production began.
    """
    if not is_institution:
        return range(started_on.year, started_on.year + agreed_years)
    profitable = [one.year for one in years if one.profit_fen > 0]
    first = min(profitable, default=None)
    return range(0) if first is None else range(first, first + INSTITUTION_YEARS)


def last_day_of(year: int) -> date:
    """Give the day whose inventors share a year's profit."""
    return date(year, 12, 31)


def year_checks(year: int, started_on: date, known: Collection[int], today: date) -> list[Check]:
    """Check that a year has ended, belongs to the use, follows the one before, and is new."""
    return [
        OWN_USE.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=year < today.year, pointer="/year",
            today=today.isoformat(),
        ),
        OWN_USE.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=year == max(known, default=started_on.year - 1) + 1 or year in known,
            pointer="/year",
        ),
        OWN_USE.check(
            "ALREADY_EXISTS", Kind.STATE, passed=year not in known, pointer="/year", key=str(year)
        ),
    ]  # fmt: skip


def profit_reward(
    profit_fen: int, rate_ppm: int | None, *, is_owed: bool, is_institution: bool
) -> tuple[int, int]:
    """Give a year's reward and the least of it: 5 % by default, and always for institutions."""
    if not is_owed or profit_fen <= 0:
        return 0, 0
    least = ceiling(rate_of(profit_fen, PROFIT_PPM))
    if rate_ppm is None:
        return least, least
    agreed = rate_of(profit_fen, rate_ppm)
    amount = ceiling(agreed) if rate_ppm == PROFIT_PPM else half_up(agreed)
    return amount, least if is_institution else 0


def profit_checks(amount_fen: int, floor_fen: int) -> list[Check]:
    """Check that a year's reward is not below the law's part of the profit."""
    return [
        OWN_USE.check(
            "REWARD_BELOW_FLOOR",
            Kind.STATE,
            passed=amount_fen >= floor_fen,
            pointer="/rate_ppm",
            min={"amount": floor_fen, "currency": "CNY"},
        )
    ]


# A university or institute on the register of public institutions (USCC 12…) is state-established.
INSTITUTION_TYPES: Final = frozenset({"university", "institute", "research_institute"})
COMPANY_USCC: Final = ("91", "52")


def is_state_institution(org_type: str, uscc: str) -> bool:
    """Tell whether the law's rates are the least an owner may set (转化法45)."""
    return org_type in INSTITUTION_TYPES and not uscc.startswith(COMPANY_USCC)
