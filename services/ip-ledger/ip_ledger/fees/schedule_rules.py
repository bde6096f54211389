"""When an office wants a fee for a right, how much, and what happens without it.

A schedule is a kind of right at an office, in a version of the office's tariff. Days are the
office's: the last day of a fee is the day of its year that corresponds to the filing (or the
grant), moved on to the next working day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import AssetKind
from shared.calendar import WorkingDays, months_after

# Like the registry's milestones (A053): three months, a month, and on the last day.
REMINDER_DAYS: Final = (90, 30, 0)


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
    """The fees of a kind of right at an office, as a version of its tariff says.

    `months` gives for each fee's number how many months after the first day it is due, the day
    itself included, and `amounts_fen` what it comes to; an office whose amounts are not kept here
    has none. `surcharge` is the part of the whole fee that each month of lateness costs, from the
    second month on. Both days of the version are included.
    """

    tariff_id: UUID
    law: str
    from_on: date
    until_on: date | None
    is_confirmed: bool
    counted_from: CountedFrom
    months: Mapping[int, int]
    grace_months: int
    ends_with: EndsWith
    amounts_fen: Mapping[int, int]
    surcharge: Fraction
    # The office reduces the fees of so many years, the year of the grant being the first.
    relief_years: int = 0
    reliefs: Mapping[Relief, Fraction] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Tell whether the version is in force on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


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


def schedule_on(schedules: Sequence[Schedule], day: date) -> Schedule | None:
    """Give the version in force on a day, None where none is kept."""
    return next((one for one in schedules if one.holds_on(day)), None)


def fees_of(
    schedules: Sequence[Schedule],
    filed_on: date | None,
    granted_on: date | None,
    calendar: WorkingDays,
) -> list[Fee]:
    """Give every fee that falls due after the grant; the grant itself pays for its own year.

    Each is as the version says that is in force on the day on which it falls due. Of a day that no
    right was ever filed on, those that the calendar still has are given.
    """
    if granted_on is None or filed_on is None:
        return []
    fees: dict[int, Fee] = {}
    for schedule in schedules:
        first = filed_on if schedule.counted_from is CountedFrom.FILING else granted_on
        for number, months in schedule.months.items():
            day = months_after(first, months)
            if day > granted_on and schedule.holds_on(day):
                # A number that two versions put on different days is owed once, the first time.
                fees.setdefault(number, _fee(schedule, number, day, calendar))
    ordered = sorted(fees.values(), key=lambda fee: fee.number)
    return [fee for fee in ordered if fee.grace_until < date.max]


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
    """Give the whole fee of a number, None where the office's amounts are not kept."""
    return schedule.amounts_fen.get(number)


def relieved_fen(schedule: Schedule, fee: Fee, relief: Relief, first_number: int) -> int | None:
    """Give the fee less a reduction, in the years for which the office grants one."""
    if fee.amount_fen is None:
        return None
    years = fee.number - first_number + 2
    part = schedule.reliefs.get(relief, Fraction(0)) if years <= schedule.relief_years else 0
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
