"""What agreement is counted from: sheets that count, of panels that the caller may see."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select

from evaluation.agreement.statistics import Scored, means, outlying
from evaluation.cycles.tables import EvaluationCase
from evaluation.duties.rules import SubjectType
from evaluation.panels import queries as panel_queries
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.sheets.rules import State
from evaluation.sheets.tables import ScoreItem, ScoreSheet
from shared.auth import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator of one sheet that counts."""

    indicator: str
    scored: Scored


async def items_of_cycle(session: AsyncSession, actor: Actor, cycle_id: UUID) -> list[Item]:
    """List what experts scored in a cycle, without the panels on which the caller sits himself.

    A figure over panels that the caller may not see would tell him of them.
    """
    # Asked apart: the condition itself looks into seats, as the statement below does.
    panels = select(Panel.id).where(
        col(Panel.subject_type) == SubjectType.CASE, panel_queries.visible(actor)
    )
    seen = list(await session.scalars(panels))
    return await _items(session, cycle_id, col(Panel.id).in_(seen))


async def outlying_sheets(session: AsyncSession, cycle_id: UUID, case_id: UUID) -> list[str]:
    """Name the sheets of a case that stand apart among all of its cycle; only for rules."""
    case = col(Panel.subject_type) == SubjectType.CASE
    items = await _items(session, cycle_id, case)
    sheets = means(one.scored for one in items)
    own = {one.sheet_id for one in sheets if one.case_id == str(case_id)}
    return [sheet_id for sheet_id in outlying(sheets) if sheet_id in own]


async def _items(session: AsyncSession, cycle_id: UUID, panels: ColumnElement[bool]) -> list[Item]:
    statement = (
        select_rows(
            col(Panel.subject_id),
            col(PanelSeat.expert_id),
            col(ScoreItem.sheet_id),
            col(ScoreItem.indicator),
            col(ScoreItem.score),
        )
        .join(PanelSeat, col(PanelSeat.panel_id) == col(Panel.id))
        .join(ScoreSheet, col(ScoreSheet.id) == col(PanelSeat.id))
        .join(ScoreItem, col(ScoreItem.sheet_id) == col(ScoreSheet.id))
        .join(EvaluationCase, col(EvaluationCase.id) == col(Panel.subject_id))
        .where(
            col(EvaluationCase.cycle_id) == cycle_id,
            col(ScoreSheet.state) == State.SUBMITTED,
            # Leaves that an objection reopened are scored apart, by fewer items.
            col(Panel.round) == 1,
            panels,
        )
        .order_by(col(Panel.subject_id), col(PanelSeat.expert_id), col(ScoreItem.indicator))
    )
    return [
        Item(indicator, Scored(str(case_id), str(expert_id), str(sheet_id), float(score)))
        for case_id, expert_id, sheet_id, indicator, score in await session.execute(statement)
    ]
