"""Requests are noted in memory and written down once a second, all in one statement."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from fastapi import FastAPI
from sqlalchemy import delete
from sqlmodel import col
from uuid_utils import uuid7

from gateway.copying import copy_in
from gateway.requests import rules
from gateway.requests.tables import RequestSeen
from shared.database.engine import Sessions

WRITE_SECONDS: Final = 1.0
FORGET_SECONDS: Final = 3600.0

log = structlog.get_logger(__name__)

_COLUMNS: Final = (
    "id", "client_id", "person_id", "at", "request_id", "method", "path", "service", "status",
    "milliseconds",
)  # fmt: skip


class RequestLog:
    """Takes notes at the door, and writes them while the gateway runs."""

    def __init__(self, sessions: Sessions) -> None:
        """Begin with nothing noted."""
        self._sessions = sessions
        self._waiting: list[tuple[Any, ...]] = []
        self.dropped = 0

    def add(
        self, claims: Mapping[str, Any], request_id: str, asked: tuple[str, str, str], status: int,
        seconds: float,
    ) -> None:  # fmt: skip
        """Note a request (`asked`: method, path, service); beyond the bound it is dropped."""
        if len(self._waiting) >= rules.MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.append(
            (
                uuid7(), claims["client_id"], claims["sub"], datetime.now(UTC), request_id, *asked,
                status, round(seconds * 1000),
            )
        )  # fmt: skip

    async def write(self) -> int:
        """Write what was noted; what cannot be written waits for the next time."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return 0
        try:
            async with self._sessions.begin() as session:
                # One statement, and so one transaction of its own.
                await copy_in(session, "request_seen", _COLUMNS, rows)
        except BaseException:
            # Also where the process stops amid it: what is still to be written is written then.
            self._waiting = rows[: rules.MOST_WAITING] + self._waiting
            raise
        return len(rows)

    async def forget(self) -> None:
        """Delete what is older than thirty days."""
        oldest = rules.oldest_kept(datetime.now(UTC))
        async with self._sessions.begin() as session:
            await session.execute(delete(RequestSeen).where(col(RequestSeen.at) < oldest))


async def keep_requests(app: FastAPI) -> None:
    """Write once a second and forget once an hour, for ever; write the last ones at the end."""
    noted: RequestLog = app.state.request_log
    loop = asyncio.get_running_loop()
    forget_at = loop.time()
    try:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await noted.write()
                if loop.time() >= forget_at:
                    await noted.forget()
                    forget_at = loop.time() + FORGET_SECONDS
            except Exception as error:
                log.warning("requests.not_written", error=type(error).__name__)
    finally:
        await noted.write()
