"""Who did what in a case: every account of a person counts as that person (X03)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from evaluation.duties.rules import Duty, SubjectType
from evaluation.duties.tables import CaseDuty
from evaluation.experts import queries as experts


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
    return await of_persons(session, [Duty(person_id, capacity) for person_id, capacity in rows])


async def of_persons(session: AsyncSession, duties: Sequence[Duty]) -> list[Duty]:
    """Add to duties those same duties under the other accounts of the same persons."""
    same = await experts.accounts_of(session, {duty.person_id for duty in duties})
    under = {
        Duty(account, duty.capacity)
        for duty in duties
        for account in same.get(duty.person_id, (duty.person_id,))
    }
    return sorted(under, key=lambda duty: (duty.person_id, duty.capacity))


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
    rows = list(await session.execute(statement))
    same = await experts.accounts_of(session, {person_id for _, person_id, _ in rows})
    duties: dict[UUID, list[Duty]] = {}
    for subject_id, person_id, capacity in rows:
        own = duties.setdefault(subject_id, [])
        own += [Duty(account, capacity) for account in same.get(person_id, (person_id,))]
    return duties
