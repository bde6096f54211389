"""The ip-ledger's chores."""

from typing import Final

from ip_ledger.housekeeping.tables import HousekeepingRun
from shared.housekeeping_runs import forgetting_runs

CHORES: Final = (forgetting_runs(HousekeepingRun),)
