"""Reading objections: officials all, a centre its own."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.objections import rules
from evaluation.objections.tables import ResultObjection
from evaluation.results.tables import ResultPublication
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


async def objections_of(session: AsyncSession, case_id: UUID) -> Sequence[ResultObjection]:
    """List the objections in a case, oldest first; the caller may see the case."""
    statement = (
        select(ResultObjection)
        .where(col(ResultObjection.case_id) == case_id)
        .order_by(col(ResultObjection.id))
    )
    return (await session.scalars(statement)).all()


async def objection(session: AsyncSession, actor: Actor, objection_id: UUID) -> ResultObjection:
    """Load an objection of a case that the actor may see."""
    row = found(await session.get(ResultObjection, objection_id))
    await cycles.case(session, actor, row.case_id)
    return row


async def reread(session: AsyncSession, row: ResultObjection) -> None:
    """Read an objection again and lock it; its case is locked before."""
    await session.refresh(row, with_for_update=True)


async def closable_for_update(
    session: AsyncSession, before: datetime, limit: int
) -> Sequence[EvaluationCase]:
    """Lock published cases whose last version came out before an instant, without open objections.

    Those that somebody holds come later.
    """
    objected = exists().where(
        col(ResultObjection.case_id) == col(EvaluationCase.id),
        col(ResultObjection.state) == rules.State.OPEN,
    )
    since = exists().where(
        col(ResultPublication.case_id) == col(EvaluationCase.id),
        col(ResultPublication.published_at) >= before,
    )
    statement = (
        select(EvaluationCase)
        .where(col(EvaluationCase.state) == CaseState.PUBLISHED, ~objected, ~since)
        .order_by(col(EvaluationCase.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the objections that wait for a handler."""
    del today  # No rule sets a last day for the decision.
    if not actor.has("handler"):
        return []
    statement = (
        select(ResultObjection)
        .where(col(ResultObjection.state) == rules.State.OPEN)
        .order_by(col(ResultObjection.id))
        .limit(MOST_TASKS)
    )
    return [
        Task(rules.DECIDE_TASK, row.id, center_id=row.center_id)
        for row in await session.scalars(statement)
    ]
