"""What is read of the door's trail; auditors alone ask."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.trail.rules import BEGINNING, Kind
from gateway.trail.tables import DoorRecord


async def last_record(session: AsyncSession) -> tuple[int, str]:
    """Give position and hash of the newest record."""
    statement = (
        select(col(DoorRecord.position), col(DoorRecord.sha256))
        .order_by(col(DoorRecord.position).desc())
        .limit(1)
    )
    row = (await session.execute(statement)).one_or_none()
    return (0, BEGINNING) if row is None else (row[0], row[1])


def records(kind: Kind | None, person_id: str | None, client_id: str | None) -> Select[DoorRecord]:
    """List records by what they are about."""
    statement = select(DoorRecord)
    if kind is not None:
        statement = statement.where(col(DoorRecord.kind) == kind)
    if person_id is not None:
        statement = statement.where(col(DoorRecord.person_id) == person_id)
    if client_id is not None:
        statement = statement.where(col(DoorRecord.client_id) == client_id)
    return statement


async def records_from(session: AsyncSession, position: int, limit: int) -> Sequence[DoorRecord]:
    """Give records in their order, from a position on."""
    statement = (
        select(DoorRecord)
        .where(col(DoorRecord.position) >= position)
        .order_by(col(DoorRecord.position))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()
