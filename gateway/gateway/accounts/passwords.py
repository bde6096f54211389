"""Argon2id, away from the event loop and never more than two at once."""

from typing import Final

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106's second recommended option: 64 MiB, three passes.
_HASHER: Final = PasswordHasher()
# Each takes 64 MiB and a core: a flood of attempts waits in line instead of taking the machine.
_LINE: Final = anyio.CapacityLimiter(2)
# Compared for a login that does not exist, so that the answer takes as long as for one that does.
NO_PASSWORD: Final = _HASHER.hash("a password that nobody has")


async def hashed(password: str) -> str:
    """Hash a password for keeping."""
    return await anyio.to_thread.run_sync(_HASHER.hash, password, limiter=_LINE)


async def matches(password_hash: str | None, password: str) -> bool:
    """Compare; an account without a password takes as long, and never matches."""
    same = await anyio.to_thread.run_sync(
        _same, password_hash or NO_PASSWORD, password, limiter=_LINE
    )
    return same and password_hash is not None


def _same(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
