"""Which decisions have to be public, by whom, and by which working day (X11).

What becomes public by itself, as a listing, a catalogue entry or a change of stage does, is no
duty of anybody; only decisions that somebody still has to publish are.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.calendar import WorkingDays
from shared.rules import Rule
from shared.tasks import TaskKind

# 政府信息公开条例第二十六条: within 20 working days from the day of formation or change.
PUBLICATION: Final = Rule("X11", "政府信息公开条例26")


@dataclass(frozen=True, slots=True)
class Duty:
    """A decision by its event, the state in which it is not public yet, and who publishes it."""

    kind: str
    formed_by: str
    state: str
    who_acts: str
    method: str
    path: str


DUTIES: Final = (
    Duty("application", "application.recommended", "commission_review", "handler",
         "POST", "/v1/registry/applications/{id}/notice"),
    Duty("product", "product.reviewed", "reviewed", "handler",
         "POST", "/v1/registry/products/{id}/notice"),
    Duty("award", "award.approved", "approved", "handler",
         "POST", "/v1/registry/awards/{id}/publish"),
)  # fmt: skip
NOTICE_TASK: Final = TaskKind(
    "application.open_notice", "公示拟认定中心", "Open the public notice of an application",
    PUBLICATION, "POST", "/v1/registry/applications/{id}/notice",
)  # fmt: skip


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
