"""What workers do with draws: take one, enter what was drawn, give back what they could not do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.assignments import queries, rules
from evaluation.assignments.actions import panels_of
from evaluation.assignments.tables import PanelDraw
from evaluation.schemes.rules import canonical
from shared.auth import Actor
from shared.events import record


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker takes along: nothing of it changes while it works."""

    draw_id: UUID
    problem: bytes
    seed: str
    before: dict[str, tuple[str, ...]] | None
    recused: tuple[tuple[str, str], ...]


async def give_up_lost(
    session: AsyncSession, actor: Actor, now: datetime, claimed_before: datetime
) -> int:
    """Give up draws whose workers did not come back from the last attempt; give how many."""
    lost = await queries.lost_draws(session, claimed_before)
    for draw in lost:
        _give_up(session, actor, draw, rules.DrawFailure.KILLED, now)
    await session.flush()
    return len(lost)


async def release(
    session: AsyncSession,
    actor: Actor,
    draw_id: UUID,
    failure: rules.DrawFailure,
    now: datetime,
) -> None:
    """Let another worker take a draw that one could not finish, or give it up after the last."""
    draw = await queries.draw_for_update(session, draw_id)
    if draw.state is not rules.DrawState.QUEUED:
        return
    draw.claimed_at = None
    if rules.given_up(draw.attempts):
        _give_up(session, actor, draw, failure, now)
    await session.flush()


def _give_up(
    session: AsyncSession,
    actor: Actor,
    draw: PanelDraw,
    failure: rules.DrawFailure,
    now: datetime,
) -> None:
    draw.state = rules.MOVES[draw.state, rules.Event.GIVE_UP]
    draw.failure = failure
    draw.finished_at = now
    draw.version += 1
    record(
        session, actor, "draw.failed", draw.id,
        cycle_id=draw.cycle_id, failure=failure, attempts=draw.attempts,
    )  # fmt: skip


async def claim(session: AsyncSession, now: datetime, claimed_before: datetime) -> Work | None:
    """Take the oldest draw that waits; None when there is none."""
    draw = await queries.waiting_draw(session, claimed_before)
    if draw is None:
        return None
    draw.claimed_at = now
    draw.attempts += 1
    seed = await queries.seed(session, draw.seed_id)
    before = None
    if draw.replaces_id is not None:
        before = panels_of(await queries.draw(session, draw.replaces_id))
    await session.flush()
    return Work(draw.id, draw.problem, seed.seed, before, tuple((a, b) for a, b in draw.recused))


async def enter_result(
    session: AsyncSession, actor: Actor, draw_id: UUID, result: Mapping[str, Any], now: datetime
) -> PanelDraw:
    """Enter what was drawn; a draw that another worker has finished meanwhile stays as it is."""
    draw = await queries.draw_for_update(session, draw_id)
    event = rules.EVENT_OF[result["answer"], bool(result["optimal"])]
    if (draw.state, event) not in rules.MOVES:
        return draw
    draw.state = rules.MOVES[draw.state, event]
    draw.result = canonical(result)
    draw.result_hash = rules.sha256(draw.result)
    draw.optimal = bool(result["optimal"])
    draw.finished_at = now
    draw.version += 1
    record(
        session, actor, f"draw.{draw.state.value}", draw.id,
        cycle_id=draw.cycle_id, result_hash=draw.result_hash, optimal=draw.optimal,
    )  # fmt: skip
    await session.flush()
    return draw
