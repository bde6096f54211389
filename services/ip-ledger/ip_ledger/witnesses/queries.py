"""What is read of witnesses: their keys by anyone, and what of the log they have seen."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from ip_ledger.log.queries import TreeHead
from ip_ledger.log.tables import LogCheckpoint, LogLeaf
from ip_ledger.witnesses.rules import State
from ip_ledger.witnesses.tables import Witness, WitnessCosignature
from shared import directory
from shared.auth import Actor
from shared.rules import Policy, Refused, found


async def witness_for_update(session: AsyncSession, actor: Actor, witness_id: UUID) -> Witness:
    """Load and lock a witness: officials any, an institution its own; else NOT_FOUND."""
    statement = select(Witness).where(col(Witness.id) == witness_id)
    if not actor.is_official:
        statement = statement.where(col(Witness.org_id).in_(actor.org_ids))
    return found(await session.scalar(statement.with_for_update()))


async def own_witness_for_update(session: AsyncSession, actor: Actor, name: str) -> Witness:
    """Load and lock the witness of the actor's institution that signs under a name."""
    statement = select(Witness).where(
        col(Witness.org_id).in_(actor.org_ids),
        func.split_part(col(Witness.verifier), "+", 1) == name,
        col(Witness.state) != State.REVOKED,
    )
    return found(await session.scalar(statement.with_for_update()))


async def witnesses(session: AsyncSession) -> Sequence[Witness]:
    """Give all witnesses that stand, in the order of their registration."""
    statement = select(Witness).where(col(Witness.state) != State.REVOKED)
    return (await session.scalars(statement.order_by(col(Witness.id)))).all()


async def checkpoint_of(session: AsyncSession, tree_size: int) -> TreeHead:
    """Give the checkpoint of a size, else NOT_FOUND."""
    row = await session.execute(
        rows_of(
            col(LogCheckpoint.tree_size), col(LogCheckpoint.root), col(LogCheckpoint.note)
        ).where(col(LogCheckpoint.tree_size) == tree_size)
    )
    return TreeHead(*found(row.first()))


async def last_size(session: AsyncSession, witness_id: UUID) -> int | None:
    """Give the largest tree that a witness has cosigned."""
    statement = rows_of(func.max(col(WitnessCosignature.tree_size)))
    size: int | None = await session.scalar(
        statement.where(col(WitnessCosignature.witness_id) == witness_id)
    )
    return size


async def cosigned(session: AsyncSession, at_least: int) -> tuple[TreeHead, list[str]] | None:
    """Give the newest tree that so many standing witnesses cosigned, with their lines."""
    standing = rows_of(col(Witness.id)).where(col(Witness.state) == State.APPROVED)
    size = await session.scalar(
        rows_of(col(WitnessCosignature.tree_size))
        .where(col(WitnessCosignature.witness_id).in_(standing))
        .group_by(col(WitnessCosignature.tree_size))
        .having(func.count() >= at_least)
        .order_by(col(WitnessCosignature.tree_size).desc())
        .limit(1)
    )
    if size is None:
        return None
    lines = await session.scalars(
        rows_of(col(WitnessCosignature.line))
        .where(
            col(WitnessCosignature.tree_size) == size,
            col(WitnessCosignature.witness_id).in_(standing),
        )
        .order_by(col(WitnessCosignature.witness_id))
    )
    return await checkpoint_of(session, size), list(lines)


async def policy(session: AsyncSession, day: date) -> Policy | None:
    """Give the policy in force, `None` before the registry has published any."""
    try:
        return await directory.policy_on(session, day)
    except Refused:
        return None


async def seen_by(session: AsyncSession, record_ids: Sequence[UUID]) -> int:
    """Count the standing witnesses whose cosigned trees cover every one of these records."""
    places = await session.execute(
        rows_of(func.count(), func.max(col(LogLeaf.leaf_index))).where(
            col(LogLeaf.record_id).in_(record_ids)
        )
    )
    count, last = places.one()
    if count < len(set(record_ids)):
        return 0
    seen: int | None = await session.scalar(
        rows_of(func.count(func.distinct(col(WitnessCosignature.witness_id))))
        .join(Witness, col(Witness.id) == col(WitnessCosignature.witness_id))
        .where(
            col(Witness.state) == State.APPROVED,
            col(WitnessCosignature.tree_size) > (-1 if last is None else last),
        )
    )
    return seen or 0
