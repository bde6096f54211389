"""How far the tree and its signature are behind, for `/metrics`."""

from datetime import datetime
from typing import Final

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.log import queries
from shared.measures import seconds_since

WAITING: Final = Gauge("zhichuang_log_waiting", "Records without a leaf.")
LAG: Final = Gauge("zhichuang_log_lag_seconds", "Age of the oldest record without a leaf.")
UNSIGNED: Final = Gauge("zhichuang_log_unsigned_leaves", "Leaves in no signed checkpoint.")


async def log_waiting(session: AsyncSession, now: datetime) -> None:
    """Look at what waits for a leaf, and for a signature."""
    count, oldest_at = await queries.records_waiting(session)
    WAITING.set(count)
    LAG.set(seconds_since(oldest_at, now))
    UNSIGNED.set(await queries.unsigned_leaves(session))
