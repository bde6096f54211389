"""When an office wants a fee for a right, how much, and what happens without it: law as data.

A schedule is a kind of right at an office. Days are the office's: the last day of a fee is the day
of its year that corresponds to the filing (or the grant), moved on to the next working day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from ip_ledger.assets.rules import DOMESTIC, AssetKind
from shared.calendar import WorkingDays, months_after

# Like the registry's milestones (A053): three months, a month, and on the last day.
REMINDER_DAYS: Final = (90, 30, 0)
MONTHS_A_YEAR: Final = 12


class CountedFrom(StrEnum):
    """From which day of a right its fees are counted."""

    FILING = "filing"
    GRANT = "grant"


class EndsWith(StrEnum):
    """Which day is the last of a right whose fee was never paid."""

    DUE_DAY = "due_day"
    GRACE = "grace"


class Relief(StrEnum):
    """A reduction that the office granted (专利收费减缴办法)."""

    NONE = "none"
    SOLE = "sole"
    JOINT = "joint"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The fees of a kind of right at an office.

    `months` gives for each fee's number how many months after the first day it is due, the day
    itself included. `steps_fen` gives amounts by the first number to which each applies; an office
    whose tariff is not kept here has none. `surcharge` is the part of the whole fee that each month
    of lateness costs, from the second month on.
    """

    law: str
    counted_from: CountedFrom
    months: Mapping[int, int]
    grace_months: int
    ends_with: EndsWith
    steps_fen: Mapping[int, int]
    surcharge: Fraction
    # The office reduces the fees of so many years, the year of the grant being the first.
    relief_years: int = 0


def _yearly(last: int) -> dict[int, int]:
    """The fee of year n is due when year n - 1 ends; that of the first year with the filing."""
    return {number: (number - 1) * MONTHS_A_YEAR for number in range(2, last + 1)}


CHINESE: Final = "专利法43、44；实施细则（2010年文本）98"
FIVE_PERCENT: Final = Fraction(1, 20)
# 年费标准（元）：发明 900/1200/2000/4000/6000/8000；实用新型、外观设计 600/900/1200/2000；
# 外观设计第 11—15 年 3000（发改价格〔2022〕465号）。
SCHEDULES: Final[Mapping[tuple[str, AssetKind], Schedule]] = {
    (DOMESTIC, AssetKind.INVENTION): Schedule(
        CHINESE, CountedFrom.FILING, _yearly(20), 6, EndsWith.DUE_DAY,
        {1: 90_000, 4: 120_000, 7: 200_000, 10: 400_000, 13: 600_000, 16: 800_000},
        FIVE_PERCENT, relief_years=10,
    ),
    (DOMESTIC, AssetKind.UTILITY): Schedule(
        CHINESE, CountedFrom.FILING, _yearly(10), 6, EndsWith.DUE_DAY,
        {1: 60_000, 4: 90_000, 6: 120_000, 9: 200_000}, FIVE_PERCENT, relief_years=10,
    ),
    (DOMESTIC, AssetKind.DESIGN): Schedule(
        CHINESE, CountedFrom.FILING, _yearly(15), 6, EndsWith.DUE_DAY,
        {1: 60_000, 4: 90_000, 6: 120_000, 9: 200_000, 11: 300_000}, FIVE_PERCENT, relief_years=10,
    ),
    # Three and a half, seven and a half, eleven and a half years after the grant.
    ("US", AssetKind.INVENTION): Schedule(
        "35 U.S.C. 41(b)", CountedFrom.GRANT, {1: 42, 2: 90, 3: 138}, 6, EndsWith.GRACE,
        {}, Fraction(0),
    ),
}  # fmt: skip
# 专利收费减缴办法（财税〔2016〕78号）：一个权利人减 85%，两个以上减 70%。
RELIEFS: Final[Mapping[Relief, Fraction]] = {
    Relief.NONE: Fraction(0),
    Relief.SOLE: Fraction(85, 100),
    Relief.JOINT: Fraction(70, 100),
}
# Why no fee is asked for other rights: nothing has to be renewed.
WITHOUT_FEES: Final[Mapping[AssetKind, str]] = {
    AssetKind.SOFTWARE: "软件条例14",
    AssetKind.IC_LAYOUT: "布图设计条例12",
    AssetKind.KNOW_HOW: "反不正当竞争法9",
    AssetKind.STANDARD: "标准化法29",
}


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee as the law sets it; both days are included, `amount_fen` is the whole fee.

    `statutory_on` is the day of the calendar, `due_on` the working day on which it ends.
    """

    number: int
    statutory_on: date
    due_on: date
    grace_until: date
    amount_fen: int | None


def schedule_of(kind: AssetKind, jurisdiction: str) -> Schedule | None:
    """Give the schedule of a kind of right at an office, None where none is kept."""
    return SCHEDULES.get((jurisdiction, kind))


def fees_of(
    schedule: Schedule, filed_on: date | None, granted_on: date | None, calendar: WorkingDays
) -> list[Fee]:
    """Give every fee that falls due after the grant; the grant itself pays for its own year.

    Of a day that no right was ever filed on, those that the calendar still has are given.
    """
    if granted_on is None or filed_on is None:
        return []
    first = filed_on if schedule.counted_from is CountedFrom.FILING else granted_on
    fees = [
        _fee(schedule, number, months_after(first, months), calendar)
        for number, months in schedule.months.items()
        if months_after(first, months) > granted_on
    ]
    return [fee for fee in fees if fee.grace_until < date.max]


def _fee(schedule: Schedule, number: int, statutory_on: date, calendar: WorkingDays) -> Fee:
    return Fee(
        number,
        statutory_on,
        _worked(statutory_on, calendar),
        _worked(months_after(statutory_on, schedule.grace_months), calendar),
        whole_fen(schedule, number),
    )


def _worked(day: date, calendar: WorkingDays) -> date:
    """Give the day, or the first working day after it (实施细则5: 期限届满日是法定休假日的)."""
    return day if day == date.max or calendar.is_working(day) else calendar.next_after(day)


def whole_fen(schedule: Schedule, number: int) -> int | None:
    """Give the whole fee of a number, None where the office's tariff is not kept."""
    steps = [first for first in schedule.steps_fen if first <= number]
    return schedule.steps_fen[max(steps)] if steps else None


def relieved_fen(schedule: Schedule, fee: Fee, relief: Relief, first_number: int) -> int | None:
    """Give the fee less a reduction, in the years for which the office grants one."""
    if fee.amount_fen is None:
        return None
    years = fee.number - first_number + 2
    part = RELIEFS[relief] if years <= schedule.relief_years else Fraction(0)
    return int(fee.amount_fen * (1 - part))


def months_late(fee: Fee, paid_on: date) -> int:
    """Count the whole months that are over: none by the due day, five at the end of the grace.

    Within the first month nothing is added; with the day after it the first month counts, up to
    and with the day on which the second ends.
    """
    if paid_on <= fee.due_on:
        return 0
    return sum(months_after(fee.statutory_on, month) < paid_on for month in range(1, 7))


def surcharge_fen(schedule: Schedule, fee: Fee, paid_on: date) -> int:
    """Give what lateness adds: a part of the whole fee for each month over, reduced or not."""
    whole = Fraction(fee.amount_fen or 0)
    months = min(months_late(fee, paid_on), schedule.grace_months - 1)
    return int(whole * schedule.surcharge * months)


def owed_fen(
    schedule: Schedule, fee: Fee, relief: Relief, first_number: int, paid_on: date
) -> int | None:
    """Give what a fee comes to on a day: reduced, with what lateness adds to it."""
    relieved = relieved_fen(schedule, fee, relief, first_number)
    return None if relieved is None else relieved + surcharge_fen(schedule, fee, paid_on)
