"""Writing the trail: together and a moment later, so that no request waits for it."""

import asyncio
from collections import deque
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copying import copy_in
from gateway.trail import queries, rules
from gateway.trail.rules import Happened
from shared.database import Sessions

log = structlog.get_logger(__name__)

WRITE_AFTER_SECONDS: Final = 0.2
AGAIN_AFTER_SECONDS: Final = 1.0
# What waits while the database is away is bounded; what is lost then is counted in the log.
MOST_WAITING: Final = 20_000
# One writer at a time, in whichever process: a chain has one end.
LOCK: Final = 0x646F6F72
_COLUMNS: Final = (
    "position", "at", "kind", "method", "path", "status", "address", "request_id", "client_id",
    "person_id", "count", "previous_sha256", "sha256",
)  # fmt: skip


class Trail:
    """Collects what happened and writes it, folded, as the next links of the chain."""

    def __init__(self, sessions: Sessions | None) -> None:
        """Take where to write; without that, nothing is kept, as in a test of the door alone."""
        self._sessions = sessions
        self._waiting: deque[Happened] = deque()
        self._lost = 0
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def add(self, happened: Happened) -> None:
        """Note something; it is written within a second."""
        if self._sessions is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(happened)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._soon())

    async def _soon(self) -> None:
        while self._waiting:
            # Before each writing, not once: what came meanwhile would have a transaction of its
            # own, over and over, for as long as anybody asks.
            await asyncio.sleep(WRITE_AFTER_SECONDS)
            try:
                await self.flush()
            except Exception as error:
                log.warning("trail.unwritten", error=type(error).__name__, lost=self._lost)
                await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def flush(self) -> None:
        """Write what waits, now; a writing that is under way is waited for.

        Whoever stops the process would otherwise close the database under it.
        """
        if self._sessions is None:
            return
        async with self._writing:
            if not self._waiting:
                return
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                async with self._sessions.begin() as session:
                    await append(session, taken)
            except BaseException:
                self._waiting.extendleft(reversed(taken))
                raise


async def append(session: AsyncSession, happened: list[Happened]) -> None:
    """Add links to the chain, in the caller's transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    position, previous = await queries.last_record(session)
    rows = []
    for one in rules.folded(happened):
        position += 1
        digest = rules.digest_of(previous, position, one)
        rows.append(
            (
                position, one.at, one.kind.value, one.method, one.path, one.status, one.address,
                one.request_id, one.client_id, one.person_id, one.count, previous, digest,
            )
        )  # fmt: skip
        previous = digest
    await copy_in(session, "door_record", _COLUMNS, rows)
