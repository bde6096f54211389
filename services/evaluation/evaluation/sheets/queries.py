"""Sheets, and beside each read who may see it.

A sheet is its expert's alone until it is submitted. Officials then read it, except those who sit
on the same panel; another expert, a member and the public never learn that it exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, tuple_
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from evaluation.cycles import queries as case_queries
from evaluation.duties.rules import SubjectType
from evaluation.experts import queries as expert_queries
from evaluation.panels import queries as panel_queries
from evaluation.panels.item_rules import APPLICATION_GUIDANCE
from evaluation.panels.tables import Panel, PanelSeat
from evaluation.schemes.guidance_rules import Guidance, guidance_of
from evaluation.schemes.weight_rules import fractions
from evaluation.sheets.rules import SheetScores, State
from evaluation.sheets.tables import ScoreItem, ScoreSheet
from shared.auth import Actor
from shared.rules import found


@dataclass(frozen=True, slots=True)
class Seated:
    """A sheet with the seat and the panel it belongs to."""

    panel: Panel
    seat: PanelSeat
    sheet: ScoreSheet


@dataclass(frozen=True, slots=True)
class Summary:
    """A sheet in a list, with the organizations that its expert declares ties to."""

    panel: Panel
    seat: PanelSeat
    state: State
    usccs: list[str]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a panel waits for: sheets to be handed in, and fields of seats to be filled."""

    waiting: list[UUID]
    vacant: list[str]


FINISHED: Final = Unfinished([], [])


def visible(actor: Actor) -> ColumnElement[bool]:
    """Let an expert see his own sheet, and officials those of panels they do not sit on."""
    own = (col(PanelSeat.expert_id) == actor.expert_id) if _is_expert(actor) else None
    others = _official_view(actor) if actor.is_official else None
    views = [view for view in (own, others) if view is not None]
    return or_(*views) if views else col(PanelSeat.id).is_(None)


def _is_expert(actor: Actor) -> bool:
    return actor.has("expert") and actor.expert_id is not None


def _official_view(actor: Actor) -> ColumnElement[bool]:
    neighbour = aliased(PanelSeat)
    return ~exists().where(
        col(neighbour.panel_id) == col(PanelSeat.panel_id),
        col(neighbour.expert_id).in_(expert_queries.of_person(actor.person_id)),
    )


def seats_page(actor: Actor, panel_id: UUID | None) -> SelectOfScalar[PanelSeat]:
    """Select the seats whose sheets the actor may see, for a page of them."""
    statement = select(PanelSeat).where(visible(actor))
    return statement if panel_id is None else statement.where(col(PanelSeat.panel_id) == panel_id)


async def seated(session: AsyncSession, actor: Actor, sheet_id: UUID) -> Seated:
    """Load a sheet that the actor may see; one that was never touched is `assigned`."""
    statement = select(PanelSeat).where(col(PanelSeat.id) == sheet_id, visible(actor))
    seat = found(await session.scalar(statement))
    panel = found(await session.get(Panel, seat.panel_id))
    sheet = await session.get(ScoreSheet, seat.id)
    return Seated(panel, seat, sheet or ScoreSheet(id=seat.id))


async def own_for_update(session: AsyncSession, actor: Actor, sheet_id: UUID) -> Seated:
    """Load and lock the actor's own sheet; another's is NOT_FOUND, whatever he is besides."""
    return await _locked(session, await _own(session, actor, sheet_id))


async def _own(session: AsyncSession, actor: Actor, seat_id: UUID) -> PanelSeat:
    statement = select(PanelSeat).where(col(PanelSeat.id) == seat_id)
    statement = statement.where(
        col(PanelSeat.expert_id) == actor.expert_id
        if _is_expert(actor)
        else col(PanelSeat.id).is_(None)
    )
    return found(await session.scalar(statement))


async def own_seat_for_update(session: AsyncSession, actor: Actor, seat_id: UUID) -> Seated:
    """Load and lock the actor's own seat for his answer; its sheet need not be begun."""
    return await _locked(session, await _own(session, actor, seat_id), begin=False)


async def any_for_update(session: AsyncSession, actor: Actor, sheet_id: UUID) -> Seated:
    """Load and lock a sheet that an official may see; only for voiding."""
    statement = select(PanelSeat).where(col(PanelSeat.id) == sheet_id, visible(actor))
    seat = found(await session.scalar(statement))
    return await _locked(session, seat)


async def _locked(session: AsyncSession, seat: PanelSeat, *, begin: bool = True) -> Seated:
    # The panel comes first, always: its lock puts the last two sheets of a panel in an order, so
    # that exactly one of them finds every other sheet submitted.
    panel = await panel_queries.panel_for_update(session, seat.panel_id)
    await session.refresh(seat, with_for_update=True)
    sheet = await session.get(ScoreSheet, seat.id, populate_existing=True)
    if sheet is None:
        sheet = ScoreSheet(id=seat.id)
        if begin:
            session.add(sheet)
    return Seated(panel, seat, sheet)


async def sheets_of(session: AsyncSession, seat_ids: Sequence[UUID]) -> dict[UUID, ScoreSheet]:
    """Give the sheets that were begun, by id."""
    statement = select(ScoreSheet).where(col(ScoreSheet.id).in_(seat_ids))
    return {sheet.id: sheet for sheet in await session.scalars(statement)}


async def items_of(session: AsyncSession, sheet_ids: Sequence[UUID]) -> list[ScoreItem]:
    """List the items of some sheets by sheet and indicator."""
    statement = (
        select(ScoreItem)
        .where(col(ScoreItem.sheet_id).in_(sheet_ids))
        .order_by(col(ScoreItem.sheet_id), col(ScoreItem.indicator))
    )
    return list(await session.scalars(statement))


async def summaries(session: AsyncSession, seats: Sequence[PanelSeat]) -> list[Summary]:
    """Give the lines of a list of sheets, in the order of the seats."""
    panel_ids = {seat.panel_id for seat in seats}
    panels = await session.scalars(select(Panel).where(col(Panel.id).in_(panel_ids)))
    by_id = {panel.id: panel for panel in panels}
    sheets = await sheets_of(session, [seat.id for seat in seats])
    codes = await panel_queries.usccs_of(session, list(panel_ids))
    return [
        Summary(
            panel=by_id[seat.panel_id],
            seat=seat,
            state=sheets[seat.id].state if seat.id in sheets else State.ASSIGNED,
            usccs=codes.get(seat.panel_id, []),
        )
        for seat in seats
    ]


async def guidance(session: AsyncSession, panel: Panel) -> list[Guidance]:
    """Tell what a panel's experts read of each indicator of their sheets, in its order.

    A case's is the scheme's that its cycle opened with; of a reopened case only what is reopened.
    """
    if panel.subject_type is not SubjectType.CASE:
        return [APPLICATION_GUIDANCE[item] for item in panel.indicators]
    case, content = await case_queries.case_with_scheme(session, panel.subject_id)
    return guidance_of(
        content, fractions(case.weights), fractions(case.indicator_weights), panel.indicators
    )


async def clear_items(session: AsyncSession, sheet_id: UUID) -> None:
    """Take a draft's items away, before others take their place."""
    await session.execute(delete(ScoreItem).where(col(ScoreItem.sheet_id) == sheet_id))


async def scores_of_panel(session: AsyncSession, panel_id: UUID) -> list[SheetScores]:
    """Give what the sheets that count say, by sheet id."""
    return (await scores_of_panels(session, [panel_id])).get(panel_id, [])


async def scores_of_panels(
    session: AsyncSession, panel_ids: Sequence[UUID]
) -> dict[UUID, list[SheetScores]]:
    """Give what the sheets that count of some panels say, by panel, each by sheet id."""
    statement = (
        select(PanelSeat)
        .join(ScoreSheet, col(ScoreSheet.id) == col(PanelSeat.id))
        .where(col(PanelSeat.panel_id).in_(panel_ids), col(ScoreSheet.state) == State.SUBMITTED)
        .order_by(col(PanelSeat.id))
    )
    seats = list(await session.scalars(statement))
    said: dict[UUID, list[tuple[str, Decimal, str]]] = {}
    # Columns, not rows: thousands of items of a cycle are read and none is changed.
    items = (
        select_rows(
            col(ScoreItem.sheet_id),
            col(ScoreItem.indicator),
            col(ScoreItem.score),
            col(ScoreItem.comment),
        )
        .where(col(ScoreItem.sheet_id).in_([seat.id for seat in seats]))
        .order_by(col(ScoreItem.sheet_id), col(ScoreItem.indicator))
    )
    for sheet_id, indicator, score, comment in await session.execute(items):
        said.setdefault(sheet_id, []).append((indicator, score, comment))
    found: dict[UUID, list[SheetScores]] = {}
    for seat in seats:
        own = said.get(seat.id, [])
        found.setdefault(seat.panel_id, []).append(
            SheetScores(
                sheet_id=seat.id,
                expert_id=seat.expert_id,
                person_id=seat.person_id,
                scores={indicator: score for indicator, score, _ in own},
                comments={indicator: comment for indicator, _, comment in own},
            )
        )
    return found


async def first_scores(
    session: AsyncSession, subject_type: SubjectType, subject_ids: Sequence[UUID]
) -> dict[UUID, list[SheetScores]]:
    """Give what the sheets of first panels say, by subject; for computing, never for showing."""
    panels = await panel_queries.panels_of(session, subject_type, subject_ids)
    first = {subject_id: found[0].id for subject_id, found in panels.items()}
    scores = await scores_of_panels(session, list(first.values()))
    return {subject_id: scores.get(panel_id, []) for subject_id, panel_id in first.items()}


async def unfinished(
    session: AsyncSession, subject_type: SubjectType, rounds: Mapping[UUID, int]
) -> dict[UUID, Unfinished]:
    """Tell what the panels of some rounds wait for, by subject; finished ones are absent."""
    later: Any = aliased(PanelSeat)
    filled = exists().where(later.replaces_seat_id == col(PanelSeat.id))
    state = func.coalesce(col(ScoreSheet.state), State.ASSIGNED)
    statement = (
        select_rows(
            col(Panel.subject_id),
            col(PanelSeat.id),
            col(PanelSeat.field),
            col(PanelSeat.vacated_at),
        )
        .join(PanelSeat, col(PanelSeat.panel_id) == col(Panel.id))
        .outerjoin(ScoreSheet, col(ScoreSheet.id) == col(PanelSeat.id))
        .where(
            col(Panel.subject_type) == subject_type,
            tuple_(col(Panel.subject_id), col(Panel.round)).in_(list(rounds.items())),
            state.not_in((State.SUBMITTED, State.VOIDED)),
            or_(col(PanelSeat.vacated_at).is_(None), ~filled),
        )
    )
    open_seats: dict[UUID, Unfinished] = {}
    for subject_id, seat_id, field, vacated_at in await session.execute(statement):
        own = open_seats.setdefault(subject_id, Unfinished([], []))
        if vacated_at is None:
            own.waiting.append(seat_id)
        else:
            own.vacant.append(field)
    return open_seats


async def valid_scores(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID
) -> list[SheetScores]:
    """Give what the sheets of a subject's first panel say; for computing, never for showing."""
    return await scores_of_round(session, subject_type, subject_id, 1) or []


async def scores_of_round(
    session: AsyncSession, subject_type: SubjectType, subject_id: UUID, number: int
) -> list[SheetScores] | None:
    """Give what the sheets of a round's panel say, None without one; for computing alone."""
    panel = await panel_queries.panel_of_round(session, subject_type, subject_id, number)
    return None if panel is None else await scores_of_panel(session, panel.id)
