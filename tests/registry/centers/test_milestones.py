"""What is said of a duty before its last day, on it, and the day after (A053)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.centers.rules import is_overdue, next_on, reached, steps
from registry.governance.rules import last_working_day
from shared.calendar import WorkingDays

DUE = date(2027, 6, 30)
DAYS = [90, 30, 0]


@pytest.mark.requirement("A053")
@pytest.mark.parametrize(
    ("today", "said", "following"),
    [
        (date(2027, 3, 31), None, date(2027, 4, 1)),
        (date(2027, 4, 1), 90, date(2027, 5, 31)),
        (date(2027, 5, 30), 90, date(2027, 5, 31)),
        (date(2027, 5, 31), 30, date(2027, 6, 30)),
        (date(2027, 6, 30), 0, date(2027, 7, 1)),
    ],
)
def test_reminders_come_ninety_thirty_and_no_days_before(
    today: date, said: int | None, following: date
) -> None:
    step = reached(DUE, DAYS, today)
    assert (None if step is None else step.days_before) == said
    assert next_on(DUE, DAYS, today) == following
    assert not is_overdue(DUE, today)


@pytest.mark.requirement("A053")
@pytest.mark.refusing
def test_the_day_after_the_last_one_it_is_overdue() -> None:
    day = date(2027, 7, 1)
    step = reached(DUE, DAYS, day)
    assert step is not None
    assert step.days_before is None
    assert next_on(DUE, DAYS, day) is None
    assert is_overdue(DUE, day)


@given(
    st.dates(date(2020, 1, 1), date(2099, 12, 31)),
    st.lists(st.integers(0, 365), max_size=5),
    st.integers(-400, 400),
)
def test_every_day_has_a_step_behind_it_or_before_it(
    due_on: date, days: list[int], away: int
) -> None:
    today = due_on + timedelta(days=away)
    said = steps(due_on, days)
    assert said == sorted(said, key=lambda step: step.on)
    behind, before = reached(due_on, days, today), next_on(due_on, days, today)
    assert behind is not None or before is not None
    assert (before is None) == is_overdue(due_on, today)
    assert behind is None or before is None or behind.on <= today < before


def test_a_period_ends_on_a_working_day() -> None:
    assert last_working_day(WorkingDays(), date(2026, 5, 3)) == date(2026, 5, 6)
    assert last_working_day(WorkingDays(), date(2026, 5, 6)) == date(2026, 5, 6)
