"""What is read of parties' keys: by everyone who works here, since they only verify."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger.party_keys.tables import PartyKey
from shared.auth import Actor
from shared.rules import found


def keys(org_id: UUID | None) -> SelectOfScalar[PartyKey]:
    """Give the select of keys, of one organization or of all."""
    statement = select(PartyKey)
    return statement if org_id is None else statement.where(col(PartyKey.org_id) == org_id)


async def key(session: AsyncSession, key_id: UUID) -> PartyKey:
    """Give one key, else NOT_FOUND."""
    return found(await session.get(PartyKey, key_id))


async def own_key_for_update(session: AsyncSession, actor: Actor, key_id: UUID) -> PartyKey:
    """Load and lock a key of the actor's own organization, else NOT_FOUND."""
    statement = select(PartyKey).where(
        col(PartyKey.id) == key_id, col(PartyKey.org_id).in_(actor.org_ids)
    )
    return found(await session.scalar(statement.with_for_update()))


async def keys_on(session: AsyncSession, org_id: UUID | None, day: date) -> list[PartyKey]:
    """Give the keys with which an organization signs on a day, locked against revocation."""
    statement = select(PartyKey).where(
        col(PartyKey.org_id) == org_id,
        col(PartyKey.valid_from) <= day,
        or_(col(PartyKey.revoked_from).is_(None), col(PartyKey.revoked_from) > day),
    )
    return list(await session.scalars(statement.with_for_update(read=True)))


async def keys_by_id(session: AsyncSession, key_ids: Iterable[UUID]) -> dict[UUID, PartyKey]:
    """Give keys by id."""
    rows = await session.scalars(select(PartyKey).where(col(PartyKey.id).in_(set(key_ids))))
    return {row.id: row for row in rows}
