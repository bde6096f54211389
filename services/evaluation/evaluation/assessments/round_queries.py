"""Rounds, and how far each centre in them is: read from cases and assessments as they stand."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.assessments import round_rules as rules
from evaluation.assessments.rules import AssessmentState
from evaluation.assessments.tables import (
    AssessmentRound,
    RoundExplanation,
    TriennialAssessment,
)
from evaluation.cycles.rules import SETTLED
from evaluation.cycles.tables import EvaluationCase
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


@dataclass(slots=True)
class RoundCenter:
    """A centre of a round: years that stand published, years judged, assessments by last year."""

    center_id: UUID
    published: set[int] = field(default_factory=set)
    judged: set[int] = field(default_factory=set)
    standing: dict[int, AssessmentState] = field(default_factory=dict)
    assessment_ids: dict[int, UUID] = field(default_factory=dict)
    explanation: RoundExplanation | None = None

    def progress(self, last_year: int) -> rules.RoundProgress:
        """Tell how far it is."""
        return rules.progress_of(last_year, self.published, self.judged, self.standing)


async def assessment_round(session: AsyncSession, round_id: UUID) -> AssessmentRound:
    """Load a round; only for officials."""
    return found(await session.get(AssessmentRound, round_id))


async def round_for_update(session: AsyncSession, round_id: UUID) -> AssessmentRound:
    """Load and lock a round; only for officials."""
    statement = select(AssessmentRound).where(col(AssessmentRound.id) == round_id)
    return found(await session.scalar(statement.with_for_update()))


def rounds(state: rules.RoundState | None) -> SelectOfScalar[AssessmentRound]:
    """Select rounds, for a page of them; only for officials."""
    statement = select(AssessmentRound)
    return statement if state is None else statement.where(col(AssessmentRound.state) == state)


def centers_page(last_year: int) -> Select[Any]:
    """Select the centres that were judged in some year of a round, for a page of them."""
    years = rules.years_of(last_year)
    statement: Select[Any] = select_rows(col(EvaluationCase.center_id)).where(
        col(EvaluationCase.year).in_(years)
    )
    return statement.distinct()


async def centers_of(
    session: AsyncSession, row: AssessmentRound, center_ids: Collection[UUID] | None = None
) -> dict[UUID, RoundCenter]:
    """Give centres of a round as they stand, all or some, with three statements."""
    told = await _judged(session, rules.years_of(row.last_year), center_ids)
    explained = select(RoundExplanation).where(col(RoundExplanation.round_id) == row.id)
    for one_explained in await session.scalars(explained):
        if one_explained.center_id in told:
            told[one_explained.center_id].explanation = one_explained
    return told


async def _judged(
    session: AsyncSession, years: Collection[int], center_ids: Collection[UUID] | None = None
) -> dict[UUID, RoundCenter]:
    """Give the centres that were judged in some years, with assessments that touch these."""
    told: dict[UUID, RoundCenter] = {}
    judged = select_rows(
        col(EvaluationCase.center_id), col(EvaluationCase.year), col(EvaluationCase.state)
    ).where(col(EvaluationCase.year).in_(years))
    if center_ids is not None:
        judged = judged.where(col(EvaluationCase.center_id).in_(center_ids))
    for center_id, year, state in await session.execute(judged):
        one = told.setdefault(center_id, RoundCenter(center_id))
        one.judged.add(year)
        if state in SETTLED:
            one.published.add(year)
    assessed = select_rows(
        col(TriennialAssessment.center_id), col(TriennialAssessment.last_year),
        col(TriennialAssessment.state), col(TriennialAssessment.id),
    ).where(
        col(TriennialAssessment.last_year).between(min(years), max(years) + 2),
        col(TriennialAssessment.state) != AssessmentState.REOPENED,
        col(TriennialAssessment.center_id).in_(list(told)),
    )  # fmt: skip
    for center_id, last_year, standing, assessment_id in await session.execute(assessed):
        told[center_id].standing[last_year] = standing
        told[center_id].assessment_ids[last_year] = assessment_id
    return told


async def counts_of(
    session: AsyncSession, rows: Collection[AssessmentRound]
) -> dict[UUID, Counter[rules.RoundProgress]]:
    """Count the centres of rounds by how far they are, however many rounds, with two statements."""
    if not rows:
        return {}
    years = {row.id: set(rules.years_of(row.last_year)) for row in rows}
    told = await _judged(session, set().union(*years.values()))
    return {
        row.id: Counter(
            one.progress(row.last_year) for one in told.values() if one.judged & years[row.id]
        )
        for row in rows
    }


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the rounds that are at work, with their last days, for those who assess."""
    del today  # A round that is late still waits.
    if not actor.has("handler"):
        return []
    statement = (
        select(AssessmentRound)
        .where(col(AssessmentRound.state) == rules.RoundState.OPEN)
        .order_by(col(AssessmentRound.due_on), col(AssessmentRound.id))
        .limit(MOST_TASKS)
    )
    return [
        Task(rules.ROUND_TASK, row.id, due_on=row.due_on)
        for row in await session.scalars(statement)
    ]
