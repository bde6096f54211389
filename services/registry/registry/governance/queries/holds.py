"""What is read of holds on centres, and of what rests on a result."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.centers.rules import Stage
from registry.centers.tables import StageChange
from registry.governance.rules.holds import BAD_FAITH, HoldState
from registry.governance.rules.stages import RatingKind
from registry.governance.tables import CenterHold, CenterRating
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

EXAMINE: Final = TaskKind(
    "hold.examine",
    "复查中心所依据的评估结果",
    "Look again at what a centre rests on",
    BAD_FAITH,
    "POST",
    "/v1/registry/center-holds/{id}/examination",
)
DECIDE: Final = TaskKind(
    "hold.decide",
    "决定是否解除中心的暂停",
    "Decide whether a centre's hold is lifted",
    BAD_FAITH,
    "POST",
    "/v1/registry/center-holds/{id}/decision",
)


async def holds_of(session: AsyncSession, center_id: UUID) -> Sequence[CenterHold]:
    """Give the holds of a centre, newest first, lifted ones included."""
    statement = (
        select(CenterHold)
        .where(col(CenterHold.center_id) == center_id)
        .order_by(col(CenterHold.id).desc())
    )
    return (await session.scalars(statement)).all()


async def holds_of_year(
    session: AsyncSession, center_id: UUID, kind: RatingKind, year: int
) -> Sequence[CenterHold]:
    """Give the holds of one year's result; the centre is locked before."""
    statement = select(CenterHold).where(
        col(CenterHold.center_id) == center_id,
        col(CenterHold.kind) == kind,
        col(CenterHold.year) == year,
    )
    return (await session.scalars(statement)).all()


async def open_holds(session: AsyncSession, center_id: UUID) -> int:
    """Count the holds of a centre on which nobody has decided yet."""
    statement = select(func.count()).where(
        col(CenterHold.center_id) == center_id, col(CenterHold.state) != HoldState.LIFTED
    )
    return await session.scalar(statement) or 0


async def hold_read(session: AsyncSession, hold_id: UUID) -> CenterHold:
    """Load a hold; the route lets officials in only."""
    return found(await session.get(CenterHold, hold_id))


async def reread_hold(session: AsyncSession, hold: CenterHold) -> None:
    """Read a hold again and lock it; its centre is locked before."""
    await session.refresh(hold, with_for_update=True)


async def steps_into(
    session: AsyncSession, center_id: UUID, stages: Sequence[Stage]
) -> Sequence[StageChange]:
    """Give the last step of a centre into each of some stages, oldest first."""
    statement = (
        select(StageChange)
        .where(col(StageChange.center_id) == center_id, col(StageChange.to_stage).in_(stages))
        .order_by(col(StageChange.id))
    )
    rows = (await session.scalars(statement)).all()
    return list({row.to_stage: row for row in rows}.values())


async def hash_of_rating(
    session: AsyncSession, center_id: UUID, kind: RatingKind, year: int
) -> str | None:
    """Give the hash of the newest version of a year's rating that the feed told."""
    statement = (
        select(CenterRating.result_hash)
        .where(
            col(CenterRating.center_id) == center_id,
            col(CenterRating.kind) == kind,
            col(CenterRating.year) == year,
        )
        .order_by(col(CenterRating.version).desc())
        .limit(1)
    )
    digest: str | None = await session.scalar(statement)
    return digest


async def hold_tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the holds that wait for this official (X03)."""
    del today  # No rule sets a last day.
    waiting: dict[HoldState, TaskKind] = {}
    if actor.has("reviewer"):
        waiting[HoldState.PLACED] = EXAMINE
    if actor.has("approver"):
        waiting[HoldState.EXAMINED] = DECIDE
    if not waiting:
        return []
    statement = (
        select(CenterHold)
        .where(
            col(CenterHold.state).in_(tuple(waiting)),
            col(CenterHold.examined_by).is_distinct_from(actor.person_id),
        )
        .order_by(col(CenterHold.placed_at), col(CenterHold.id))
        .limit(MOST_TASKS)
    )
    rows: Sequence[Any] = (await session.scalars(statement)).all()
    return [Task(waiting[row.state], row.id, row.center_id) for row in rows]
