"""Reading corrections: whoever may see the case."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.corrections import rules
from evaluation.corrections.rules import CorrectionState
from evaluation.corrections.schemas import accounts_of
from evaluation.corrections.tables import ReportCorrection
from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import CaseState, Way, period_of
from evaluation.cycles.tables import EvaluationCase
from evaluation.reports.rules import as_fact
from shared.auth import Actor
from shared.tasks import MOST_TASKS, Task


async def correction_of(session: AsyncSession, case_id: UUID) -> ReportCorrection | None:
    """Load the correction of a case's report; the caller may see the case."""
    statement = select(ReportCorrection).where(col(ReportCorrection.case_id) == case_id)
    return await session.scalar(statement)


async def correction_for_update(session: AsyncSession, case_id: UUID) -> ReportCorrection | None:
    """Load and lock the correction of a locked case's report."""
    statement = select(ReportCorrection).where(col(ReportCorrection.case_id) == case_id)
    return await session.scalar(statement.with_for_update())


async def accepted_fact(session: AsyncSession, case: EvaluationCase) -> Mapping[str, Any] | None:
    """Give the accepted accounts in the shape of a fact, or None as long as there are none."""
    row = await correction_of(session, case.id)
    if row is None or row.state is not CorrectionState.ACCEPTED:
        return None
    accounts = accounts_of(row).model_dump(mode="json")
    return as_fact(str(row.id), period_of(case.year)[1], accounts)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the corrections that wait for this caller: to be filed, or judged by a handler."""
    del today  # No rule sets a last day.
    waiting: list[Task] = []
    if actor.has("member"):
        reported = col(EvaluationCase.reopenings)[-1][Way.REPORTED.value]
        statement = (
            select(EvaluationCase)
            .outerjoin(ReportCorrection, col(ReportCorrection.case_id) == col(EvaluationCase.id))
            .where(
                cycles.runs(actor, col(EvaluationCase.center_id)),
                col(EvaluationCase.state) == CaseState.REOPENED,
                func.coalesce(func.jsonb_array_length(reported), 0) > 0,
                func.coalesce(col(ReportCorrection.state), CorrectionState.RETURNED.value)
                == CorrectionState.RETURNED.value,
            )
            .order_by(col(EvaluationCase.id))
            .limit(MOST_TASKS)
        )
        waiting += [
            Task(rules.FILE_TASK, one.id, center_id=one.center_id)
            for one in await session.scalars(statement)
        ]
    if actor.has("handler"):
        filed = (
            select(ReportCorrection)
            .where(
                col(ReportCorrection.state) == CorrectionState.FILED,
                col(ReportCorrection.filed_by) != actor.person_id,
            )
            .order_by(col(ReportCorrection.id))
            .limit(MOST_TASKS)
        )
        waiting += [
            Task(rules.JUDGE_TASK, one.case_id, center_id=one.center_id)
            for one in await session.scalars(filed)
        ]
    return waiting
