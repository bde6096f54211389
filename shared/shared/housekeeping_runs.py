"""The list of housekeeping runs, for a service that keeps one, and what forgets its old lines."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Index, delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from shared.database import InstantColumn, new_id
from shared.housekeeping import DAILY, Chore

KEPT: Final = timedelta(days=400)


class RunColumns(SQLModel):
    """A chore that was done in its period, or what kept it from being done."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    chore: str
    # The beginning of the period; in each, a chore is done once.
    slot: datetime = Field(sa_type=InstantColumn)
    started_at: datetime = Field(sa_type=InstantColumn)
    ended_at: datetime = Field(sa_type=InstantColumn)
    rows: int = Field(sa_type=BigInteger)
    problem: str | None = None


def run_indexes() -> tuple[Any, ...]:
    """Give a table of runs its indexes: one good run in a period, and the newest first."""
    return (
        Index(
            "uq_housekeeping_run_done",
            "chore",
            "slot",
            unique=True,
            postgresql_where=text("problem IS NULL"),
        ),
        Index("ix_housekeeping_run_started_at", "started_at"),
    )


def forgetting_runs(table: type[RunColumns]) -> Chore:
    """Forget runs of more than a year ago."""

    async def act(session: AsyncSession, now: datetime) -> int:
        statement = delete(table).where(col(table.started_at) < now - KEPT)
        done: Any = await session.execute(statement)
        return int(done.rowcount)

    return Chore("forget_runs", DAILY, act)
