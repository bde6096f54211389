"""A round of triennial assessments: one period of three years, and every centre judged in it.

The office opens it with a last day. It closes when nothing in it waits: each centre whose three
years are published was assessed, or it is said why not (A124, A131).
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from evaluation.assessments.rules import FIRST_TO_LAST, PERIODIC, AssessmentState
from shared.expecting import no_earlier_than, no_later_than
from shared.rules import Check, Kind
from shared.tasks import TaskKind

MOST_TOLD: Final = 20
ROUND_TASK: Final = TaskKind(
    "assessment_round.close",
    "完成本轮三年考核",
    "Bring a round of triennial assessments to its end",
    PERIODIC,
    "POST",
    "/v1/evaluation/assessment-rounds/{id}/close",
)


class RoundState(StrEnum):
    """Whether a round is at work."""

    OPEN = "open"
    CLOSED = "closed"


class RoundEvent(StrEnum):
    """What happens to a round."""

    EXPLAIN = "explain"
    CLOSE = "close"


MOVES: Final[Mapping[tuple[RoundState, RoundEvent], RoundState]] = {
    (RoundState.OPEN, RoundEvent.EXPLAIN): RoundState.OPEN,
    (RoundState.OPEN, RoundEvent.CLOSE): RoundState.CLOSED,
}


class RoundProgress(StrEnum):
    """How far a centre is: what it lacks, or where its assessment stands."""

    LACKING = "lacking"
    YEAR_OPEN = "year_open"
    COVERED = "covered"
    WAITING = "waiting"
    DRAFTED = "drafted"
    REVIEWED = "reviewed"
    DECIDED = "decided"


OF_STATE: Final[Mapping[AssessmentState, RoundProgress]] = {
    AssessmentState.DRAFTED: RoundProgress.DRAFTED,
    AssessmentState.REVIEWED: RoundProgress.REVIEWED,
    AssessmentState.PUBLISHED: RoundProgress.DECIDED,
}
# What a round waits for; a year that was never judged is not to be waited for.
UNDECIDED: Final = frozenset(
    {
        RoundProgress.YEAR_OPEN,
        RoundProgress.WAITING,
        RoundProgress.DRAFTED,
        RoundProgress.REVIEWED,
    }
)


def years_of(last_year: int) -> list[int]:
    """Give the three years of a round."""
    return [last_year + offset for offset in FIRST_TO_LAST]


def progress_of(
    last_year: int,
    published: Collection[int],
    judged: Collection[int],
    standing: Mapping[int, AssessmentState],
) -> RoundProgress:
    """Tell how far a centre is.

    `published` are the years whose results stand, `judged` those with a case at all; `standing` are
    the centre's assessments that stand, by their last year.
    """
    if last_year in standing:
        return OF_STATE[standing[last_year]]
    if any(abs(year - last_year) < len(FIRST_TO_LAST) for year in standing):
        return RoundProgress.COVERED
    missing = set(years_of(last_year)) - set(published)
    if not missing:
        return RoundProgress.WAITING
    return RoundProgress.YEAR_OPEN if missing & set(judged) else RoundProgress.LACKING


def opening_checks(last_year: int, due_on: date, today: date) -> list[Check]:
    """Check that the three years are over, and that the last day of the round is not."""
    return [
        PERIODIC.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=last_year < today.year,
            pointer="/last_year",
            field="last_year",
            expected=no_later_than(today.year - 1),
        ),
        PERIODIC.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=due_on >= today,
            pointer="/due_on",
            field="due_on",
            expected=no_earlier_than(today),
        ),
    ]


def explaining_checks(
    state: RoundState, progress: RoundProgress | None, *, explained: bool
) -> list[Check]:
    """Check that a centre of an open round waits, and that nobody has said yet why it stays so."""
    waits = progress in UNDECIDED and not explained
    return [
        PERIODIC.check("NOT_FOUND", Kind.HIDDEN, passed=progress is not None, pointer="/center_id"),
        PERIODIC.move(MOVES, state, RoundEvent.EXPLAIN),
        PERIODIC.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=progress is None or waits,
            state="explained" if explained or progress is None else progress.value,
        ),
    ]


def closing_checks(
    state: RoundState, progress: Mapping[UUID, RoundProgress], explained: Collection[UUID]
) -> list[Check]:
    """Check that each centre of a round is decided or explained; the first that wait are named."""
    waiting: list[Any] = sorted(
        str(center_id)
        for center_id, how_far in progress.items()
        if how_far in UNDECIDED and center_id not in explained
    )
    return [
        PERIODIC.move(MOVES, state, RoundEvent.CLOSE),
        PERIODIC.check(
            "ROUND_UNDECIDED",
            Kind.STATE,
            passed=not waiting,
            count=len(waiting),
            centers=waiting[:MOST_TOLD],
        ),
    ]
