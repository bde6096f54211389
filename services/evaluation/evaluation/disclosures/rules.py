"""Which results have to be public, by whom, and by which working day (X11).

A result is formed when its reviewer has said that it may be published; before that it is a draft.
A voided result says so by itself, and findings are for the centre alone.
"""

from dataclasses import dataclass
from typing import Final

from evaluation.assessments.rules import PUBLISH_TASK as PUBLISH_ASSESSMENT
from shared.disclosures import PUBLICATION
from shared.tasks import TaskKind

PUBLISH_RESULT: Final = TaskKind(
    "result.publish",
    "发布年度评估结果",
    "Publish the result of a year",
    PUBLICATION,
    "POST",
    "/v1/evaluation/cases/{id}/publish",
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A kind of decision, and the task of making it public."""

    kind: str
    who_acts: str
    task: TaskKind


DUTIES: Final = (
    Duty("result", "approver", PUBLISH_RESULT),
    Duty("assessment", "approver", PUBLISH_ASSESSMENT),
)
BY_KIND: Final = {duty.kind: duty for duty in DUTIES}
