"""Periods in working days, deadlines in Shanghai, years nobody has announced."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import (
    EXPECTED_HOLIDAYS,
    LONGEST_PERIOD_DAYS,
    WorkingDays,
    day_of,
    deadline,
    end_of_day,
    months_after,
    years_before,
)

CALENDAR = WorkingDays()
DAYS = st.dates(date(2004, 1, 1), date(2040, 12, 31))


@pytest.mark.requirement("X10", "X09")
def test_five_working_days_from_monday_end_on_the_next_monday() -> None:
    assert CALENDAR.add(date(2026, 3, 2), 5) == date(2026, 3, 9)


@pytest.mark.requirement("X10")
def test_a_make_up_saturday_is_worked_and_a_holiday_is_not() -> None:
    assert CALENDAR.is_working(date(2026, 2, 14))
    assert not CALENDAR.is_working(date(2026, 2, 16))


@pytest.mark.requirement("X10")
@pytest.mark.parametrize("holiday", [date(2027, 2, 8), date(2028, 1, 27), date(2028, 10, 5)])
def test_a_year_nobody_has_announced_comes_from_the_table_and_is_provisional(holiday: date) -> None:
    assert not WorkingDays().is_working(holiday)
    assert CALENDAR.is_provisional(holiday)
    assert not CALENDAR.is_provisional(date(2026, 12, 31))


@pytest.mark.requirement("X10")
def test_an_override_prevails_over_the_announcement() -> None:
    closed = WorkingDays({date(2026, 3, 3): False})
    assert closed.add(date(2026, 3, 2), 5) == date(2026, 3, 10)


@pytest.mark.requirement("X10")
def test_a_deadline_ends_one_second_before_midnight_in_shanghai() -> None:
    assert deadline(date(2026, 3, 9)) == datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC)
    assert day_of(datetime(2026, 3, 9, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 9)
    assert day_of(datetime(2026, 3, 9, 16, 0, tzinfo=UTC)) == date(2026, 3, 10)


@pytest.mark.requirement("X10")
@pytest.mark.refusing
@pytest.mark.parametrize("days", [-1, 1_001])
def test_an_impossible_period_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        CALENDAR.add(date(2026, 3, 2), days)


@pytest.mark.requirement("A051")
@pytest.mark.parametrize(
    ("day", "limit"),
    [
        (date(2026, 5, 20), date(2023, 5, 20)),
        (date(2024, 2, 29), date(2021, 2, 28)),
        (date(2023, 2, 28), date(2020, 2, 28)),
    ],
)
def test_three_years_before_keeps_the_day_and_shortens_february(day: date, limit: date) -> None:
    assert years_before(day, 3) == limit


@given(DAYS, st.integers(0, 60))
def test_a_period_ends_on_a_working_day_and_counts_back_to_its_length(day: date, days: int) -> None:
    last = CALENDAR.add(day, days)
    assert CALENDAR.between(day, last) == days
    assert days == 0 or CALENDAR.is_working(last)


@given(DAYS)
def test_every_week_has_a_working_day_within_a_fortnight(day: date) -> None:
    assert CALENDAR.next_after(day) - day < timedelta(days=14)


# First and last day of each: the statutory days, and the working days that stand in for them.
SPANS = [
    ("2027-01-01", "2027-01-01"), ("2027-02-05", "2027-02-10"), ("2027-04-05", "2027-04-05"),
    ("2027-05-01", "2027-05-04"), ("2027-06-09", "2027-06-09"), ("2027-09-15", "2027-09-15"),
    ("2027-10-01", "2027-10-05"), ("2028-01-01", "2028-01-01"), ("2028-01-03", "2028-01-03"),
    ("2028-01-25", "2028-01-28"), ("2028-04-04", "2028-04-04"), ("2028-05-01", "2028-05-02"),
    ("2028-05-28", "2028-05-29"), ("2028-10-01", "2028-10-05"),
]  # fmt: skip


@pytest.mark.requirement("X10")
def test_the_days_that_the_law_already_says_are_these() -> None:
    days = [
        date.fromordinal(number)
        for first, last in SPANS
        for number in range(
            date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1
        )
    ]
    assert list(EXPECTED_HOLIDAYS) == days


@pytest.mark.requirement("X10")
@pytest.mark.parametrize(
    ("day", "working"),
    [("2003-12-26", True), ("2003-12-27", False), ("2030-05-03", True), ("2030-05-04", False),
     ("2030-05-05", False), ("2030-05-06", True), ("2004-01-01", False), ("2004-01-02", True),
     # A make-up Saturday, and a day off in the middle of a week: only the announcement knows.
     ("2004-01-17", True), ("2004-01-22", False)],
)  # fmt: skip
def test_outside_of_the_announced_years_weekends_alone_are_free(day: str, *, working: bool) -> None:
    assert WorkingDays({}).is_working(date.fromisoformat(day)) is working
    assert WorkingDays({}).is_provisional(date.fromisoformat(day)) is (
        not 2004 <= int(day[:4]) <= 2026
    )


@pytest.mark.requirement("X10")
def test_the_longest_period_is_a_thousand_days_and_none_is_the_day_itself() -> None:
    assert LONGEST_PERIOD_DAYS == 1_000
    assert CALENDAR.add(date(2026, 2, 16), 0) == date(2026, 2, 16)
    last = CALENDAR.add(date(2026, 3, 2), 1_000)
    assert CALENDAR.between(date(2026, 3, 2), last) == 1_000


@pytest.mark.requirement("X10")
@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2026-03-02", "2026-03-02", 0), ("2026-03-02", "2026-03-03", 1),
     ("2026-03-02", "2026-03-09", 5), ("2026-03-06", "2026-03-08", 0),
     ("2026-03-09", "2026-03-02", 0)],
)  # fmt: skip
def test_working_days_are_counted_after_the_first_and_with_the_last(
    first: str, last: str, days: int
) -> None:
    assert CALENDAR.between(date.fromisoformat(first), date.fromisoformat(last)) == days


@pytest.mark.requirement("X10")
def test_a_day_is_over_at_midnight_in_shanghai() -> None:
    assert end_of_day(date(2026, 3, 9)) == datetime(2026, 3, 9, 16, 0, tzinfo=UTC)


@pytest.mark.requirement("X10")
@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"),
     ("2026-01-15", 0, "2026-01-15"), ("2026-01-15", 11, "2026-12-15"),
     ("2026-12-15", 1, "2027-01-15"), ("2026-05-20", 24, "2028-05-20"),
     ("2025-10-31", 2, "2025-12-31"), ("2024-02-29", 12, "2025-02-28"),
     ("2025-12-31", 2, "2026-02-28"), ("2026-05-31", 1, "2026-06-30"),
     ("2026-11-30", 1, "2026-12-30"),
     ("9999-11-30", 1, "9999-12-30"), ("9999-12-30", 1, "9999-12-31"),
     ("9999-06-15", 12, "9999-12-31")],
)  # fmt: skip
def test_months_later_keep_the_day_and_end_with_a_shorter_month(
    day: str, months: int, later: str
) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)
