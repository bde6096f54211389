"""Periods in working days, deadlines in Shanghai, years nobody has announced."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import WorkingDays, day_of, deadline, years_before

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
    assert not CALENDAR.is_working(holiday)
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
