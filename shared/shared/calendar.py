"""Working days and the days of Shanghai (X10).

The State Council announces each year's holidays and make-up days late in the year before. Announced
years come from `chinesecalendar`; a table of overrides says otherwise for single days; a year that
nobody has announced yet is computed from the override table and the weekends, and is provisional.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]  # it ships no types

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
ANNOUNCED_YEARS: Final = range(2004, max(chinese_calendar.holidays).year + 1)
SATURDAY: Final = 5
# No period of the programme is longer; a bound keeps a wrong figure from walking the calendar.
LONGEST_PERIOD_DAYS: Final = 1_000

# What the law already says of years that are not announced: statutory days, and the working days
# after them that stand in for those that fall on a weekend. Make-up Saturdays are not guessed.
EXPECTED_HOLIDAYS: Final[tuple[date, ...]] = (
    date(2027, 1, 1),
    date(2027, 2, 5),
    date(2027, 2, 6),
    date(2027, 2, 7),
    date(2027, 2, 8),
    date(2027, 2, 9),
    date(2027, 2, 10),
    date(2027, 4, 5),
    date(2027, 5, 1),
    date(2027, 5, 2),
    date(2027, 5, 3),
    date(2027, 5, 4),
    date(2027, 6, 9),
    date(2027, 9, 15),
    date(2027, 10, 1),
    date(2027, 10, 2),
    date(2027, 10, 3),
    date(2027, 10, 4),
    date(2027, 10, 5),
    date(2028, 1, 1),
    date(2028, 1, 3),
    date(2028, 1, 25),
    date(2028, 1, 26),
    date(2028, 1, 27),
    date(2028, 1, 28),
    date(2028, 4, 4),
    date(2028, 5, 1),
    date(2028, 5, 2),
    date(2028, 5, 28),
    date(2028, 5, 29),
    date(2028, 10, 1),
    date(2028, 10, 2),
    date(2028, 10, 3),
    date(2028, 10, 4),
    date(2028, 10, 5),
)
EXPECTED_DAYS: Final[Mapping[date, bool]] = MappingProxyType(
    dict.fromkeys((day for day in EXPECTED_HOLIDAYS if day.year not in ANNOUNCED_YEARS), False)
)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working days, as a value: the same overrides give the same answers everywhere.

    `overrides` maps a day to whether it is worked, and prevails over everything else.
    """

    overrides: Mapping[date, bool] = field(default_factory=lambda: EXPECTED_DAYS)

    def is_working(self, day: date) -> bool:
        """Tell whether a day is worked."""
        if day in self.overrides:
            return self.overrides[day]
        if day.year in ANNOUNCED_YEARS:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < SATURDAY

    def is_provisional(self, day: date) -> bool:
        """Tell whether the day's year has not been announced, so that its answer may change."""
        return day.year not in ANNOUNCED_YEARS

    def add(self, day: date, working_days: int) -> date:
        """Give the last day of a period of so many working days that begins after `day`.

        The last day is included: five working days from Monday 2026-03-02 end on Monday 03-09.
        Zero gives the day itself. A negative or absurdly long period is a `ValueError`.
        """
        if not 0 <= working_days <= LONGEST_PERIOD_DAYS:
            msg = f"a period is 0 to {LONGEST_PERIOD_DAYS} working days"
            raise ValueError(msg)
        last = day
        for _ in range(working_days):
            last = self.next_after(last)
        return last

    def next_after(self, day: date) -> date:
        """Give the first working day after a day."""
        return next(later for later in _days_after(day) if self.is_working(later))

    def between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and with `last`."""
        days = ((last - first).days) if last > first else 0
        return sum(self.is_working(first + timedelta(days=step + 1)) for step in range(days))


def deadline(last_day: date) -> datetime:
    """Give the last instant of a day in Shanghai, 23:59:59 there, in UTC (X10)."""
    return datetime.combine(last_day, time(23, 59, 59), SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Give the instant just after a day in Shanghai: what was known that day came before it."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """Give the day in Shanghai on which an aware instant falls."""
    return instant.astimezone(SHANGHAI).date()


def years_before(day: date, years: int) -> date:
    """Give the same day so many years earlier; 29 February becomes 28 February (C7 vector 6)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def months_after(day: date, months: int) -> date:
    """Give the same day so many months later, or the last day of a shorter month.

    Past the end of the calendar its last day is given.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += timedelta(days=1)
        yield day
