"""What happens to files: they are handed in, and stay."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from registry.files.tables import StoredFile as Row
from shared.auth import Actor
from shared.events import record
from shared.files import StoredFile


async def hand_in(
    session: AsyncSession, actor: Actor, stored: StoredFile, media_type: str, now: datetime
) -> Row:
    """Note a file whose bytes are in the store already; it belongs to the actor's organization."""
    row = Row(
        sha256=stored.sha256,
        size=stored.size,
        media_type=media_type,
        org_id=actor.org_id,
        person_id=actor.person_id,
        uploaded_at=now,
    )
    session.add(row)
    record(session, actor, "file.stored", row.id, sha256=row.sha256, size=row.size)
    return row
