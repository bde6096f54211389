"""Reading runs; only officials and the jobs themselves ask."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.runs.rules import CycleRunState
from evaluation.runs.tables import CycleRun, CycleRunCase
from shared.rules import found

# What may still be frozen or computed; what is reviewed or published is left as it is.
OPEN = (
    CaseState.COLLECTING,
    CaseState.SNAPSHOT_FROZEN,
    CaseState.SCORING,
    CaseState.COMPUTED,
    CaseState.REOPENED,
)


async def run(session: AsyncSession, run_id: UUID) -> CycleRun:
    """Load a run."""
    return found(await session.get(CycleRun, run_id))


def cases_page(run_id: UUID) -> SelectOfScalar[CycleRunCase]:
    """Select what a run came to for its cases, for a page of them."""
    return select(CycleRunCase).where(col(CycleRunCase.run_id) == run_id)


async def open_count(session: AsyncSession, cycle_id: UUID) -> int:
    """Count the cases of a cycle that may be frozen or computed."""
    statement = (
        select_rows(func.count())
        .select_from(EvaluationCase)
        .where(col(EvaluationCase.cycle_id) == cycle_id, col(EvaluationCase.state).in_(OPEN))
    )
    return await session.scalar(statement) or 0


async def running(session: AsyncSession) -> Sequence[CycleRun]:
    """List the runs that are not at their end, oldest first."""
    statement = (
        select(CycleRun)
        .where(col(CycleRun.state) == CycleRunState.RUNNING)
        .order_by(col(CycleRun.id))
    )
    return (await session.scalars(statement)).all()


async def taken(session: AsyncSession, run_id: UUID) -> bool:
    """Take a run for as long as this transaction is open; a killed process lets go of it."""
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(str(run_id), 0))
    return bool(await session.scalar(select_rows(lock)))


async def run_for_update(session: AsyncSession, run_id: UUID) -> CycleRun:
    """Load and lock a run."""
    statement = select(CycleRun).where(col(CycleRun.id) == run_id).with_for_update()
    return found(await session.scalar(statement))


async def next_cases(session: AsyncSession, run: CycleRun, limit: int) -> Sequence[EvaluationCase]:
    """List some cases that a run has not come to, by id."""
    done = exists().where(
        col(CycleRunCase.run_id) == run.id, col(CycleRunCase.case_id) == col(EvaluationCase.id)
    )
    statement = (
        select(EvaluationCase)
        .where(
            col(EvaluationCase.cycle_id) == run.cycle_id,
            col(EvaluationCase.state).in_(OPEN),
            ~done,
        )
        .order_by(col(EvaluationCase.id))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()
