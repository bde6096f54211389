"""When a day may be declared worked or free: by two officials, and never after it has passed."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

CALENDAR: Final = Rule("X10", "delivery")
DUTIES: Final = Rule("X03", "delivery")
# An announcement covers a year; a correction some days of it.
MOST_DAYS: Final = 400
APPROVE: Final = TaskKind(
    "working_days.approve",
    "复核工作日调整",
    "Approve a change of working days",
    CALENDAR,
    "POST",
    "/v1/registry/working-day-changes/{id}/approve",
)


class ChangeState(StrEnum):
    """Where a change of the calendar, or of the policy, is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


def proposal_checks(days: Sequence[date], today: date) -> list[Check]:
    """Check that each day stands once and lies ahead: a deadline that was judged stays judged."""
    passed = sorted({day for day in days if day <= today})
    return [
        CALENDAR.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=0 < len(set(days)) == len(days) <= MOST_DAYS,
            pointer="/days",
            field="days",
        ),
        CALENDAR.check(
            "DAYS_PASSED",
            Kind.CONTENT,
            passed=not passed,
            pointer="/days",
            days=[day.isoformat() for day in passed],
        ),
    ]


def decision_checks(state: ChangeState, proposer_id: UUID, decider_id: UUID) -> list[Check]:
    """Check that somebody else decides, and once."""
    return [
        DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=proposer_id != decider_id),
        CALENDAR.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state is ChangeState.PROPOSED,
            state=state.value,
            event="decide",
        ),
    ]
