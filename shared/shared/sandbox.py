"""The sandbox's clock: an offset from real time, kept in each database so that it survives."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field

from shared.clock import Clock
from shared.database.base import SharedBase
from shared.database.engine import Sessions

ONLY_ROW: Final = 1


class ClockOffset(SharedBase, table=True):
    """How far the programme clock of a sandbox stands from real time."""

    __tablename__ = "clock_offset"

    id: int = Field(default=ONLY_ROW, primary_key=True)
    microseconds: int = Field(sa_column=Column(BigInteger, nullable=False))


async def kept_offset(sessions: Sessions) -> timedelta:
    """Read the offset that was kept; none is zero."""
    async with sessions.reading() as session:
        kept = await session.get(ClockOffset, ONLY_ROW)
    return timedelta(microseconds=kept.microseconds if kept else 0)


async def move(sessions: Sessions, clock: Clock, now: datetime) -> None:
    """Keep the offset that makes it `now`, then move the clock."""
    offset = now - datetime.now(UTC)
    microseconds = offset // timedelta(microseconds=1)
    async with sessions.begin() as session:
        await session.execute(
            insert(ClockOffset)
            .values(id=ONLY_ROW, microseconds=microseconds)
            .on_conflict_do_update(index_elements=["id"], set_={"microseconds": microseconds})
        )
    clock.offset = offset
