"""How a task is passed to another agency, answered and closed (A135)."""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from shared.calendar import WorkingDays
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

LINKED: Final = Rule("A135", "五(一)")
AGENCY: Final = "agency"


class ReferralState(StrEnum):
    """How far a passed task has come."""

    PASSED = "passed"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    RETURNED = "returned"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ReferralEvent(StrEnum):
    """What happens to it."""

    ACCEPT = "accept"
    RETURN = "return"
    ANSWER = "answer"
    ASK_AGAIN = "ask_again"
    CLOSE = "close"
    WITHDRAW = "withdraw"


class ReferralAnswer(StrEnum):
    """What an agency says to what it was asked."""

    AGREED = "agreed"
    NOT_AGREED = "not_agreed"
    DONE = "done"


# An answered task comes back to its official, who closes it or asks again; a returned one as well.
MOVES: Final[Mapping[tuple[ReferralState, ReferralEvent], ReferralState]] = {
    (ReferralState.PASSED, ReferralEvent.ACCEPT): ReferralState.ACCEPTED,
    (ReferralState.PASSED, ReferralEvent.RETURN): ReferralState.RETURNED,
    (ReferralState.PASSED, ReferralEvent.WITHDRAW): ReferralState.WITHDRAWN,
    (ReferralState.ACCEPTED, ReferralEvent.ANSWER): ReferralState.ANSWERED,
    (ReferralState.ACCEPTED, ReferralEvent.RETURN): ReferralState.RETURNED,
    (ReferralState.ACCEPTED, ReferralEvent.WITHDRAW): ReferralState.WITHDRAWN,
    (ReferralState.ANSWERED, ReferralEvent.CLOSE): ReferralState.CLOSED,
    (ReferralState.ANSWERED, ReferralEvent.ASK_AGAIN): ReferralState.PASSED,
    (ReferralState.RETURNED, ReferralEvent.CLOSE): ReferralState.CLOSED,
    (ReferralState.RETURNED, ReferralEvent.ASK_AGAIN): ReferralState.PASSED,
}

ACCEPT: Final = TaskKind(
    "referral.accept",
    "有转办事项待接收",
    "A task was passed to you: accept it, or return it",
    LINKED,
    "POST",
    "/v1/referrals/{id}/accept",
)
ANSWER: Final = TaskKind(
    "referral.answer",
    "有转办事项待答复",
    "A task that was passed to you waits for your answer",
    LINKED,
    "POST",
    "/v1/referrals/{id}/answers",
)
CLOSE: Final = TaskKind(
    "referral.close",
    "转办事项已答复或退回，待办结",
    "A task that was passed on came back: close it, or ask again",
    LINKED,
    "POST",
    "/v1/referrals/{id}/close",
)
# What waits in which state, for the agency and for the officials.
OF_AGENCY: Final[Mapping[ReferralState, TaskKind]] = {
    ReferralState.PASSED: ACCEPT,
    ReferralState.ACCEPTED: ANSWER,
}
OF_OFFICIALS: Final[Mapping[ReferralState, TaskKind]] = {
    ReferralState.ANSWERED: CLOSE,
    ReferralState.RETURNED: CLOSE,
}


def passing_checks(
    held_by_agency: Collection[str], due_on: date, today: date, calendar: WorkingDays
) -> list[Check]:
    """Check that a task goes to an agency, with a working day to come as its last."""
    return [
        LINKED.check(
            "AGENCY_REQUIRED",
            Kind.STATE,
            passed=AGENCY in held_by_agency,
            pointer="/agency_id",
        ),
        *due_checks(due_on, today, calendar),
    ]


def due_checks(due_on: date, today: date, calendar: WorkingDays) -> list[Check]:
    """Check a last day: today at the earliest, and a working day (X10)."""
    fit = due_on >= today and calendar.is_working(due_on)
    return [
        LINKED.check("FIELD_INVALID", Kind.CONTENT, passed=fit, pointer="/due_on", field="due_on")
    ]


def move_checks(state: ReferralState, event: ReferralEvent) -> list[Check]:
    """Check that this may happen now."""
    return [LINKED.move(MOVES, state, event)]
