"""Entering who did what in a case."""

from collections.abc import Sequence
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
    await enter_all(session, actor, subject_type, [subject_id], capacity)


async def enter_all(
    session: AsyncSession,
    actor: Actor,
    subject_type: SubjectType,
    subject_ids: Sequence[UUID],
    capacity: Capacity,
) -> None:
    """Enter that the actor did the same in some cases; what is entered already stays (X03)."""
    if not subject_ids:
        return
    clock: Clock = session.info["clock"]
    duty = {
        "subject_type": subject_type, "person_id": actor.person_id, "capacity": capacity,
        "entered_at": clock.now(),
    }  # fmt: skip
    rows = [{**duty, "subject_id": subject_id} for subject_id in subject_ids]
    await session.execute(insert(CaseDuty).values(rows).on_conflict_do_nothing())
