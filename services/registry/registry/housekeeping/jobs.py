"""The registry's chores."""

from typing import Final

from registry.housekeeping.tables import HousekeepingRun
from shared.housekeeping_runs import forgetting_runs

CHORES: Final = (forgetting_runs(HousekeepingRun),)
