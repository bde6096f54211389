"""A rectification: a plan within thirty days, a re-check on site at the end of a year (B2, C2)."""

from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

RECTIFICATION: Final = Rule("A125", "四(四)")


class RectificationState(StrEnum):
    """Where a rectification stands."""

    ORDERED = "ordered"
    PLANNED = "planned"
    PASSED = "passed"
    FAILED = "failed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


# Until its centre has left the stage, there is one of these at most.
RECTIFICATION_OPEN: Final = (
    RectificationState.ORDERED,
    RectificationState.PLANNED,
    RectificationState.PASSED,
    RectificationState.FAILED,
)


def plan_checks(state: RectificationState) -> list[Check]:
    """Check that the plan may still be filed: late is better than never, after the end not."""
    passed = state in {RectificationState.ORDERED, RectificationState.PLANNED}
    return [RECTIFICATION.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def recheck_filing_checks(state: RectificationState) -> list[Check]:
    """Check that the re-check follows a plan, and is made once."""
    passed = state is RectificationState.PLANNED
    return [RECTIFICATION.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]
