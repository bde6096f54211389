"""What is read of the door's trail; auditors alone ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: what is not named matters not. `since` is included, `until` excluded."""

    kind: Kind | None = None
    person_id: str | None = None
    client_id: str | None = None
    # The path itself, and all that lies under it.
    path: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def records(wanted: Wanted) -> Select[DoorRecord]:
    """List records by what they are about."""
    statement = select(DoorRecord)
    kind, person_id, client_id = wanted.kind, wanted.person_id, wanted.client_id
    if kind is not None:
        statement = statement.where(col(DoorRecord.kind) == kind)
    if person_id is not None:
        statement = statement.where(col(DoorRecord.person_id) == person_id)
    if client_id is not None:
        statement = statement.where(col(DoorRecord.client_id) == client_id)
    if wanted.path is not None:
        path = wanted.path.rstrip("/")
        under = col(DoorRecord.path).startswith(f"{path}/", autoescape=True)
        statement = statement.where(or_(col(DoorRecord.path) == path, under))
    if wanted.since is not None:
        statement = statement.where(col(DoorRecord.at) >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(col(DoorRecord.at) < wanted.until)
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
