"""The gateway's chores: what has ended long ago is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.binding.tables import SpentProof
from gateway.grants.tables import AuthorizationCode
from gateway.housekeeping.tables import HousekeepingRun
from gateway.tokens.tables import SpentAssertion
from gateway.webhooks.rules import DeliveryState
from gateway.webhooks.tables import Delivery
from shared.housekeeping import DAILY, HOURLY, Chore
from shared.housekeeping_runs import forgetting_runs

# A delivery's log is looked at while somebody remembers the event; replay asks the feed.
DELIVERIES_KEPT: Final = timedelta(days=90)


async def forget_deliveries(session: AsyncSession, now: datetime) -> int:
    """Forget deliveries that were settled long ago, with their attempts."""
    done: Any = await session.execute(
        delete(Delivery).where(
            col(Delivery.state) != DeliveryState.PENDING,
            col(Delivery.settled_at) < now - DELIVERIES_KEPT,
        )
    )
    return int(done.rowcount)


async def forget_spent(session: AsyncSession, now: datetime) -> int:
    """Forget assertions, proofs and codes that could not pass again anyway."""
    before = now - DAILY
    assertions: Any = await session.execute(
        delete(SpentAssertion).where(col(SpentAssertion.expires_at) < before)
    )
    codes: Any = await session.execute(
        delete(AuthorizationCode).where(col(AuthorizationCode.expires_at) < before)
    )
    proofs: Any = await session.execute(
        delete(SpentProof).where(col(SpentProof.expires_at) < datetime.now(UTC))
    )
    return int(assertions.rowcount) + int(codes.rowcount) + int(proofs.rowcount)


CHORES: Final = (
    Chore("forget_deliveries", DAILY, forget_deliveries),
    Chore("forget_spent", HOURLY, forget_spent),
    forgetting_runs(HousekeepingRun),
)
