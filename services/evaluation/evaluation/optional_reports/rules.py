"""A report that nobody owes: of a centre too young to be judged, or without a legal person (D9).

It has no last day, no lateness and no case; what it says is read and scored by nobody.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from evaluation.cycles.rules import CycleState, ScopeExclusion
from shared.rules import NOT_FOUND, Check, Kind, Rule
from shared.tasks import TaskKind

REPORTED: Final = Rule("A128", "四(四)")  # 应每年提交运行发展报告
# Who was left out only because its time has not come; an ended centre or a candidate reports not.
MAY_REPORT: Final = frozenset({ScopeExclusion.LISTED_TOO_SHORT, ScopeExclusion.CONSORTIUM})


class OptionalReportState(StrEnum):
    """Where an optional report stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


class OptionalReportEvent(StrEnum):
    """What happens to an optional report."""

    SAVE = "save"
    SUBMIT = "submit"
    RETURN = "return"
    ACCEPT = "accept"


# The whole machine: a pair that is absent is refused, so that an accepted one stays as it is.
MOVES: Final[Mapping[tuple[OptionalReportState, OptionalReportEvent], OptionalReportState]] = {
    (OptionalReportState.DRAFT, OptionalReportEvent.SAVE): OptionalReportState.DRAFT,
    (OptionalReportState.RETURNED, OptionalReportEvent.SAVE): OptionalReportState.RETURNED,
    (OptionalReportState.DRAFT, OptionalReportEvent.SUBMIT): OptionalReportState.SUBMITTED,
    (OptionalReportState.RETURNED, OptionalReportEvent.SUBMIT): OptionalReportState.SUBMITTED,
    (OptionalReportState.SUBMITTED, OptionalReportEvent.RETURN): OptionalReportState.RETURNED,
    (OptionalReportState.SUBMITTED, OptionalReportEvent.ACCEPT): OptionalReportState.ACCEPTED,
}
MEND_TASK: Final = TaskKind(
    "optional_report.mend",
    "修改被退回的自愿报告",
    "Mend an optional report that was returned",
    REPORTED,
    "PUT",
    "/v1/evaluation/optional-reports/{id}",
)
ACCEPT_TASK: Final = TaskKind(
    "optional_report.accept",
    "审阅中心自愿提交的年度报告",
    "Accept or return an optional report",
    REPORTED,
    "POST",
    "/v1/evaluation/optional-reports/{id}/acceptance",
)


def move_checks(state: OptionalReportState, event: OptionalReportEvent) -> list[Check]:
    """Check that an optional report may take a step from where it is."""
    return [REPORTED.move(MOVES, state, event)]


def scope_checks(cycle: CycleState, reason: ScopeExclusion | None) -> list[Check]:
    """Check that a cycle left a centre out whose time has not come; a judged one has its case.

    What is only planned has not said yet whom it judges.
    """
    told = reason is not None and cycle is CycleState.OPEN
    may = reason in MAY_REPORT
    return [
        NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=told),
        REPORTED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=may or not told,
            state="judged" if reason is None else reason.value,
        ),
    ]
