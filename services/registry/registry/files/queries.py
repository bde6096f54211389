"""Which files there are, and who may see one: who handed it in, his organization, officials."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from registry.files.tables import StoredFile
from shared.auth import Actor
from shared.rules import found


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Give the condition under which the actor may see a file (X04)."""
    if actor.has("official", "service"):
        return true()
    return or_(
        col(StoredFile.person_id) == actor.person_id, col(StoredFile.org_id).in_(actor.org_ids)
    )


async def file_for(session: AsyncSession, actor: Actor, file_id: UUID) -> StoredFile:
    """Give a file that the actor may see; NOT_FOUND otherwise."""
    statement = select(StoredFile).where(col(StoredFile.id) == file_id, visible_to(actor))
    return found(await session.scalar(statement))


async def files_seen(
    session: AsyncSession, actor: Actor, file_ids: Collection[UUID]
) -> dict[UUID, StoredFile]:
    """Give those of the files that the actor may see."""
    statement = select(StoredFile).where(col(StoredFile.id).in_(file_ids), visible_to(actor))
    return {row.id: row for row in (await session.scalars(statement)).all()}
