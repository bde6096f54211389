"""How long requests are kept, and how many wait in the process."""

from datetime import datetime, timedelta
from typing import Final

KEPT: Final = timedelta(days=30)
# A process that cannot write holds so many and drops what comes after; serving goes on.
MOST_WAITING: Final = 20_000


def oldest_kept(now: datetime) -> datetime:
    """Give the instant from which requests are kept; an older one is forgotten."""
    return now - KEPT
