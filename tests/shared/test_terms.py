"""Terms that end on a day: the day before, the day, and the day after."""

from datetime import date, timedelta

import pytest

from shared.terms import Step, is_overdue, next_on, reached, steps

DUE = date(2026, 3, 31)
REMINDERS = (7, 30, 7, 0)


def before(days: int) -> date:
    return DUE - timedelta(days=days)


def test_a_term_is_called_to_mind_in_order_and_is_overdue_the_day_after() -> None:
    assert steps(DUE, REMINDERS) == [
        Step(before(30), 30),
        Step(before(7), 7),
        Step(DUE, 0),
        Step(before(-1), None),
    ]
    assert steps(DUE, ()) == [Step(before(-1), None)]


@pytest.mark.parametrize(
    ("today", "said", "following"),
    [
        (before(31), None, before(30)),
        (before(30), Step(before(30), 30), before(7)),
        (before(8), Step(before(30), 30), before(7)),
        (before(7), Step(before(7), 7), DUE),
        (before(1), Step(before(7), 7), DUE),
        (DUE, Step(DUE, 0), before(-1)),
        (before(-1), Step(before(-1), None), None),
        (before(-400), Step(before(-1), None), None),
    ],
)
def test_the_last_step_that_came_is_said_and_the_next_one_waits(
    today: date, said: Step | None, following: date | None
) -> None:
    assert reached(DUE, REMINDERS, today) == said
    assert next_on(DUE, REMINDERS, today) == following


def test_the_last_day_still_belongs_to_the_term() -> None:
    assert not is_overdue(DUE, before(1))
    assert not is_overdue(DUE, DUE)
    assert is_overdue(DUE, before(-1))
