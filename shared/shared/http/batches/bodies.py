"""Where the bodies of large batches wait until they are worked off.

A body is received into a file of this machine, since it is read twice, once to count its rows. On
one machine it stays there and only changes its name. Where several machines share an object store,
any of them may work it off: it goes to the store, and whoever takes the job fetches a copy.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import anyio
import anyio.to_thread
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.database.base import new_id
from shared.files import Parcels, Places, parcels_of
from shared.housekeeping import HOURLY, Chore
from shared.http.batch_tables import BatchJob

PART: Final = ".part"
ROWS: Final = ".rows"
# An upload or a download that takes longer is none: who made the file was killed.
LEFT_SECONDS: Final = 24 * 3600
ENDED: Final = frozenset({"done", "cancelled", "failed"})
# What is left of a body's hash once the body is gone: it would tell who guesses a name rightly.
FORGOTTEN: Final = ""


class Bodies:
    """The bodies of a service's large batches."""

    def __init__(self, settings: Places) -> None:
        """Take the folder of this machine, and the store that it shares, if there is one."""
        self.folder = settings.files / "batches"
        self._shared: Parcels | None = parcels_of(settings, "batches")

    async def new_part(self) -> Path:
        """Give the name of a file that does not exist yet, for what is being received.

        What a kill left here is swept by the next upload: chores are done by one machine only.
        """
        await anyio.Path(self.folder).mkdir(parents=True, exist_ok=True)
        await anyio.to_thread.run_sync(self._sweep_parts, time.time() - LEFT_SECONDS)
        return self.folder / f"{new_id()}{PART}"

    async def keep(self, part: Path, job_id: UUID) -> None:
        """Keep what was received as the body of a job."""
        if self._shared is None:
            await anyio.Path(part).rename(self._own(job_id))
            return
        await self._shared.put(str(job_id), part)
        await anyio.Path(part).unlink(missing_ok=True)

    @asynccontextmanager
    async def opened(self, job_id: UUID) -> AsyncIterator[Path | None]:
        """Give a job's body as a file of this machine; None where it is lost."""
        if self._shared is None:
            own = self._own(job_id)
            yield own if await anyio.Path(own).exists() else None
            return
        copy = await self.new_part()
        try:
            yield copy if await self._shared.fetch(str(job_id), copy) else None
        finally:
            await anyio.Path(copy).unlink(missing_ok=True)

    async def forget(self, job_id: UUID) -> None:
        """Take a job's body away."""
        if self._shared is None:
            await anyio.Path(self._own(job_id)).unlink(missing_ok=True)
        else:
            await self._shared.forget(str(job_id))

    async def sweep(self, session: AsyncSession, now: datetime) -> int:
        """Forget what a kill left behind: parts of a day ago, and bodies of jobs that are over.

        A body is there before its job is, and a moment longer.
        """
        before = now.timestamp() - LEFT_SECONDS
        parts = await anyio.to_thread.run_sync(self._sweep_parts, before)
        if self._shared is None:
            bodies = await anyio.to_thread.run_sync(self._old, ROWS, before)
            old = [UUID(path.stem) for path in bodies]
        else:
            old = [UUID(name) for name in await self._shared.older_than(before)]
        waiting = select(BatchJob.id).where(
            col(BatchJob.id).in_(old), col(BatchJob.state).not_in(ENDED)
        )
        left = set(old) - set((await session.scalars(waiting)).all())
        for job_id in left:
            await self.forget(job_id)
        return parts + len(left)

    def _sweep_parts(self, before: float) -> int:
        parts = self._old(PART, before)
        for path in parts:
            path.unlink(missing_ok=True)
        return len(parts)

    def _own(self, job_id: UUID) -> Path:
        return self.folder / f"{job_id}{ROWS}"

    def _old(self, ending: str, before: float) -> list[Path]:
        return [path for path in self.folder.glob(f"*{ending}") if path.stat().st_mtime < before]


def sweeping_batches(settings: Any) -> Chore:  # noqa: ANN401 - a service's own settings
    """Forget bodies that a kill left, and batches whose time is over, with their results."""
    bodies = Bodies(settings)

    async def act(session: AsyncSession, now: datetime) -> int:
        swept = await bodies.sweep(session, now)
        # The rows go with their job: the application itself may take none of them away.
        old = delete(BatchJob).where(
            col(BatchJob.state).in_(ENDED),
            col(BatchJob.created_at) < now - timedelta(days=settings.batch_days),
        )
        done: Any = await session.execute(old)
        return swept + int(done.rowcount)

    return Chore("sweep_batches", HOURLY, act)
