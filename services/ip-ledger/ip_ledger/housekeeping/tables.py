"""The list of housekeeping runs."""

from ip_ledger.base import Base
from shared.housekeeping_runs import RunColumns, run_indexes


class HousekeepingRun(RunColumns, Base, table=True):
    """A chore that was done in its period, or what kept it from being done."""

    __tablename__ = "housekeeping_run"
    __table_args__ = run_indexes()
