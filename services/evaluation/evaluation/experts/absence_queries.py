"""When experts are away; a person's days count under whatever account they were entered."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Subquery, union
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.experts.absence_rules import AbsenceState, Days
from evaluation.experts.tables import Expert, ExpertAbsence, ExpertAccount
from shared.rules import found


def standing_days() -> Subquery:
    """Select `expert_id`, `absence_id`, `from_on` and `until_on` of every absence that stands.

    One that was entered for a further account of a person is there for that person's expert too.
    """
    days = (col(ExpertAbsence.from_on), col(ExpertAbsence.until_on))
    named: Any = col(ExpertAbsence.id).label("absence_id")
    stands = col(ExpertAbsence.state) == AbsenceState.STANDING
    own: Any = select_rows(col(ExpertAbsence.expert_id), named, *days).where(stands)
    shared: Any = (
        select_rows(col(ExpertAccount.expert_id), named, *days)
        .join(Expert, col(Expert.person_id) == col(ExpertAccount.person_id))
        .join(ExpertAbsence, col(ExpertAbsence.expert_id) == col(Expert.id))
        .where(stands)
    )
    return union(own, shared).subquery()


async def away(session: AsyncSession, expert_ids: Collection[UUID]) -> dict[UUID, tuple[Days, ...]]:
    """Give the days on which some experts are away, by expert; who is never away is absent."""
    standing = standing_days()
    statement = (
        select_rows(standing.c.expert_id, standing.c.from_on, standing.c.until_on)
        .where(standing.c.expert_id.in_(list(expert_ids)))
        .order_by(standing.c.from_on)
    )
    told: dict[UUID, tuple[Days, ...]] = {}
    for expert_id, from_on, until_on in await session.execute(statement):
        told[expert_id] = (*told.get(expert_id, ()), Days(from_on, until_on))
    return told


async def own_days(session: AsyncSession, expert_id: UUID) -> Sequence[Days]:
    """Give the days of an expert's own absences that stand, for whoever has locked the expert."""
    statement = select_rows(col(ExpertAbsence.from_on), col(ExpertAbsence.until_on)).where(
        col(ExpertAbsence.expert_id) == expert_id,
        col(ExpertAbsence.state) == AbsenceState.STANDING,
    )
    return [Days(*row) for row in await session.execute(statement.order_by("from_on"))]


async def absence_for_update(
    session: AsyncSession, expert_id: UUID, absence_id: UUID
) -> ExpertAbsence:
    """Load and lock an absence of an expert."""
    statement = select(ExpertAbsence).where(
        col(ExpertAbsence.id) == absence_id, col(ExpertAbsence.expert_id) == expert_id
    )
    return found(await session.scalar(statement.with_for_update()))


def absences(expert_id: UUID, until_from: date | None) -> SelectOfScalar[ExpertAbsence]:
    """Select an expert's absences, for a page of them, without those that ended before a day."""
    statement = select(ExpertAbsence).where(col(ExpertAbsence.expert_id) == expert_id)
    if until_from is not None:
        statement = statement.where(col(ExpertAbsence.until_on) >= until_from)
    return statement
