"""Reading optional reports: officials all, those who run a centre its own."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.cycles import queries as cycles
from evaluation.cycles.tables import EvaluationCycle
from evaluation.optional_reports import rules
from evaluation.optional_reports.rules import OptionalReportState
from evaluation.optional_reports.tables import OptionalReport
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def visible(actor: Actor) -> SelectOfScalar[OptionalReport]:
    """Select the reports that the actor may see (X04); a draft is its centre's alone."""
    statement = select(OptionalReport)
    own = cycles.runs(actor, col(OptionalReport.center_id))
    if actor.has("official", "service"):
        return statement.where((col(OptionalReport.state) != OptionalReportState.DRAFT) | own)
    return statement.where(own)


def reports_page(
    actor: Actor, cycle_id: UUID, state: OptionalReportState | None
) -> SelectOfScalar[OptionalReport]:
    """Select the visible reports of a cycle, for a page of them."""
    statement = visible(actor).where(col(OptionalReport.cycle_id) == cycle_id)
    return statement if state is None else statement.where(col(OptionalReport.state) == state)


async def report(session: AsyncSession, actor: Actor, report_id: UUID) -> OptionalReport:
    """Load a report that the actor may see."""
    return found(await session.scalar(visible(actor).where(col(OptionalReport.id) == report_id)))


async def report_for_update(session: AsyncSession, actor: Actor, report_id: UUID) -> OptionalReport:
    """Load and lock a report that the actor may see."""
    statement = visible(actor).where(col(OptionalReport.id) == report_id)
    return found(await session.scalar(statement.with_for_update()))


async def own_for_update(session: AsyncSession, actor: Actor, report_id: UUID) -> OptionalReport:
    """Load and lock a report of a centre that the actor's organization runs, and of no other."""
    statement = select(OptionalReport).where(
        col(OptionalReport.id) == report_id, cycles.runs(actor, col(OptionalReport.center_id))
    )
    return found(await session.scalar(statement.with_for_update()))


async def own_center(session: AsyncSession, actor: Actor, center_id: UUID) -> None:
    """Make sure that the actor's organization runs a centre; raises `Refused`: NOT_FOUND."""
    statement = select(DirectoryCenter.id).where(
        col(DirectoryCenter.id) == center_id, cycles.runs(actor, col(DirectoryCenter.id))
    )
    found(await session.scalar(statement))


async def cycle_of(session: AsyncSession, report: OptionalReport) -> EvaluationCycle:
    """Load the cycle that a report belongs to."""
    return await cycles.cycle(session, report.cycle_id)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the reports that wait for this caller: to be mended, or read by a handler."""
    del today  # Nobody owes it, so that it has no last day.
    waiting = []
    if actor.has("member"):
        own = cycles.runs(actor, col(OptionalReport.center_id))
        waiting.append((rules.MEND_TASK, OptionalReportState.RETURNED, own))
    if actor.has("handler"):
        others = ~cycles.runs(actor, col(OptionalReport.center_id))
        waiting.append((rules.ACCEPT_TASK, OptionalReportState.SUBMITTED, others))
    tasks: list[Task] = []
    for kind, state, whose in waiting:
        statement = (
            select(OptionalReport)
            .where(col(OptionalReport.state) == state, whose)
            .order_by(col(OptionalReport.id))
            .limit(MOST_TASKS)
        )
        tasks += [
            Task(kind, row.id, center_id=row.center_id) for row in await session.scalars(statement)
        ]
    return tasks[:MOST_TASKS]
