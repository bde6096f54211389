"""What is read of take-overs, and what the register knows that their rows speak of."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.centers.queries import codes_and_entities
from registry.organizations.queries import organizations_by_uscc
from registry.programme.queries import known_fields
from registry.takeovers.rules import (
    COMMIT_TASK,
    Known,
    TakenCenter,
    TakenMember,
    TakenRow,
    TakeOverState,
)
from registry.takeovers.tables import TakeOver
from shared.auth import Actor
from shared.rules import found
from shared.tasks import MOST_TASKS, Task


def take_overs() -> SelectOfScalar[TakeOver]:
    """Select take-overs; the routes let officials in only."""
    return select(TakeOver)


async def take_over(session: AsyncSession, take_over_id: UUID) -> TakeOver:
    """Give a take-over."""
    return found(await session.get(TakeOver, take_over_id))


async def take_over_for_update(session: AsyncSession, take_over_id: UUID) -> TakeOver:
    """Load and lock a take-over."""
    statement = take_overs().where(col(TakeOver.id) == take_over_id).with_for_update()
    return found(await session.scalar(statement))


async def known(session: AsyncSession, rows: Sequence[TakenRow]) -> Known:
    """Gather in a few statements what the rows are judged by."""
    named: set[str] = set()
    for row in rows:
        if isinstance(row, TakenCenter):
            named |= {row.lead_uscc, row.entity_uscc or "", row.trustee_uscc or ""}
        elif isinstance(row, TakenMember):
            named.add(row.uscc)
    organizations = await organizations_by_uscc(session, sorted(named))
    codes, entities = await codes_and_entities(session, {row.code for row in rows})
    return Known(
        organizations={code: row.id for code, row in organizations.items()},
        codes=codes,
        entities=entities,
        fields=await known_fields(session),
    )


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the take-overs that wait for an approver who did not bring them (X03)."""
    del today  # No rule sets a last day.
    if not actor.has("approver"):
        return []
    statement = (
        take_overs()
        .where(
            col(TakeOver.state) == TakeOverState.PROPOSED,
            col(TakeOver.proposed_by) != actor.person_id,
        )
        .order_by(col(TakeOver.id))
        .limit(MOST_TASKS)
    )
    return [Task(COMMIT_TASK, row.id) for row in await session.scalars(statement)]
