"""Terms that end on a day: when they are called to mind, and from when on they are overdue.

The last day still belongs to the term; the day after it the duty is overdue. Days are Shanghai's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """A day on which something is to be said; `days_before` is `None` for being overdue."""

    on: date
    days_before: int | None


def steps(due_on: date, reminder_days: Sequence[int]) -> list[Step]:
    """Give the days of a term on which something is said, the overdue day last."""
    reminders = sorted(set(reminder_days), reverse=True)
    said = [Step(due_on - timedelta(days=days), days) for days in reminders]
    return [*said, Step(due_on + timedelta(days=1), None)]


def reached(due_on: date, reminder_days: Sequence[int], today: date) -> Step | None:
    """Give the last step whose day has come; earlier ones that nobody saw are not made up for."""
    come = [step for step in steps(due_on, reminder_days) if step.on <= today]
    return come[-1] if come else None


def next_on(due_on: date, reminder_days: Sequence[int], today: date) -> date | None:
    """Give the day of the next step after today; none, once it is overdue."""
    return next((step.on for step in steps(due_on, reminder_days) if step.on > today), None)


def is_overdue(due_on: date, today: date) -> bool:
    """Tell whether the last day is over."""
    return today > due_on
