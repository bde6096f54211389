"""What an absence asks of those who run a panel."""

from typing import Final

from evaluation.experts.absence_rules import AWAY
from shared.tasks import TaskKind

AWAY_TASK: Final = TaskKind(
    "seat.away",
    "处理评审期间外出的专家",
    "Deal with a seated expert who is away while the panel works",
    AWAY,
    "GET",
    "/v1/evaluation/panels/{id}/absences",
)
