"""By when a decision has to be public; how many working days that is the policy says (X11)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.calendar import WorkingDays
from shared.rules import Rule

# 政府信息公开条例第二十六条: within 20 working days from the day of formation or change.
PUBLICATION: Final = Rule("X11", "政府信息公开条例26")


@dataclass(frozen=True, slots=True)
class Term:
    """By when something has to be public, and how that stands today."""

    formed_on: date
    due_on: date
    days_left: int
    overdue: bool


def term_of(formed_on: date, working_days: int, today: date, calendar: WorkingDays) -> Term:
    """Give the term of a decision: its last working day is included.

    `days_left` counts the working days that remain after today up to the last one.
    """
    due_on = calendar.add(formed_on, working_days)
    return Term(formed_on, due_on, calendar.between(today, due_on), today > due_on)
