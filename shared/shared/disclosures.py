"""By when a decision has to be public; how many working days that is the policy says (X11)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from shared.calendar import WorkingDays, day_of
from shared.rules import Policy, Rule

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


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A decision that has to be public and is not yet."""

    kind: str
    subject_id: UUID
    center_id: UUID | None
    term: Term


def with_terms(
    decisions: Iterable[tuple[str, UUID, UUID | None, datetime]],
    policies: Mapping[date, Policy],
    today: date,
    calendar: WorkingDays,
) -> list[Outstanding]:
    """Give decisions with their terms; each is its kind, subject, centre, and when it was formed.

    A decision belongs to the day in Shanghai on which it was formed, and that day's policy says how
    long it may take.
    """
    return [
        Outstanding(kind, subject_id, center_id, term_of(day, working_days, today, calendar))
        for kind, subject_id, center_id, formed_at in decisions
        for day in (day_of(formed_at),)
        for working_days in (policies[day].value("X11", "publication_working_days"),)
    ]
