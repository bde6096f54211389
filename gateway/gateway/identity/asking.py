"""Programs that ask for tokens, read together: who asks while one reading runs is in the next one.

There is no timer. Each reading begins after everybody in it has asked, so that nobody gets what
was true before; one program alone is read at once.
"""

import asyncio
from datetime import date
from typing import Final, Protocol

from gateway.identity import queries
from gateway.identity.queries import Asking
from shared.database import Sessions

MOST: Final = 100


class Day(Protocol):
    """Tells the programme's day."""

    def today(self) -> date:
        """Give the day."""


class Programs:
    """Reads active programs with what they may act as today, and with their keys."""

    def __init__(self, sessions: Sessions, clock: Day) -> None:
        """Bind to the database and to the programme's clock."""
        self._sessions = sessions
        self._clock = clock
        self._waiting: list[tuple[str, asyncio.Future[Asking | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def of(self, client_id: str) -> Asking | None:
        """Give a program, None where there is no active one of this id."""
        found: asyncio.Future[Asking | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((client_id, found))
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return await found

    async def _read(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                known = await queries.asking_programs(
                    self._sessions, {client_id for client_id, _ in batch}, self._clock.today()
                )
            except Exception as error:
                for _, found in batch:
                    if not found.done():
                        found.set_exception(error)
                continue
            for client_id, found in batch:
                if not found.done():
                    found.set_result(known.get(client_id))
