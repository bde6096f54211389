"""What is revoked now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.database import Sessions

LIVING: Final = text("SELECT kind, value, revoked_at FROM revocation WHERE expires_at > :now")


class Revoked(NamedTuple):
    """What ends tokens: one, those of a program, or those of a person."""

    kind: str
    value: str
    revoked_at: datetime


async def living_revocations(sessions: Sessions, now: datetime) -> Sequence[Revoked]:
    """Give what ends tokens that could still be alive.

    Every process asks often, so that it goes to the database once for it.
    """
    return [Revoked._make(row) for row in await sessions.at_once(LIVING, now=now)]
