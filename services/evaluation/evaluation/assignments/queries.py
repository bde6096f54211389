"""Seeds and draws. Officials read them; who is drawn is told to nobody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, or_
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.assignments import rules
from evaluation.assignments.tables import DrawSeed, PanelDraw
from evaluation.cycles.rules import SCORABLE, CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.experts.tables import Expert
from evaluation.panels.tables import Panel, PanelSeat
from shared.rules import found

# Names the lock; any number will do that no other lock has.
ACCEPTANCE: Final = 4_310_120


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


async def held_seats(session: AsyncSession) -> dict[UUID, tuple[UUID, int]]:
    """Count the seats that each expert holds on panels still at work, with his person."""
    statement = (
        _at_work(select_rows(col(PanelSeat.expert_id), col(Expert.person_id), func.count()))
        .join(Expert, col(Expert.id) == col(PanelSeat.expert_id))
        .group_by(col(PanelSeat.expert_id), col(Expert.person_id))
    )
    rows = await session.execute(statement)
    return {expert_id: (person_id, int(count)) for expert_id, person_id, count in rows}


async def seats_since(session: AsyncSession, draw_id: UUID) -> dict[str, int]:
    """Count the seats at work that each expert took after a draw was frozen.

    Ids grow with time, whatever a sandbox's clock says.
    """
    statement = (
        _at_work(select_rows(col(PanelSeat.expert_id), func.count()))
        .where(col(PanelSeat.id) > draw_id)
        .group_by(col(PanelSeat.expert_id))
    )
    return {str(expert_id): int(count) for expert_id, count in await session.execute(statement)}


def _at_work(statement: Any) -> Any:  # noqa: ANN401 - selects of any shape
    """Keep the seats that are held on panels whose experts still score.

    A case that was computed without a voided sheet leaves its panel with a vacancy for good.
    """
    over = exists().where(
        col(EvaluationCase.id) == col(Panel.subject_id),
        col(EvaluationCase.state).not_in((*SCORABLE, CaseState.REOPENED)),
    )
    return (
        statement.select_from(PanelSeat)
        .join(Panel, col(Panel.id) == col(PanelSeat.panel_id))
        .where(col(PanelSeat.vacated_at).is_(None), col(Panel.completed_at).is_(None), ~over)
    )


async def one_acceptance_at_a_time(session: AsyncSession) -> None:
    """Wait until nobody else makes panels of a draw; held until the transaction ends."""
    await session.execute(select_rows(func.pg_advisory_xact_lock(ACCEPTANCE)))
