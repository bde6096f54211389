"""What is made of results for readers, and how a run of many comes to its end."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

REPORTED: Final = Rule("A126", "四(四)")


class FileKind(StrEnum):
    """A report for each centre; a workbook and a ranking for the cycle."""

    REPORT_PDF = "report_pdf"
    REPORT_HTML = "report_html"
    WORKBOOK = "workbook"
    RANKING = "ranking"


OF_CASE: Final = (FileKind.REPORT_PDF, FileKind.REPORT_HTML)
OF_CYCLE: Final = (FileKind.WORKBOOK, FileKind.RANKING)
MEDIA: Final[Mapping[FileKind, tuple[str, str]]] = {
    FileKind.REPORT_PDF: ("application/pdf", "pdf"),
    FileKind.REPORT_HTML: ("text/html; charset=utf-8", "html"),
    FileKind.WORKBOOK: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    FileKind.RANKING: ("text/html; charset=utf-8", "html"),
}


class RunState(StrEnum):
    """A run goes on, over restarts too, until every file is made or has failed."""

    RUNNING = "running"
    FINISHED = "finished"


class RunEvent(StrEnum):
    """What can happen to a run."""

    FINISH = "finish"


MOVES: Final[Mapping[tuple[RunState, RunEvent], RunState]] = {
    (RunState.RUNNING, RunEvent.FINISH): RunState.FINISHED,
}


def standing_checks(told_of: UUID | None, standing: UUID) -> list[Check]:
    """Check that a centre's report tells of the version that stands; an early file tells of none.

    A report of a version that was superseded, or voided, would be handed on as the centre's grade.
    """
    passed = told_of is None or told_of == standing
    return [REPORTED.check("STALE_INPUT", Kind.STATE, passed=passed)]


def complete_checks(*, published_since: bool) -> list[Check]:
    """Check that a workbook or a ranking tells every result of its cycle, as it stands.

    Whoever needs what was known earlier has the files that were handed out then.
    """
    return [REPORTED.check("STALE_INPUT", Kind.STATE, passed=not published_since)]


def anything_checks(results: int) -> list[Check]:
    """Check that the cycle has a result to write about."""
    return [REPORTED.check("STATE_CONFLICT", Kind.STATE, passed=results > 0, state="no_results")]
