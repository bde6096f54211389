"""Entering who did what in a case."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.duties.rules import Capacity, SubjectType
from evaluation.duties.tables import CaseDuty
from shared.auth import Actor
from shared.clock import Clock


async def enter(
    session: AsyncSession,
    actor: Actor,
    subject_type: SubjectType,
    subject_id: UUID,
    capacity: Capacity,
) -> None:
    """Enter that the actor did something in a case; a second time changes nothing (X03)."""
    clock: Clock = session.info["clock"]
    await session.execute(
        insert(CaseDuty)
        .values(
            subject_type=subject_type,
            subject_id=subject_id,
            person_id=actor.person_id,
            capacity=capacity,
            entered_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )
