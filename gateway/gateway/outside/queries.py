"""What is read of outside identities."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.outside.tables import OutsideIdentity


async def person_of(session: AsyncSession, digest: bytes) -> UUID | None:
    """Tell who here is that subject there."""
    statement = select(col(OutsideIdentity.person_id)).where(
        col(OutsideIdentity.subject_sha256) == digest
    )
    return await session.scalar(statement)


async def identity_of(session: AsyncSession, person_id: UUID) -> OutsideIdentity | None:
    """Find what a person is there."""
    statement = select(OutsideIdentity).where(col(OutsideIdentity.person_id) == person_id)
    return await session.scalar(statement)
