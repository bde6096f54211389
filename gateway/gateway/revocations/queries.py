"""What is revoked now."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.revocations.tables import Revocation


async def living_revocations(session: AsyncSession, now: datetime) -> list[Revocation]:
    """Give what ends tokens that could still be alive."""
    statement = select(Revocation).where(col(Revocation.expires_at) > now)
    return list((await session.scalars(statement)).all())
