"""Seats that are held, who stands ready for those that were left, and reviews that are over."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy import select as select_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from evaluation.cycles.rules import SCORABLE, CaseState
from evaluation.cycles.tables import EvaluationCase
from evaluation.experts.rules import Candidate
from evaluation.experts.tables import Expert
from evaluation.panels import queries
from evaluation.panels.seating_rules import Alternate, Vacancy, alternates_left
from evaluation.panels.tables import EndedApplication, Panel, PanelSeat, SeatAlternate

# Names the lock; any number will do that no other lock has.
SEATING: Final = 4_310_120


async def one_at_a_time(session: AsyncSession) -> None:
    """Wait until nobody else gives seats; held until the transaction ends.

    Two who count the same expert's seats at once would both find room for one more. It is taken
    before any row is locked, so that nobody waits for it with a row in hand.
    """
    await session.execute(select_rows(func.pg_advisory_xact_lock(SEATING)))


async def held_seats(session: AsyncSession) -> dict[UUID, tuple[UUID, int]]:
    """Count the seats that each expert holds on panels still at work, with his person."""
    statement = (
        at_work(select_rows(col(PanelSeat.expert_id), col(Expert.person_id), func.count()))
        .join(Expert, col(Expert.id) == col(PanelSeat.expert_id))
        .group_by(col(PanelSeat.expert_id), col(Expert.person_id))
    )
    rows = await session.execute(statement)
    return {expert_id: (person_id, int(count)) for expert_id, person_id, count in rows}


async def held_by(session: AsyncSession, candidates: Collection[Candidate]) -> dict[UUID, int]:
    """Count the seats at work of some experts, under whatever account they were entered."""
    people = {person for one in candidates for person in one.people}
    statement = (
        at_work(select_rows(col(Expert.person_id), func.count()))
        .join(Expert, col(Expert.id) == col(PanelSeat.expert_id))
        .where(col(Expert.person_id).in_(people))
        .group_by(col(Expert.person_id))
    )
    held = {person_id: int(count) for person_id, count in await session.execute(statement)}
    return {one.expert_id: sum(held.get(person, 0) for person in one.people) for one in candidates}


async def seats_since(session: AsyncSession, draw_id: UUID) -> dict[str, int]:
    """Count the seats at work that each expert took after a draw was frozen.

    Ids grow with time, whatever a sandbox's clock says.
    """
    statement = (
        at_work(select_rows(col(PanelSeat.expert_id), func.count()))
        .where(col(PanelSeat.id) > draw_id)
        .group_by(col(PanelSeat.expert_id))
    )
    return {str(expert_id): int(count) for expert_id, count in await session.execute(statement)}


def at_work(statement: Any) -> Any:  # noqa: ANN401 - selects of any shape
    """Keep the seats that are held on panels whose experts still score.

    A case that was computed without a voided sheet leaves its panel with a vacancy for good; an
    application that came to its end, or to another round, leaves it as it stood.
    """
    over = exists().where(
        col(EvaluationCase.id) == col(Panel.subject_id),
        col(EvaluationCase.state).not_in((*SCORABLE, CaseState.REOPENED)),
    )
    ended = exists().where(col(EndedApplication.application_id) == col(Panel.subject_id))
    next_round: Any = aliased(Panel)
    followed = exists().where(
        next_round.subject_id == col(Panel.subject_id), next_round.round > col(Panel.round)
    )
    return (
        statement.select_from(PanelSeat)
        .join(Panel, col(Panel.id) == col(PanelSeat.panel_id))
        .where(
            col(PanelSeat.vacated_at).is_(None),
            col(Panel.completed_at).is_(None),
            ~over,
            ~ended,
            ~followed,
        )
    )


async def ended_as(session: AsyncSession, application_id: UUID) -> str | None:
    """Give how an application ended; None while it goes on, or for a case."""
    ended = await session.get(EndedApplication, application_id)
    return None if ended is None else ended.state


async def alternates_of(
    session: AsyncSession, seat_ids: Collection[UUID]
) -> dict[UUID, list[Alternate]]:
    """List who was ranked for some drawn seats, best first, by seat."""
    statement = (
        select(SeatAlternate)
        .where(col(SeatAlternate.seat_id).in_(seat_ids))
        .order_by(col(SeatAlternate.seat_id), col(SeatAlternate.rank))
    )
    ranked: dict[UUID, list[Alternate]] = {}
    for row in await session.scalars(statement):
        ranked.setdefault(row.seat_id, []).append(Alternate(row.rank, row.expert_id))
    return ranked


async def vacancies_of(session: AsyncSession, seats: Sequence[PanelSeat]) -> list[Vacancy]:
    """Give the vacancies among the seats of some panels, with who may follow on each."""
    waiting = queries.vacancies(seats)
    if not waiting:
        return []
    ranked = await alternates_of(session, [seat.id for seat in seats])
    replaced = {seat.id: seat.replaces_seat_id for seat in seats}
    seated: dict[UUID, set[UUID]] = {}
    for seat in seats:
        seated.setdefault(seat.panel_id, set()).add(seat.expert_id)
    return [
        Vacancy(
            seat.id,
            seat.field,
            alternates_left(seat.id, replaced, ranked, seated[seat.panel_id]),
        )
        for seat in waiting
    ]
