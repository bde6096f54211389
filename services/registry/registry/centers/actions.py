"""Changing a centre's row; what follows for its members and its plan is its callers' to do."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.rules import Stage
from registry.centers.tables import Center, StageChange
from shared.auth import Actor
from shared.events import record


def enter_stage(
    session: AsyncSession, actor: Actor, center: Center, stage: Stage, reason: str, now: datetime
) -> None:
    """Put a centre into a stage that the caller has checked, and keep where it came from."""
    session.add(
        StageChange(
            center_id=center.id,
            from_stage=center.stage,
            to_stage=stage,
            reason=reason,
            person_id=actor.person_id,
            at=now,
        )
    )
    record(
        session,
        actor,
        "center.stage_changed",
        center.id,
        center_id=center.id,
        reason=reason,
        before=center.stage,
        after=stage,
        from_stage=center.stage,
        to_stage=stage,
    )
    side = stage in {Stage.RECTIFYING, Stage.SUSPENDED}
    center.came_from = center.stage if side else None
    center.stage = stage
    center.version += 1
