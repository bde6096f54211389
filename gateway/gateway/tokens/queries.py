"""Which keys are published, and which one signs."""

from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from gateway.tokens.tables import SigningKey


async def published_keys(session: AsyncSession, now: datetime) -> list[SigningKey]:
    """Give the keys that verify tokens now, the newest active one first."""
    statement = (
        select(SigningKey)
        .where(or_(col(SigningKey.retires_at).is_(None), col(SigningKey.retires_at) > now))
        .order_by(col(SigningKey.active_at).desc(), col(SigningKey.kid))
    )
    return list((await session.scalars(statement)).all())
