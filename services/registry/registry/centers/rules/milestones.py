"""What a centre owes by a day: when it is reminded, and from when on it is overdue (A053).

The last day still belongs to the term; the day after it the duty is overdue. Days are Shanghai's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from shared.calendar import SHANGHAI


class MilestoneKind(StrEnum):
    """What is owed: a legal person, a plan of rectification, its end, members enough."""

    ENTITY_REGISTRATION = "entity_registration"
    RECTIFICATION_PLAN = "rectification_plan"
    RECTIFICATION = "rectification"
    COMPOSITION = "composition"


class MilestoneState(StrEnum):
    """Where it stands; a cancelled one ended with its centre or with its cause."""

    OPEN = "open"
    OVERDUE = "overdue"
    MET = "met"
    CANCELLED = "cancelled"


OWED: Final = (MilestoneState.OPEN, MilestoneState.OVERDUE)
# The row of the policy that says how many days before the last one a duty is called to mind.
REMINDER_ROWS: Final[Mapping[MilestoneKind, str]] = {
    MilestoneKind.ENTITY_REGISTRATION: "A053",
    MilestoneKind.RECTIFICATION_PLAN: "A125",
    MilestoneKind.RECTIFICATION: "A125",
    MilestoneKind.COMPOSITION: "A049",
}


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


def start_of(day: date) -> datetime:
    """Give the first instant of a day in Shanghai, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
