"""Reading a centre's frozen years: officials all, those who run a centre its own."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.cycles import queries as cycles
from evaluation.cycles.rules import ENDED_STAGES
from evaluation.cycles.tables import EvaluationCase
from evaluation.results.tables import FactSnapshot
from evaluation.trends import rules
from evaluation.trends.tables import OperatingReview
from shared.auth import Actor
from shared.directory import DirectoryCenter, DirectoryOrganization
from shared.rules import found
from shared.tasks import MOST_TASKS, Task

MOST_YEARS = 15


async def center(session: AsyncSession, actor: Actor, center_id: UUID) -> DirectoryCenter:
    """Load a centre whose years the actor may see (X04)."""
    statement = select(DirectoryCenter).where(col(DirectoryCenter.id) == center_id)
    if not actor.has("official", "service"):
        statement = statement.where(cycles.runs(actor, col(DirectoryCenter.id)))
    return found(await session.scalar(statement))


async def years_of(session: AsyncSession, center_id: UUID) -> list[rules.YearFigures]:
    """Count what each frozen year of a centre shows, oldest first."""
    return (await years_of_all(session, [center_id]))[center_id]


async def years_of_all(
    session: AsyncSession, center_ids: Sequence[UUID]
) -> dict[UUID, list[rules.YearFigures]]:
    """Count what each frozen year of some centres shows, the last years of each, oldest first."""
    newest = func.row_number().over(
        partition_by=col(EvaluationCase.center_id), order_by=col(EvaluationCase.year).desc()
    )
    placed = (
        select_rows(
            col(EvaluationCase.center_id),
            col(EvaluationCase.year),
            col(FactSnapshot.hash),
            col(FactSnapshot.content),
            newest.label("place"),
        )
        .join(FactSnapshot, col(FactSnapshot.case_id) == col(EvaluationCase.id))
        .where(col(EvaluationCase.center_id).in_(center_ids))
        .subquery()
    )
    statement = (
        select_rows(placed)
        .where(placed.c.place <= MOST_YEARS)
        .order_by(placed.c.center_id, placed.c.year)
    )
    own = await _codes(session, center_ids)
    shown: dict[UUID, list[rules.YearFigures]] = {center_id: [] for center_id in center_ids}
    for row in await session.execute(statement):
        content = json.loads(row.content)
        shown[row.center_id].append(
            rules.year_figures(row.year, row.hash, content, own[row.center_id])
        )
    return shown


async def _codes(session: AsyncSession, center_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Give the codes of who runs each centre: its entity, its trustee and its lead sponsor."""
    runners = (
        col(DirectoryCenter.legal_entity_id),
        col(DirectoryCenter.trustee_org_id),
        col(DirectoryCenter.lead_sponsor_id),
    )
    statement = (
        select_rows(col(DirectoryCenter.id), col(DirectoryOrganization.uscc))
        .join(DirectoryOrganization, col(DirectoryOrganization.id).in_(runners))
        .where(col(DirectoryCenter.id).in_(center_ids))
    )
    codes: dict[UUID, set[str]] = {center_id: set() for center_id in center_ids}
    for center_id, uscc in await session.execute(statement):
        codes[center_id].add(uscc)
    return codes


async def reviews_of(session: AsyncSession, center_id: UUID) -> Sequence[OperatingReview]:
    """List the reviews of a centre; the caller may see it."""
    statement = (
        select(OperatingReview)
        .where(col(OperatingReview.center_id) == center_id)
        .order_by(col(OperatingReview.years))
    )
    return (await session.scalars(statement)).all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the centres whose fifth or tenth year waits for its review, the longest first."""
    if not actor.has("reviewer"):
        return []
    due = {years: _listed_before(today, years) for years in rules.OPERATING_YEARS}
    waiting: list[Task] = []
    for years, last_listed_on in due.items():
        reviewed = exists().where(
            col(OperatingReview.center_id) == col(DirectoryCenter.id),
            col(OperatingReview.years) == years,
        )
        statement = (
            select(DirectoryCenter)
            .where(
                col(DirectoryCenter.listed_on) <= last_listed_on,
                col(DirectoryCenter.stage).not_in(ENDED_STAGES),
                ~reviewed,
            )
            .order_by(col(DirectoryCenter.listed_on), col(DirectoryCenter.id))
            .limit(MOST_TASKS)
        )
        waiting += [
            Task(rules.REVIEW_TASK, one.id, center_id=one.id)
            for one in await session.scalars(statement)
        ]
    return waiting[:MOST_TASKS]


def _listed_before(today: date, years: int) -> date:
    """Give the last day of listing whose operating year is over today."""
    day = rules.reached_on(today, -years)
    # A listing on 29 February is over on the 28th of a common year.
    following = day + timedelta(days=1)
    return following if rules.reached_on(following, years) <= today else day
