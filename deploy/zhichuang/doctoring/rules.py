"""When a figure is a finding: values in, findings out; no database, no clock, no disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

SKEW_WARNS: Final = timedelta(seconds=2)
# Tokens allow for a minute of difference; half of it is gone here.
SKEW_FAILS: Final = timedelta(seconds=30)
EVENTS_LATE: Final = timedelta(seconds=10)
JOBS_LATE: Final = timedelta(minutes=5)
JOBS_MANY: Final = 1_000
DELIVERIES_LATE: Final = timedelta(minutes=2)
DISK_WARNS_PERCENT: Final = 10
DISK_FAILS_PERCENT: Final = 3
DISK_FAILS_BYTES: Final = 400 * 2**20
CONNECTIONS_WARN_PERCENT: Final = 80
OLDEST_DATABASE: Final = 18


class Level(StrEnum):
    """How bad it is: something does not work, or will soon not."""

    WRONG = "wrong"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; its words are looked up by the code."""

    code: str
    level: Level
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a process of ours, and since when."""

    count: int
    oldest_at: datetime | None


def wrong(code: str, **figures: object) -> Finding:
    """Make a finding of something that does not work."""
    return Finding(code, Level.WRONG, figures)


def soon(code: str, **figures: object) -> Finding:
    """Make a finding of something that will not work for long."""
    return Finding(code, Level.SOON, figures)


def skew(service: str, difference: timedelta) -> Iterator[Finding]:
    """Judge how far the server's clock is from ours; the way back and forth is taken off."""
    seconds = round(difference.total_seconds(), 1)
    if abs(difference) >= SKEW_FAILS:
        yield wrong("CLOCK_SKEW", service=service, seconds=seconds)
    elif abs(difference) >= SKEW_WARNS:
        yield soon("CLOCK_SKEW", service=service, seconds=seconds)


def late(
    code: str, waiting: Waiting, now: datetime, allowed: timedelta, **figures: str
) -> Iterator[Finding]:
    """Judge what waits: it is wrong from `allowed` on."""
    if waiting.oldest_at is not None and now - waiting.oldest_at >= allowed:
        seconds = int((now - waiting.oldest_at).total_seconds())
        yield wrong(code, count=waiting.count, seconds=seconds, **figures)


def queue(service: str, waiting: Waiting, now: datetime) -> Iterator[Finding]:
    """Judge a job queue: late is wrong, many will be late."""
    found = list(late("QUEUE_DEEP", waiting, now, JOBS_LATE, service=service))
    yield from found
    if not found and waiting.count >= JOBS_MANY:
        age = now - (waiting.oldest_at or now)
        yield soon(
            "QUEUE_DEEP", service=service, count=waiting.count, seconds=int(age.total_seconds())
        )


def disk(folder: str, free: int, total: int) -> Iterator[Finding]:
    """Judge a disk by what is left of it, in bytes."""
    figures = {"folder": folder, "free": free // 2**20, "percent": free * 100 // total}
    if free * 100 < total * DISK_FAILS_PERCENT or free < DISK_FAILS_BYTES:
        yield wrong("DISK_NEARLY_FULL", **figures)
    elif free * 100 < total * DISK_WARNS_PERCENT:
        yield soon("DISK_NEARLY_FULL", **figures)


def migration(package: str, found: str | None, known: frozenset[str], head: str) -> Finding | None:
    """Compare a database's revision with the program's."""
    service = package.replace("_", "-")
    if found == head:
        return None
    if found is not None and found not in known:
        return wrong("MIGRATIONS_AHEAD", service=service, found=found)
    return wrong(
        "MIGRATIONS_BEHIND", service=service, package=package, found=found or "—", wanted=head
    )


def signing_key(active_at: datetime | None, now: datetime, limit_days: int) -> Iterator[Finding]:
    """Judge the newest key that signs; a limit of zero days asks for no change."""
    if active_at is None:
        yield wrong("SIGNING_KEY_MISSING")
    # A process rotates within an hour of its day; a day more, and none does.
    elif limit_days and (days := (now - active_at).days) > limit_days:
        yield soon("SIGNING_KEY_OLD", days=days, limit=limit_days)


def connections(used: int, limit: int) -> Iterator[Finding]:
    """Judge how many of the server's connections are taken."""
    if used * 100 >= limit * CONNECTIONS_WARN_PERCENT:
        yield soon("CONNECTIONS_USED", used=used, limit=limit)
