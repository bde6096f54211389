"""Marking the seats that a change touches, in the transaction of the change."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.conflicts import queries, rules
from evaluation.conflicts.queries import Sitting
from evaluation.conflicts.tables import SeatConflict
from evaluation.experts import actions as experts
from evaluation.experts.schemas import ExpertEmployerIn, ExpertRelationIn
from evaluation.experts.tables import Expert
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import Check


async def recheck(
    session: AsyncSession,
    actor: Actor,
    *,
    expert_ids: Collection[UUID] | None = None,
    center_ids: Collection[UUID] | None = None,
) -> int:
    """Judge seats again and mark what changed; give how many conflicts are new (X08)."""
    clock: Clock = session.info["clock"]
    await session.flush()
    seats = await queries.sitting(session, expert_ids=expert_ids, center_ids=center_ids)
    found = await queries.conflicts_of(session, seats, clock.today())
    return await _mark(session, actor, seats, found, clock.now())


async def _mark(
    session: AsyncSession,
    actor: Actor,
    seats: Sequence[Sitting],
    found: dict[UUID, list[Check]],
    now: datetime,
) -> int:
    standing = await queries.open_conflicts(session, [one.seat.id for one in seats])
    new = 0
    for one in seats:
        paths = {
            rules.path_hash(path): path for path in map(rules.path_of, found.get(one.seat.id, []))
        }
        for (seat_id, named), row in standing.items():
            if seat_id == one.seat.id and named not in paths:
                row.cleared_at = now
                _tell(session, actor, one, "cleared", row.path["code"])
        for named, path in paths.items():
            if (one.seat.id, named) in standing:
                continue
            session.add(
                SeatConflict(
                    seat_id=one.seat.id, panel_id=one.panel.id, path=path, path_hash=named,
                    found_at=now,
                )
            )  # fmt: skip
            _tell(session, actor, one, "found", path["code"])
            new += 1
    await session.flush()
    return new


def _tell(session: AsyncSession, actor: Actor, one: Sitting, name: str, code: str) -> None:
    # No centre in it: who reviews whom is told to no member.
    record(
        session, actor, f"seat_conflict.{name}", one.seat.id, case_id=one.panel.subject_id,
        panel_id=one.panel.id, sheet_id=one.seat.id, code=code,
    )  # fmt: skip


async def add_relation(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: ExpertRelationIn, now: datetime
) -> Expert:
    """Enter a tie that became known, and mark the seats that it touches. Raises as `experts`."""
    expert = await experts.add_relation(session, actor, expert_id, body, now)
    await recheck(session, actor, expert_ids=await _all_of(session, expert))
    return expert


async def change_employer(
    session: AsyncSession, actor: Actor, expert_id: UUID, body: ExpertEmployerIn, now: datetime
) -> Expert:
    """Enter who employs an expert from a day on, and judge his seats again. Raises as `experts`."""
    expert = await experts.change_employer(session, actor, expert_id, body, now)
    await recheck(session, actor, expert_ids=await _all_of(session, expert))
    return expert


async def end_relation(
    session: AsyncSession, actor: Actor, expert_id: UUID, relation_id: UUID, until_on: date
) -> Expert:
    """Enter the last day of a tie, and judge the expert's seats again. Raises as `experts`."""
    expert = await experts.end_relation(session, actor, expert_id, relation_id, until_on)
    await recheck(session, actor, expert_ids=await _all_of(session, expert))
    return expert


async def add_account(
    session: AsyncSession, actor: Actor, expert_id: UUID, person_id: UUID, now: datetime
) -> Expert:
    """Enter another account, whose duties and ties now count as the expert's own (X03, X08)."""
    expert = await experts.add_account(session, actor, expert_id, person_id, now)
    await recheck(session, actor, expert_ids=await _all_of(session, expert))
    return expert


async def _all_of(session: AsyncSession, expert: Expert) -> set[UUID]:
    """Name the experts who count this one's ties as theirs: he, and whose account he is."""
    return {expert.id, *await queries.sharing_ties(session, expert.person_id)}
