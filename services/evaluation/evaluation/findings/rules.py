"""What a result found wanting is answered by a day and closed by another person (A125)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind
from shared.terms import is_overdue

FOUND: Final = Rule("A125", "四(四)")  # 总结经验、发现问题
APART: Final = Rule("X03", "delivery")


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class FindingEvent(StrEnum):
    """What happens to a finding."""

    ANSWER = "answer"
    SEND_BACK = "send_back"
    CLOSE = "close"


# The whole machine: a pair that is absent is refused, so that a closed finding stays closed.
MOVES: Final[Mapping[tuple[FindingState, FindingEvent], FindingState]] = {
    (FindingState.OPEN, FindingEvent.ANSWER): FindingState.ANSWERED,
    (FindingState.ANSWERED, FindingEvent.SEND_BACK): FindingState.OPEN,
    (FindingState.ANSWERED, FindingEvent.CLOSE): FindingState.CLOSED,
}
ANSWER_TASK: Final = TaskKind(
    "finding.answer",
    "整改并答复评估发现的问题",
    "Mend and answer a finding",
    FOUND,
    "POST",
    "/v1/evaluation/findings/{id}/answers",
)
JUDGE_TASK: Final = TaskKind(
    "finding.judge",
    "审核问题整改答复",
    "Judge the answer to a finding",
    FOUND,
    "POST",
    "/v1/evaluation/findings/{id}/closure",
)


def move_checks(state: FindingState, event: FindingEvent) -> list[Check]:
    """Check that a finding may take a step from where it is."""
    return [FOUND.move(MOVES, state, event)]


def due_checks(due_on: date, today: date) -> list[Check]:
    """Check that the last day is not behind: today may still be it."""
    return [
        FOUND.check(
            "DAY_BEHIND",
            Kind.CONTENT,
            passed=not is_overdue(due_on, today),
            pointer="/due_on",
            due_on=due_on.isoformat(),
            today=today.isoformat(),
        )
    ]


def leaf_checks(leaf: str | None, known: Collection[str]) -> list[Check]:
    """Check that a finding names a leaf of its result, or none."""
    return [
        FOUND.check(
            "INDICATOR_UNKNOWN",
            Kind.CONTENT,
            passed=leaf is None or leaf in known,
            pointer="/leaf",
            expected=", ".join(sorted(known)),
            given=[] if leaf is None else [leaf],
        )
    ]


def evidence_checks(told: Sequence[str | None]) -> list[Check]:
    """Check that the registry knows every file: one without a hash is none of its files."""
    return [
        FOUND.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=sha256 is not None,
            pointer=f"/evidence/{place}",
        )
        for place, sha256 in enumerate(told)
    ]


def closing_checks(answered_by: Collection[UUID], person_id: UUID) -> list[Check]:
    """Check that who judges an answer has given none to this finding (X03)."""
    return [
        APART.check(
            "SOD_VIOLATION",
            Kind.SCOPE,
            passed=person_id not in answered_by,
            held=["submitter"],
            acting_as="handler",
        )
    ]


def is_late(state: FindingState, due_on: date, today: date) -> bool:
    """Tell whether an answer is owed and its last day is over."""
    return state is FindingState.OPEN and is_overdue(due_on, today)
