"""A rectification: a plan within thirty days, a re-check on site at the end of a year (B2, C2)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

RECTIFICATION: Final = Rule("A125", "四(四)")
UNQUALIFIED: Final = "unqualified"


class RectificationState(StrEnum):
    """Where a rectification stands."""

    ORDERED = "ordered"
    PLANNED = "planned"
    PASSED = "passed"
    FAILED = "failed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class RectificationEvent(StrEnum):
    """What may happen to a rectification."""

    PLAN = "plan"
    SUCCEED = "succeed"
    FAIL = "fail"
    # Its centre leaves the stage, whichever way.
    CLOSE = "close"
    # A better version of the year takes its cause away.
    WITHDRAW = "withdraw"


# Until its centre has left the stage, there is one of these at most.
RECTIFICATION_OPEN: Final = (
    RectificationState.ORDERED,
    RectificationState.PLANNED,
    RectificationState.PASSED,
    RectificationState.FAILED,
)
# The whole machine: a pair that is absent is refused. A plan may be late, and may be bettered; the
# re-check follows it, and is made once.
RECTIFICATION_MOVES: Final[
    Mapping[tuple[RectificationState, RectificationEvent], RectificationState]
] = {
    (RectificationState.ORDERED, RectificationEvent.PLAN): RectificationState.PLANNED,
    (RectificationState.PLANNED, RectificationEvent.PLAN): RectificationState.PLANNED,
    (RectificationState.PLANNED, RectificationEvent.SUCCEED): RectificationState.PASSED,
    (RectificationState.PLANNED, RectificationEvent.FAIL): RectificationState.FAILED,
    **{
        (state, RectificationEvent.CLOSE): RectificationState.CLOSED for state in RECTIFICATION_OPEN
    },
    **{
        (state, RectificationEvent.WITHDRAW): RectificationState.WITHDRAWN
        for state in RECTIFICATION_OPEN
    },
}


def rectification_move_checks(state: RectificationState, event: RectificationEvent) -> list[Check]:
    """Check that a rectification may take a step from where it stands."""
    return [RECTIFICATION.move(RECTIFICATION_MOVES, state, event)]


@dataclass(frozen=True, slots=True)
class Heard:
    """A rating that stands: of which judgement and year, what it says, and when it was heard."""

    kind: str
    year: int
    rating: str
    heard_on: date


def next_cause(
    standing: Iterable[Heard], answered: Collection[tuple[str | None, int | None]], ordered_on: date
) -> Heard | None:
    """Give the rating whose rectification begins when another one has ended (C2).

    It was heard while that one ran, still says `unqualified`, and no rectification has answered its
    judgement and year. Of several the newest: its year looks at what the others found, too.
    """
    waiting = [
        one
        for one in standing
        if one.rating == UNQUALIFIED
        and one.heard_on >= ordered_on
        and (one.kind, one.year) not in answered
    ]
    return max(waiting, key=lambda one: (one.year, one.heard_on, one.kind), default=None)


def visit_checks(visited_on: date, ordered_on: date, today: date) -> list[Check]:
    """Check that the visit of a re-check has been made, and not before what it is to look at."""
    return [
        RECTIFICATION.past(visited_on, today, "/visited_on"),
        RECTIFICATION.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=ordered_on <= visited_on,
            pointer="/visited_on",
        ),
    ]
