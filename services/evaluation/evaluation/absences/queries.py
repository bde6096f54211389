"""Seats whose experts are away while their panel works."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from evaluation.absences import rules
from evaluation.experts.absence_queries import standing_days
from evaluation.panels import queries as panels
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.sheets.tables import ScoreSheet
from shared.auth import Actor
from shared.tasks import MOST_TASKS, Task


def _left_alone(today: date) -> Select[Any]:
    """Select seats without a sheet that is in, with the days on which their experts are away.

    Days that are over bar nothing, and a panel that is late works today.
    """
    # Under another name: who may see a panel looks into its seats too.
    seat: Any = aliased(PanelSeat)
    days = standing_days()
    return (
        select_rows(
            col(Panel.id).label("panel_id"),
            col(Panel.center_id).label("center_id"),
            seat.id.label("sheet_id"),
            seat.expert_id,
            days.c.absence_id,
            days.c.from_on,
            days.c.until_on,
        )
        .join(seat, seat.panel_id == col(Panel.id))
        .join(days, days.c.expert_id == seat.expert_id)
        .outerjoin(ScoreSheet, col(ScoreSheet.id) == seat.id)
        .where(
            seat.vacated_at.is_(None),
            col(Panel.completed_at).is_(None),
            col(ScoreSheet.submitted_at).is_(None),
            days.c.until_on >= today,
            days.c.from_on <= func.greatest(col(Panel.until_on), literal(today)),
        )
    )


async def seats_away(session: AsyncSession, panel_id: UUID, today: date) -> Sequence[Any]:
    """List a panel's seats that are left alone, the earliest days first; the caller may see it."""
    statement = _left_alone(today).where(col(Panel.id) == panel_id)
    rows: Sequence[Any] = (await session.execute(statement.order_by("from_on", "sheet_id"))).all()
    return rows


async def sheets_away(session: AsyncSession, absence_id: UUID, today: date) -> list[UUID]:
    """Name the sheets of an expert that an absence leaves alone."""
    open_seats = _left_alone(today).subquery()
    statement = select_rows(open_seats.c.sheet_id).where(open_seats.c.absence_id == absence_id)
    return sorted(await session.scalars(statement))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Name the panels of which a seated expert is away, for those who fill seats."""
    if not actor.has("handler"):
        return []
    alone = _left_alone(today).where(panels.visible(actor)).subquery()
    statement = select_rows(alone.c.panel_id, alone.c.center_id).distinct().limit(MOST_TASKS)
    return [
        Task(rules.AWAY_TASK, panel_id, center_id=center_id)
        for panel_id, center_id in await session.execute(statement)
    ]
