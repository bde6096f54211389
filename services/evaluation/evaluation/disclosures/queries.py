"""Which results are not public yet."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, Subquery, exists, func, literal, union_all
from sqlalchemy import select as sa_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from evaluation.assessments.rules import AssessmentState
from evaluation.assessments.tables import TriennialAssessment
from evaluation.cycles.rules import CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.disclosures.rules import BY_KIND
from evaluation.duties.rules import SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.results.tables import EvaluationResult, ResultReview
from shared.auth import Actor
from shared.calendar import day_of
from shared.directory import policies_of_acts, working_days
from shared.disclosures import Outstanding, with_terms
from shared.events.tables import Event
from shared.http import PageRequest, paginate
from shared.tasks import MOST_TASKS, Task


def _outstanding() -> Subquery:
    """Select what was reviewed and not published, with the instant of its newest review."""
    results: Any = (
        sa_select(
            literal("result").label("kind"),
            col(EvaluationCase.id).label("subject_id"),
            col(EvaluationCase.center_id).label("center_id"),
            func.max(col(ResultReview.reviewed_at)).label("formed_at"),
        )
        .join(EvaluationResult, col(EvaluationResult.case_id) == col(EvaluationCase.id))
        .join(ResultReview, col(ResultReview.result_id) == col(EvaluationResult.id))
        .where(col(EvaluationCase.state) == CaseState.REVIEWED)
        .group_by(col(EvaluationCase.id), col(EvaluationCase.center_id))
    )
    assessment = TriennialAssessment
    assessments: Any = (
        sa_select(
            literal("assessment").label("kind"),
            col(assessment.id).label("subject_id"),
            col(assessment.center_id).label("center_id"),
            func.max(col(Event.recorded_at)).label("formed_at"),
        )
        .join(Event, col(Event.subject_id) == col(assessment.id))
        .where(
            col(assessment.state) == AssessmentState.REVIEWED,
            col(Event.type) == "assessment.reviewed",
        )
        .group_by(col(assessment.id), col(assessment.center_id))
    )
    return union_all(results, assessments).subquery()


async def page_of_outstanding(
    session: AsyncSession, page: PageRequest, today: date
) -> tuple[list[Outstanding], str | None]:
    """Give a page of what is not public yet, the earliest decision first."""
    found = _outstanding()
    statement: Select[Any] = sa_select(found.c.kind, found.c.subject_id, found.c.center_id)
    keys = [found.c.formed_at, found.c.subject_id]
    rows, cursor = await paginate(session, statement.add_columns(found.c.formed_at), page, keys)
    return await _with_terms(session, rows, today), cursor


async def _with_terms(session: AsyncSession, rows: Sequence[Any], today: date) -> list[Outstanding]:
    """Give decisions with their terms, each by the policy of the day on which it was formed."""
    if not rows:
        return []
    calendar = await working_days(session)
    days = {day_of(formed_at) for *_, formed_at in rows}
    return with_terms(rows, await policies_of_acts(session, days, today), today, calendar)


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give what the caller has to publish, by its last working day; nobody publishes his own."""
    if not actor.has("approver"):
        return []
    found = _outstanding()
    own = exists().where(
        col(CaseDuty.subject_type) == SubjectType.CASE,
        col(CaseDuty.subject_id) == found.c.subject_id,
        col(CaseDuty.person_id) == actor.person_id,
    )
    columns = (found.c.kind, found.c.subject_id, found.c.center_id, found.c.formed_at)
    ordered = sa_select(*columns).where(~own).order_by(found.c.formed_at, found.c.subject_id)
    rows = (await session.execute(ordered.limit(MOST_TASKS))).all()
    return [
        Task(BY_KIND[one.kind].task, one.subject_id, one.center_id, one.term.due_on)
        for one in await _with_terms(session, rows, today)
    ]
