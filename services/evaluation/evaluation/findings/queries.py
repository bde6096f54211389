"""Reading findings: officials all, those who run a centre its own."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.cycles import queries as cycles
from evaluation.findings import rules
from evaluation.findings.tables import FindingStep, ResultFinding
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task

# More than a centre has in all its years; a question beyond it is a fault.
MOST_FINDINGS: Final = 2_000


def visible(actor: Actor) -> SelectOfScalar[ResultFinding]:
    """Select the findings that the actor may see (X04)."""
    statement = select(ResultFinding)
    if actor.has("official", "service"):
        return statement
    return statement.where(cycles.runs(actor, col(ResultFinding.center_id)))


def findings_page(
    actor: Actor,
    *,
    center_id: UUID | None,
    case_id: UUID | None,
    state: rules.FindingState | None,
    overdue_on: date | None,
) -> SelectOfScalar[ResultFinding]:
    """Select the visible findings; with a day, those whose answer was owed before it."""
    statement = visible(actor)
    wanted = {"center_id": center_id, "case_id": case_id, "state": state}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(getattr(ResultFinding, name) == value)
    if overdue_on is not None:
        statement = statement.where(
            col(ResultFinding.state) == rules.FindingState.OPEN,
            col(ResultFinding.due_on) < overdue_on,
        )
    return statement


async def finding(session: AsyncSession, actor: Actor, finding_id: UUID) -> ResultFinding:
    """Load a finding that the actor may see."""
    return found(await session.scalar(visible(actor).where(col(ResultFinding.id) == finding_id)))


async def standing_of(session: AsyncSession, center_id: UUID) -> Sequence[ResultFinding]:
    """List the findings of a centre, oldest first; for the service that decides on it."""
    statement = (
        select(ResultFinding)
        .where(col(ResultFinding.center_id) == center_id)
        .order_by(col(ResultFinding.id))
        .limit(MOST_FINDINGS)
    )
    return (await session.scalars(statement)).all()


async def finding_for_update(
    session: AsyncSession, actor: Actor, finding_id: UUID
) -> ResultFinding:
    """Load and lock a finding that the actor may see."""
    statement = visible(actor).where(col(ResultFinding.id) == finding_id)
    return found(await session.scalar(statement.with_for_update()))


async def own_for_update(session: AsyncSession, actor: Actor, finding_id: UUID) -> ResultFinding:
    """Load and lock a finding of a centre that the actor's organization runs, and of no other."""
    statement = select(ResultFinding).where(
        col(ResultFinding.id) == finding_id, cycles.runs(actor, col(ResultFinding.center_id))
    )
    return found(await session.scalar(statement.with_for_update()))


async def steps_of(session: AsyncSession, finding_id: UUID) -> Sequence[FindingStep]:
    """List the steps of a finding, oldest first."""
    statement = (
        select(FindingStep)
        .where(col(FindingStep.finding_id) == finding_id)
        .order_by(col(FindingStep.number))
    )
    return (await session.scalars(statement)).all()


async def due_for_update(session: AsyncSession, today: date, limit: int) -> Sequence[ResultFinding]:
    """Lock open findings that are to be called to mind; those that somebody holds come later."""
    statement = (
        select(ResultFinding)
        .where(
            col(ResultFinding.state) == rules.FindingState.OPEN, col(ResultFinding.next_on) <= today
        )
        .order_by(col(ResultFinding.next_on), col(ResultFinding.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the findings that wait for this caller: to be answered, or judged by another person."""
    del today  # An overdue finding is still to be answered.
    waiting = []
    if actor.has("member"):
        own = cycles.runs(actor, col(ResultFinding.center_id))
        waiting.append((col(ResultFinding.state) == rules.FindingState.OPEN) & own)
    if actor.has("handler"):
        answered = exists().where(
            col(FindingStep.finding_id) == col(ResultFinding.id),
            col(FindingStep.event) == rules.FindingEvent.ANSWER,
            col(FindingStep.person_id) == actor.person_id,
        )
        waiting.append((col(ResultFinding.state) == rules.FindingState.ANSWERED) & ~answered)
    if not waiting:
        return []
    statement = (
        select(ResultFinding)
        .where(or_(*waiting))
        .order_by(col(ResultFinding.due_on), col(ResultFinding.id))
        .limit(MOST_TASKS)
    )
    return [
        Task(
            rules.ANSWER_TASK if row.state is rules.FindingState.OPEN else rules.JUDGE_TASK,
            row.id,
            center_id=row.center_id,
            due_on=row.due_on if row.state is rules.FindingState.OPEN else None,
        )
        for row in await session.scalars(statement)
    ]
