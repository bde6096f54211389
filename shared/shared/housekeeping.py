"""Housekeeping: what has to be done from time to time, once, whoever thinks of it first.

Each chore has a period, and each period one slot. The transaction that does the chore takes the
slot with it, so that a process that dies leaves it to the next one; two that come together are
kept apart by a lock of the transaction. A service whose tables have a list of runs keeps one:
what was done, when, and what failed.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from fastapi import FastAPI
from prometheus_client import Gauge
from sqlalchemy import delete, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database import new_id
from shared.database.engine import Sessions
from shared.http.tables import KeptAnswer, KeptName

LOOK_SECONDS: Final = 60.0
LOCK_SPACE: Final = 0x7A63_484B  # "zhichuang housekeeping"
DAILY: Final = timedelta(days=1)
HOURLY: Final = timedelta(hours=1)

DONE_AT: Final = Gauge(
    "zhichuang_chore_done_timestamp_seconds", "When a chore was last done.", ["service", "chore"]
)

# Of a database without a list of runs, these two are simply not asked.
_LISTED: Final = text("SELECT to_regclass('housekeeping_run') IS NOT NULL")
_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(:space, :chore)")
_IS_DONE: Final = text("""
    SELECT EXISTS (SELECT FROM housekeeping_run
                   WHERE chore = :chore AND slot = :slot AND problem IS NULL)
""")
_NOTE: Final = text("""
    INSERT INTO housekeeping_run (id, chore, slot, started_at, ended_at, rows, problem)
    VALUES (:id, :chore, :slot, :started_at, :ended_at, :rows, :problem)
""")

# Does the chore as of an instant of real time; gives how many rows it concerned.
Act = Callable[[AsyncSession, datetime], Awaitable[int]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """What has to be done, and how often."""

    name: str
    every: timedelta
    act: Act

    def slot(self, now: datetime) -> datetime:
        """Give the beginning of the period that an instant lies in."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return now - (now - epoch) % self.every


async def keep_house(app: FastAPI, service: str, chores: Sequence[Chore]) -> None:
    """Look every minute whether something is due, until cancelled."""
    due = (*chores, forgetting_answers(app.state.settings.idempotency_hours))
    seen: dict[str, datetime] = {}
    while True:
        for chore in due:
            await look(app.state.database.sessions, service, chore, seen)
        try:
            await app.state.database.hang_up()
        except (SQLAlchemyError, OSError) as error:
            log.warning("housekeeping.not_hung_up", error=type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


async def look(sessions: Sessions, service: str, chore: Chore, seen: dict[str, datetime]) -> None:
    """Do a chore; `seen` remembers whose period was gone through, so that nobody asks again.

    One that another process is at, or that failed, is asked for until it is done.
    """
    now = datetime.now(UTC)
    slot = chore.slot(now)
    if seen.get(chore.name) == slot:
        return
    if await do(sessions, service, chore, now) is not None or await _is_done(sessions, chore, slot):
        seen[chore.name] = slot


async def _is_done(sessions: Sessions, chore: Chore, slot: datetime) -> bool:
    """Tell whether a list of runs says that a chore was done; without a list, nobody knows."""
    try:
        async with sessions.reading() as session:
            listed = await session.scalar(_LISTED)
            asked = {"chore": chore.name, "slot": slot}
            return bool(listed and await session.scalar(_IS_DONE, asked))
    except (SQLAlchemyError, OSError):
        return False


async def do(sessions: Sessions, service: str, chore: Chore, now: datetime) -> int | None:
    """Do a chore unless it was done in its period; give the rows, or None where it was not done."""
    try:
        async with sessions.begin() as session:
            rows = await _done(session, chore, now)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.warning("housekeeping.failed", chore=chore.name, error=type(error).__name__)
        await _note_failure(sessions, chore, now, type(error).__name__)
        return None
    if rows is not None:
        DONE_AT.labels(service, chore.name).set(now.timestamp())
    return rows


async def _done(session: AsyncSession, chore: Chore, now: datetime) -> int | None:
    number = zlib.crc32(chore.name.encode()) >> 1
    if not await session.scalar(_LOCK, {"space": LOCK_SPACE, "chore": number}):
        return None
    listed = await session.scalar(_LISTED)
    asked = {"chore": chore.name, "slot": chore.slot(now)}
    if listed and await session.scalar(_IS_DONE, asked):
        return None
    rows = await chore.act(session, now)
    if listed:
        await session.execute(_NOTE, _run(chore, now, rows, None))
    return rows


async def _note_failure(sessions: Sessions, chore: Chore, now: datetime, problem: str) -> None:
    try:
        async with sessions.begin() as session:
            if await session.scalar(_LISTED):
                await session.execute(_NOTE, _run(chore, now, 0, problem))
    except Exception as error:
        log.warning("housekeeping.not_noted", chore=chore.name, error=type(error).__name__)


def _run(chore: Chore, now: datetime, rows: int, problem: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "chore": chore.name,
        "slot": chore.slot(now),
        "started_at": now,
        "ended_at": datetime.now(UTC),
        "rows": rows,
        "problem": problem,
    }


def forgetting_answers(hours: int) -> Chore:
    """Forget the answers kept for an `Idempotency-Key` once their time is over."""

    async def act(session: AsyncSession, now: datetime) -> int:
        before = now - timedelta(hours=hours)
        done: Any = await session.execute(
            delete(KeptAnswer).where(col(KeptAnswer.kept_at) < before)
        )
        await session.execute(delete(KeptName).where(col(KeptName.kept_at) < before))
        return int(done.rowcount)

    return Chore("forget_answers", HOURLY, act)
