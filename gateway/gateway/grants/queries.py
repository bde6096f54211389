"""What is read of front ends, codes and refresh tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.grants.tables import AuthorizationCode, FrontEnd, GrantFamily, RefreshToken
from shared.rules import found


async def front_end(session: AsyncSession, client_id: str) -> FrontEnd | None:
    """Find an active front end."""
    statement = select(FrontEnd).where(
        col(FrontEnd.client_id) == client_id, col(FrontEnd.deactivated_at).is_(None)
    )
    return await session.scalar(statement)


def front_ends() -> Select[FrontEnd]:
    """List every front end; an admin alone asks."""
    return select(FrontEnd)


async def front_end_for_update(session: AsyncSession, client_id: str) -> FrontEnd:
    """Load and lock a front end."""
    statement = select(FrontEnd).where(col(FrontEnd.client_id) == client_id).with_for_update()
    return found(await session.scalar(statement))


async def code_for_update(
    session: AsyncSession, digest: bytes
) -> tuple[AuthorizationCode, GrantFamily] | None:
    """Lock a code and its family: a second use waits, and then sees the first."""
    statement = (
        select(AuthorizationCode, GrantFamily)
        .join(GrantFamily, col(GrantFamily.id) == col(AuthorizationCode.family_id))
        .where(col(AuthorizationCode.code_sha256) == digest)
        .with_for_update()
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def refresh_for_update(
    session: AsyncSession, digest: bytes
) -> tuple[RefreshToken, GrantFamily] | None:
    """Lock a refresh token and its family."""
    statement = (
        select(RefreshToken, GrantFamily)
        .join(GrantFamily, col(GrantFamily.id) == col(RefreshToken.family_id))
        .where(col(RefreshToken.token_sha256) == digest)
        .with_for_update()
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def open_families(
    session: AsyncSession, *, person_id: UUID | None = None, client_id: str | None = None
) -> list[GrantFamily]:
    """Lock what has not ended yet of a person or of a front end."""
    statement = select(GrantFamily).where(col(GrantFamily.ended_at).is_(None))
    if person_id is not None:
        statement = statement.where(col(GrantFamily.person_id) == person_id)
    if client_id is not None:
        statement = statement.where(col(GrantFamily.client_id) == client_id)
    return list(await session.scalars(statement.order_by(col(GrantFamily.id)).with_for_update()))


async def living_access_tokens(
    session: AsyncSession, family_id: UUID, issued_after: datetime
) -> list[str]:
    """Name the access tokens of a family that may still be alive."""
    statement = select(col(RefreshToken.access_jti)).where(
        col(RefreshToken.family_id) == family_id, col(RefreshToken.issued_at) > issued_after
    )
    return list(await session.scalars(statement))
