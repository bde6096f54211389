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


async def standing_seed(
    session: AsyncSession, cycle_id: UUID, *, lock: bool = False
) -> DrawSeed | None:
    """Give the seed of a cycle that is committed to and not yet open.

    Locked, it is opened by nobody until the transaction ends: the pool that freezes under it does
    so while it is secret.
    """
    statement = select(DrawSeed).where(
        col(DrawSeed.cycle_id) == cycle_id, col(DrawSeed.opened_at).is_(None)
    )
    return await session.scalar(statement.with_for_update(read=True) if lock else statement)


async def newest_seed(session: AsyncSession, cycle_id: UUID) -> DrawSeed | None:
    """Give the seed that a cycle committed to last, open or not."""
    statement = select(DrawSeed).where(col(DrawSeed.cycle_id) == cycle_id)
    return await session.scalar(statement.order_by(col(DrawSeed.number).desc()).limit(1))


async def seed_for_update(session: AsyncSession, seed_id: UUID) -> DrawSeed:
    """Load and lock a seed: pools that freeze under it are frozen before it opens."""
    statement = select(DrawSeed).where(col(DrawSeed.id) == seed_id).with_for_update()
    return found(await session.scalar(statement.execution_options(populate_existing=True)))


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
            col(PanelDraw.attempts) < rules.MOST_ATTEMPTS,
        )
        .order_by(col(PanelDraw.created_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await session.scalar(statement)


async def lost_draws(session: AsyncSession, claimed_before: datetime) -> Sequence[PanelDraw]:
    """Lock the draws that no worker came back from, and that are tried no more."""
    statement = select(PanelDraw).where(
        col(PanelDraw.state) == rules.DrawState.QUEUED,
        col(PanelDraw.claimed_at) < claimed_before,
        col(PanelDraw.attempts) >= rules.MOST_ATTEMPTS,
    )
    return (await session.scalars(statement.with_for_update(skip_locked=True))).all()


async def cases(
    session: AsyncSession, cycle_id: UUID, case_ids: Sequence[UUID] | None
) -> list[EvaluationCase]:
    """List the cases of a cycle: those named, or all."""
    statement = select(EvaluationCase).where(col(EvaluationCase.cycle_id) == cycle_id)
    if case_ids is not None:
        statement = statement.where(col(EvaluationCase.id).in_(case_ids))
    return list(await session.scalars(statement.order_by(col(EvaluationCase.id))))
