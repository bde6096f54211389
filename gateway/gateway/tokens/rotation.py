"""Changing the key that signs: by schedule, or by `python -m gateway.tokens.rotation`.

A new key is published two minutes before it signs, so that every process has it by then; the old
one stays published until nothing that it signed can still be alive, and is then deleted.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.settings import GatewaySettings
from gateway.tokens import queries
from gateway.tokens.keys import PUBLISH_BEFORE, new_signing_key
from gateway.tokens.tables import SigningKey
from shared.auth import Actor
from shared.auth.tokens import LEEWAY_SECONDS, MAX_LIFE_SECONDS
from shared.clock import Clock
from shared.database import Database
from shared.events.recording import record
from shared.sandbox import kept_offset

log = structlog.get_logger(__name__)

SYSTEM: Final = Actor.system("key-rotation")
# Nothing that a key signed lives longer than this after the key has stopped signing.
OVERLAP: Final = timedelta(seconds=MAX_LIFE_SECONDS + LEEWAY_SECONDS)
LOOK_EVERY_SECONDS: Final = 3600.0
# One rotation at a time, whichever process thinks of it.
LOCK: Final = 0x6B657973


def is_due(newest_active_at: datetime | None, now: datetime, days: int) -> bool:
    """Tell whether the newest key has signed for so many days; zero days means never."""
    if days <= 0 or newest_active_at is None:
        return False
    return now - newest_active_at >= timedelta(days=days)


async def alone(session: AsyncSession) -> None:
    """Wait until no other process changes keys or makes the first admins."""
    await session.execute(select(func.pg_advisory_xact_lock(LOCK)))


async def rotate(
    session: AsyncSession, key_secret: str, now: datetime, *, not_within_days: int = 0
) -> SigningKey | None:
    """Make the next key and let the others retire; None where that is not due, or is under way.

    `not_within_days` leaves a key alone that is younger; zero asks for a change now. The instant
    is real time.
    """
    await alone(session)
    keys = await queries.published_keys(session, now)
    newest = keys[0] if keys else None
    active_at = None if newest is None else newest.active_at
    if newest is not None and newest.active_at > now:
        return None
    if not_within_days and not is_due(active_at, now, not_within_days):
        return None
    # The very first key signs at once: no token lives that another key has signed.
    following = new_signing_key(key_secret, now, now if newest is None else now + PUBLISH_BEFORE)
    for key in keys:
        key.retires_at = key.retires_at or following.active_at + OVERLAP
    session.add(following)
    await session.execute(delete(SigningKey).where(col(SigningKey.retires_at) <= now))
    record(session, SYSTEM, "signing_key.rotated", UUID(following.kid), key_id=following.kid)
    return following


async def keep_rotating(app: FastAPI) -> None:
    """Look every hour whether the key has signed for long enough."""
    settings: GatewaySettings = app.state.settings
    secret = settings.key_secret.get_secret_value()
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        try:
            async with app.state.database.sessions.begin() as session:
                made = await rotate(
                    session, secret, datetime.now(UTC), not_within_days=settings.key_rotation_days
                )
        except Exception as error:
            log.warning("keys.not_rotated", error=type(error).__name__)
            continue
        if made is not None:
            app.state.keys.forget()
            log.info("keys.rotated", key_id=made.kid, active_at=made.active_at.isoformat())


async def rotate_once(settings: GatewaySettings) -> dict[str, str]:
    """Change the key now; tell which one signs, and from when."""
    database = Database(settings.database_url, Clock(), pool=1)
    try:
        database.sessions.clock.offset = await kept_offset(database.sessions)
        async with database.sessions.begin() as session:
            now = datetime.now(UTC)
            made = await rotate(session, settings.key_secret.get_secret_value(), now)
            key = made or (await queries.published_keys(session, now))[0]
            return {
                "key_id": key.kid,
                "signs_from": key.active_at.isoformat(),
                "state": "rotated" if made else "under_way",
            }
    finally:
        await database.close()


def main() -> None:
    """Change the key of the gateway whose settings are in the environment."""
    sys.stdout.write(json.dumps(asyncio.run(rotate_once(GatewaySettings()))) + "\n")


if __name__ == "__main__":
    main()
