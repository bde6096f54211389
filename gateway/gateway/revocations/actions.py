"""Ending tokens before their time."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.revocations.tables import Revocation
from shared.auth.tokens import LEEWAY_SECONDS, MAX_LIFE_SECONDS

# Every gateway hears of it when the transaction commits.
CHANNEL: Final = "revocation"
_NOTIFY: Final = text("SELECT pg_notify(:channel, '')")
# As long as the longest-lived token could still pass somewhere.
KEPT: Final = timedelta(seconds=MAX_LIFE_SECONDS + LEEWAY_SECONDS)


async def revoke(
    session: AsyncSession, kind: Literal["token", "client", "person"], value: str
) -> Revocation:
    """End a token (`jti`), or every token so far of a program (`client_id`) or person.

    The list is short because what has expired leaves it here. Real time throughout.
    """
    now = datetime.now(UTC)
    await session.execute(delete(Revocation).where(col(Revocation.expires_at) < now))
    revocation = Revocation(kind=kind, value=value, revoked_at=now, expires_at=now + KEPT)
    session.add(revocation)
    await session.execute(_NOTIFY, {"channel": CHANNEL})
    return revocation
