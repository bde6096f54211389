"""Reading proposals to void a result: officials only."""

from datetime import date
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.results.tables import ResultPublication
from evaluation.voidings import rules
from evaluation.voidings.tables import ResultVoiding
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


async def voiding(session: AsyncSession, voiding_id: UUID) -> ResultVoiding:
    """Load a proposal; the route lets officials in only."""
    return found(await session.get(ResultVoiding, voiding_id))


async def reread(session: AsyncSession, row: ResultVoiding) -> None:
    """Read a proposal again and lock it; its case is locked before."""
    await session.refresh(row, with_for_update=True)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the proposals that wait for an approver who neither made them nor published."""
    del today  # No rule sets a last day.
    if not actor.has("approver"):
        return []
    published = exists().where(
        col(ResultPublication.case_id) == col(ResultVoiding.case_id),
        col(ResultPublication.person_id) == actor.person_id,
    )
    statement = (
        select(ResultVoiding)
        .where(
            col(ResultVoiding.state) == rules.State.PROPOSED,
            col(ResultVoiding.proposed_by) != actor.person_id,
            ~published,
        )
        .limit(MOST_TASKS)
    )
    return [
        Task(rules.DECIDE_TASK, row.id, center_id=row.center_id)
        for row in await session.scalars(statement)
    ]
