"""What waits to be delivered, for `/metrics`."""

from datetime import datetime
from typing import Final

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks import queries
from shared.measures import seconds_since

WAITING: Final = Gauge("zhichuang_webhooks_waiting", "Deliveries that are due.")
LAG: Final = Gauge("zhichuang_webhooks_lag_seconds", "How late the oldest due delivery is.")


async def deliveries_waiting(session: AsyncSession, now: datetime) -> None:
    """Look at what is due at an instant of real time."""
    count, due_at = await queries.due_deliveries(session, now)
    WAITING.set(count)
    LAG.set(seconds_since(due_at, now))
