"""Results with all that they can be moved by, and the runs that tried it; only officials ask."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties.rules import SubjectType
from evaluation.panels import queries as panels
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.results.tables import EvaluationResult, ExactResult, ResultInput, ResultPublication
from evaluation.robustness.tables import RobustnessRun
from evaluation.sheets.rules import State
from evaluation.sheets.tables import ScoreSheet
from shared.auth import Actor


async def newest_results(
    session: AsyncSession, cycle_id: UUID, *, published: bool = False
) -> Sequence[Any]:
    """List case, result, exact figures and sheets of a cycle's newest results, by case.

    A voided case has none. Exact figures are None of a result that was kept before there were any.
    """
    # Both have a case and a version; nothing else of it is read.
    later: Any = aliased(ResultPublication if published else EvaluationResult)
    superseded = exists().where(
        col(later.case_id) == col(EvaluationResult.case_id),
        col(later.version) > col(EvaluationResult.version),
    )
    statement = (
        select_rows(EvaluationCase, EvaluationResult, ExactResult, ResultInput)
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(EvaluationCase.id))
        .join(ResultInput, col(ResultInput.result_id) == col(EvaluationResult.id))
        .outerjoin(ExactResult, col(ExactResult.result_id) == col(EvaluationResult.id))
        .where(
            col(EvaluationCase.cycle_id) == cycle_id,
            col(EvaluationCase.state) != CaseState.VOIDED,
            ~superseded,
        )
        .order_by(col(EvaluationCase.id))
    )
    if published:
        statement = statement.join(
            ResultPublication, col(ResultPublication.result_id) == col(EvaluationResult.id)
        )
    return (await session.execute(statement)).all()


async def seats_of_cycle(session: AsyncSession, cycle_id: UUID) -> Sequence[Any]:
    """List case, expert and sheet of everyone whose sheet counts in a cycle."""
    statement = (
        select_rows(col(Panel.subject_id), col(PanelSeat.expert_id), col(ScoreSheet.id))
        .join(PanelSeat, col(PanelSeat.panel_id) == col(Panel.id))
        .join(ScoreSheet, col(ScoreSheet.id) == col(PanelSeat.id))
        .join(EvaluationCase, col(EvaluationCase.id) == col(Panel.subject_id))
        .where(
            col(Panel.subject_type) == SubjectType.CASE,
            col(EvaluationCase.cycle_id) == cycle_id,
            col(ScoreSheet.state) == State.SUBMITTED,
        )
        .order_by(col(Panel.subject_id), col(PanelSeat.expert_id))
    )
    return (await session.execute(statement)).all()


async def own_cases(session: AsyncSession, actor: Actor, cycle_id: UUID) -> set[UUID]:
    """Name the cases of a cycle on whose panel the actor himself sits or sat."""
    statement = select(EvaluationCase.id).where(
        col(EvaluationCase.cycle_id) == cycle_id, panels.seated(actor, col(EvaluationCase.id))
    )
    return set(await session.scalars(statement))


async def newest_run(session: AsyncSession, cycle_id: UUID) -> RobustnessRun | None:
    """Load the newest run of a cycle, if there is one."""
    statement = (
        select(RobustnessRun)
        .where(col(RobustnessRun.cycle_id) == cycle_id)
        .order_by(col(RobustnessRun.id).desc())
        .limit(1)
    )
    return await session.scalar(statement)
