"""What a centre owes by a day (A053); when it is reminded is the arithmetic of `shared.terms`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
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


def start_of(day: date) -> datetime:
    """Give the first instant of a day in Shanghai, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
