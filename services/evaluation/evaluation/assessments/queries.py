"""Reading assessments: officials all, a centre its own once they are published."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.assessments import rules
from evaluation.assessments.rules import AnnualTotal, AssessmentState
from evaluation.assessments.tables import TriennialAssessment
from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import SETTLED
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, Duty, SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.results.tables import EvaluationResult, ResultPublication
from evaluation.schemes.tables import IndicatorScheme
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def assessments(
    actor: Actor, center_id: UUID | None, last_year: int | None
) -> SelectOfScalar[TriennialAssessment]:
    """Select what the actor may see (X04, X11)."""
    statement = select(TriennialAssessment)
    if not actor.has("official", "service"):
        statement = statement.where(
            cycles.runs(actor, col(TriennialAssessment.center_id)),
            col(TriennialAssessment.published_at).is_not(None),
        )
    if center_id is not None:
        statement = statement.where(col(TriennialAssessment.center_id) == center_id)
    if last_year is not None:
        statement = statement.where(col(TriennialAssessment.last_year) == last_year)
    return statement


async def assessment(
    session: AsyncSession, actor: Actor, assessment_id: UUID
) -> TriennialAssessment:
    """Load an assessment that the actor may see."""
    statement = assessments(actor, None, None).where(col(TriennialAssessment.id) == assessment_id)
    return found(await session.scalar(statement))


async def assessment_for_update(
    session: AsyncSession, actor: Actor, assessment_id: UUID
) -> TriennialAssessment:
    """Load and lock an assessment that the actor may see."""
    statement = assessments(actor, None, None).where(col(TriennialAssessment.id) == assessment_id)
    return found(await session.scalar(statement.with_for_update()))


async def built_on_for_update(
    session: AsyncSession, center_id: UUID, year: int
) -> Sequence[TriennialAssessment]:
    """Load and lock the standing assessments that a year is part of, in the order of their ids."""
    statement = (
        select(TriennialAssessment)
        .where(
            col(TriennialAssessment.center_id) == center_id,
            col(TriennialAssessment.last_year).between(year, year + 2),
            col(TriennialAssessment.state) != AssessmentState.REOPENED,
        )
        .order_by(col(TriennialAssessment.id))
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def standing_years(session: AsyncSession, center_id: UUID) -> Sequence[int]:
    """List the last years of a centre's standing assessments, whatever their state."""
    statement = (
        select(TriennialAssessment.last_year)
        .where(
            col(TriennialAssessment.center_id) == center_id,
            col(TriennialAssessment.state) != AssessmentState.REOPENED,
        )
        .order_by(col(TriennialAssessment.last_year))
    )
    return (await session.scalars(statement)).all()


async def published_of(session: AsyncSession, center_id: UUID, last_year: int) -> int:
    """Count the assessments of three years that were published, reopened ones included."""
    statement = select(func.count()).where(
        col(TriennialAssessment.center_id) == center_id,
        col(TriennialAssessment.last_year) == last_year,
        col(TriennialAssessment.published_at).is_not(None),
    )
    return await session.scalar(statement) or 0


async def hold_years(
    session: AsyncSession, center_id: UUID, first_year: int, last_year: int
) -> None:
    """Let nobody move a centre's cases of some years before this transaction ends."""
    statement = (
        select(EvaluationCase.id)
        .where(
            col(EvaluationCase.center_id) == center_id,
            col(EvaluationCase.year).between(first_year, last_year),
        )
        .order_by(col(EvaluationCase.id))
    )
    await session.execute(statement.with_for_update(read=True))


async def annual_totals(
    session: AsyncSession, center_id: UUID, first_year: int, last_year: int
) -> list[AnnualTotal]:
    """Give the published results of a centre that stand, of some years.

    A year that an objection reopened does not stand until its next version is published.
    """
    later = aliased(ResultPublication)
    superseded = exists().where(
        col(later.case_id) == col(ResultPublication.case_id),
        col(later.version) > col(ResultPublication.version),
    )
    statement = (
        select(EvaluationResult)
        .join(ResultPublication, col(ResultPublication.result_id) == col(EvaluationResult.id))
        .join(EvaluationCase, col(EvaluationCase.id) == col(EvaluationResult.case_id))
        .where(
            col(EvaluationCase.state).in_(SETTLED),
            col(EvaluationResult.center_id) == center_id,
            col(EvaluationResult.year) >= first_year,
            col(EvaluationResult.year) <= last_year,
            ~superseded,
        )
        .order_by(col(EvaluationResult.year))
    )
    return [
        AnnualTotal(
            year=row.year,
            result_id=row.id,
            version=row.version,
            result_hash=row.result_hash,
            total=Fraction(row.total),
            rating=row.rating,
        )
        for row in await session.scalars(statement)
    ]


async def scheme_of_result(session: AsyncSession, result_id: UUID) -> IndicatorScheme:
    """Give the scheme under which a result was computed."""
    statement = (
        select(IndicatorScheme)
        .join(EvaluationCase, col(EvaluationCase.scheme_id) == col(IndicatorScheme.id))
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(EvaluationCase.id))
        .where(col(EvaluationResult.id) == result_id)
    )
    return found(await session.scalar(statement))


async def people_of_years(session: AsyncSession, result_ids: Sequence[UUID]) -> list[Duty]:
    """Name who scored or reported in the years behind an assessment (X03)."""
    statement = (
        select(CaseDuty.person_id, CaseDuty.capacity)
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(CaseDuty.subject_id))
        .where(
            col(EvaluationResult.id).in_(result_ids),
            col(CaseDuty.subject_type) == SubjectType.CASE,
            col(CaseDuty.capacity).in_((Capacity.SCORER, Capacity.SUBMITTER)),
        )
    )
    rows = await session.execute(statement)
    return await duty_queries.of_persons(session, [Duty(person, held) for person, held in rows])


async def centers_due(session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Name the centres with three published years in a row that no assessment reaches (A124).

    After one that stands the next is due with the third year behind it: every third year.
    """
    third, second, first = aliased(EvaluationCase), aliased(EvaluationCase), aliased(EvaluationCase)
    covered = exists().where(
        col(TriennialAssessment.center_id) == col(third.center_id),
        col(TriennialAssessment.state) != AssessmentState.REOPENED,
        col(TriennialAssessment.last_year) > col(third.year) - 3,
    )
    statement = (
        select(third.center_id)
        .join(
            second,
            (col(second.center_id) == col(third.center_id))
            & (col(second.year) == col(third.year) - 1),
        )
        .join(
            first,
            (col(first.center_id) == col(third.center_id))
            & (col(first.year) == col(third.year) - 2),
        )
        .where(
            *(col(case.state).in_(SETTLED) for case in (third, second, first)),
            ~covered,
        )
        .distinct()
        .order_by(col(third.center_id))
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the assessments that wait for this official, and the centres whose one is due."""
    due: list[Task] = []
    if actor.has("handler"):
        due = [
            Task(rules.DRAFT_TASK, center_id, center_id=center_id)
            for center_id in await centers_due(session, MOST_TASKS)
        ]
    return [*due, *await _waiting(session, actor, today)]


async def _waiting(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    del today  # No rule sets a last day.
    # What was reviewed has its last day: it stands among what has to be public (X11).
    waiting = {"reviewer": (AssessmentState.DRAFTED, rules.REVIEW_TASK)}
    states = {state: kind for duty, (state, kind) in waiting.items() if actor.has(duty)}
    if not states:
        return []
    own = exists().where(
        col(CaseDuty.subject_type) == SubjectType.CASE,
        col(CaseDuty.subject_id) == col(TriennialAssessment.id),
        col(CaseDuty.person_id) == actor.person_id,
    )
    statement = (
        select(TriennialAssessment)
        .where(col(TriennialAssessment.state).in_(list(states)), ~own)
        .limit(MOST_TASKS)
    )
    return [
        Task(states[row.state], row.id, center_id=row.center_id)
        for row in await session.scalars(statement)
    ]
