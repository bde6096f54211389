"""How the accounts of a locked report are corrected: once, for reopened leaves alone (A128)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from evaluation.cycles.rules import Reopenings, Way
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

CORRECTED: Final = Rule("A128", "四(四)")


class CorrectionState(StrEnum):
    """Where a correction stands."""

    FILED = "filed"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class CorrectionEvent(StrEnum):
    """What happens to a correction."""

    FILE = "file"
    SEND_BACK = "send_back"
    ACCEPT = "accept"


# The whole machine: a pair that is absent is refused, so that an accepted one stays as it is.
MOVES: Final[Mapping[tuple[CorrectionState, CorrectionEvent], CorrectionState]] = {
    (CorrectionState.FILED, CorrectionEvent.ACCEPT): CorrectionState.ACCEPTED,
    (CorrectionState.FILED, CorrectionEvent.SEND_BACK): CorrectionState.RETURNED,
    (CorrectionState.RETURNED, CorrectionEvent.FILE): CorrectionState.FILED,
}
FILE_TASK: Final = TaskKind(
    "report.correct",
    "更正年度报告的账目",
    "Correct the accounts of an annual report",
    CORRECTED,
    "PUT",
    "/v1/evaluation/cases/{id}/report/correction",
)
JUDGE_TASK: Final = TaskKind(
    "report.judge_correction",
    "审核年度报告的账目更正",
    "Judge a correction of an annual report",
    CORRECTED,
    "POST",
    "/v1/evaluation/cases/{id}/report/correction/acceptance",
)


def asked_checks(leaves: Sequence[str]) -> list[Check]:
    """Check that an upheld objection asks for a correction: without one a report stays locked."""
    return [CORRECTED.check("REPORT_LOCKED", Kind.STATE, passed=bool(leaves), state="locked")]


def filing_checks(state: CorrectionState | None) -> list[Check]:
    """Check that a correction may be filed: none is there, or it was sent back."""
    passed = state is None or (state, CorrectionEvent.FILE) in MOVES
    return [
        CORRECTED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=passed,
            state=None if state is None else state.value,
        )
    ]


def move_checks(state: CorrectionState, event: CorrectionEvent) -> list[Check]:
    """Check that a correction may take a step from where it is."""
    return [CORRECTED.move(MOVES, state, event)]


def once_checks(leaves: Sequence[str], reopenings: Reopenings) -> list[Check]:
    """Check that a report is reopened for a correction once at most."""
    before = [code for one in reopenings for code in one.get(Way.REPORTED.value, ())]
    passed = not (leaves and before)
    return [CORRECTED.check("STATE_CONFLICT", Kind.STATE, passed=passed, state="reopened")]
