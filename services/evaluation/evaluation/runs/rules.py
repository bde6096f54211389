"""How a run over a cycle comes to its end, over restarts too."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.rules import Rule

RUNS: Final = Rule("A126", "四(四)")


class CycleRunKind(StrEnum):
    """Freeze and compute the cases of a cycle, or try how steady their results are."""

    COMPUTATION = "computation"
    ROBUSTNESS = "robustness"


class CycleRunState(StrEnum):
    """A run goes on, over restarts too, until nothing is left; or it ends with a reason."""

    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"


class CycleRunEvent(StrEnum):
    """What can happen to a run."""

    FINISH = "finish"
    REFUSE = "refuse"


MOVES: Final[Mapping[tuple[CycleRunState, CycleRunEvent], CycleRunState]] = {
    (CycleRunState.RUNNING, CycleRunEvent.FINISH): CycleRunState.FINISHED,
    (CycleRunState.RUNNING, CycleRunEvent.REFUSE): CycleRunState.REFUSED,
}
