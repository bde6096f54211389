"""What is read of test tenants, and who may see which."""

from typing import Final

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from gateway.sandbox.rules import Held
from gateway.sandbox.tables import TestTenant
from shared.auth import Actor

# One at a time, or two that ask at once would both be the last one allowed.
ASKING: Final = 0x7A63_7465_6E61_0001


def tenants_of(actor: Actor) -> SelectOfScalar[TestTenant]:
    """List the tenants that a program asked for (X04)."""
    return select(TestTenant).where(col(TestTenant.client_id) == actor.client_id)


async def held(session: AsyncSession, client_id: str) -> Held:
    """Count the tenants of a program, and all of them."""
    own = func.count().filter(col(TestTenant.client_id) == client_id)
    row = (await session.execute(select(own, func.count()).select_from(TestTenant))).one()
    return Held(*row)


async def held_alone(session: AsyncSession, client_id: str) -> Held:
    """Count while nobody else asks, until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ASKING})
    return await held(session, client_id)
