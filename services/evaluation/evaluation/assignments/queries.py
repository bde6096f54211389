"""Seeds and draws. Officials read them; who is drawn is told to nobody else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.assignments import rules
from evaluation.assignments.tables import DrawSeed, PanelDraw
from evaluation.cycles.tables import EvaluationCase
from shared.rules import found


async def seed_of(session: AsyncSession, cycle_id: UUID) -> DrawSeed | None:
    """Give the seed of a cycle."""
    return await session.scalar(select(DrawSeed).where(col(DrawSeed.cycle_id) == cycle_id))


async def seed_is_open(session: AsyncSession, seed_id: UUID) -> bool:
    """Tell whether a seed may be shown: a draw made with it was accepted."""
    statement = select(PanelDraw.id).where(
        col(PanelDraw.seed_id) == seed_id, col(PanelDraw.state) == rules.DrawState.ACCEPTED
    )
    return await session.scalar(statement.limit(1)) is not None


async def draw(session: AsyncSession, draw_id: UUID) -> PanelDraw:
    """Load a draw; only for officials."""
    return found(await session.get(PanelDraw, draw_id))


async def seed(session: AsyncSession, seed_id: UUID) -> DrawSeed:
    """Load the seed of a draw."""
    return found(await session.get(DrawSeed, seed_id))


async def draw_for_update(session: AsyncSession, draw_id: UUID) -> PanelDraw:
    """Load and lock a draw."""
    statement = select(PanelDraw).where(col(PanelDraw.id) == draw_id).with_for_update()
    return found(await session.scalar(statement.execution_options(populate_existing=True)))


def draws_page(cycle_id: UUID | None) -> SelectOfScalar[PanelDraw]:
    """Select draws, for a page of them."""
    statement = select(PanelDraw)
    return statement if cycle_id is None else statement.where(col(PanelDraw.cycle_id) == cycle_id)


async def waiting_draw(session: AsyncSession, claimed_before: datetime) -> PanelDraw | None:
    """Lock the oldest draw that waits, or whose worker did not come back."""
    statement = (
        select(PanelDraw)
        .where(
            col(PanelDraw.state) == rules.DrawState.QUEUED,
            or_(col(PanelDraw.claimed_at).is_(None), col(PanelDraw.claimed_at) < claimed_before),
        )
        .order_by(col(PanelDraw.created_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement)


async def cases(
    session: AsyncSession, cycle_id: UUID, case_ids: Sequence[UUID] | None
) -> list[EvaluationCase]:
    """List the cases of a cycle: those named, or all."""
    statement = select(EvaluationCase).where(col(EvaluationCase.cycle_id) == cycle_id)
    if case_ids is not None:
        statement = statement.where(col(EvaluationCase.id).in_(case_ids))
    return list(await session.scalars(statement.order_by(col(EvaluationCase.id))))
