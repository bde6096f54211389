"""Who did what in a case."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.duties.rules import Duty, SubjectType
from evaluation.duties.tables import CaseDuty


async def people_of(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID
) -> list[Duty]:
    """List the duties of a case in a fixed order; only for rules and other services."""
    statement = (
        select(CaseDuty.person_id, CaseDuty.capacity)
        .where(
            col(CaseDuty.subject_type) == subject_type,
            col(CaseDuty.subject_id) == subject_id,
        )
        .order_by(col(CaseDuty.person_id), col(CaseDuty.capacity))
    )
    rows = await session.execute(statement)
    return [Duty(person_id, capacity) for person_id, capacity in rows]


async def people_of_all(
    session: AsyncSession, subject_type: SubjectType, subject_ids: Sequence[UUID]
) -> dict[UUID, list[Duty]]:
    """List the duties of many cases, by case; only for rules."""
    statement = (
        select(CaseDuty.subject_id, CaseDuty.person_id, CaseDuty.capacity)
        .where(
            col(CaseDuty.subject_type) == subject_type,
            col(CaseDuty.subject_id).in_(subject_ids),
        )
        .order_by(col(CaseDuty.person_id), col(CaseDuty.capacity))
    )
    duties: dict[UUID, list[Duty]] = {}
    for subject_id, person_id, capacity in await session.execute(statement):
        duties.setdefault(subject_id, []).append(Duty(person_id, capacity))
    return duties
