"""Entries through the poster in this process: the service's own code, without HTTP."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import asyncpg
import uvloop
from fastapi import FastAPI
from pydantic import TypeAdapter

from ip_ledger.journal import actions, posting
from ip_ledger.journal.schemas import EntryIn
from ip_ledger.settings import LedgerSettings
from shared.auth import Actor
from shared.clock import Clock
from shared.database import Database
from shared.http import Work
from shared.http.work import scope_of
from tests.benchmarks.tools import BenchmarkError

PATH: Final = "/v1/ip-ledger/entries"
BODY: Final = TypeAdapter(EntryIn)
BOOKKEEPER: Final = Actor(
    person_id=uuid4(), client_id="bench", capacities=frozenset({"official", "bookkeeper"})
)
# A turn's entries are made before it is timed, as wrk's and pgbench's are made by them.
_LOOK_SECONDS: Final = 0.05


@dataclass(slots=True)
class Posted:
    """What a turn posted: seconds from asking to answer, by entry."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Desk:
    """Posts on one database with an event loop that lives as long as the figure."""

    def __init__(self, url: str, accounts: list[str]) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._accounts = accounts
        self._app = FastAPI()
        self._app.state.settings = LedgerSettings(database_url=url)
        self._app.state.database = Database(url, Clock(), self._app.state.settings.database_pool)

    def close(self) -> None:
        """Close the connections and the loop."""
        self._runner.run(self._app.state.database.close())
        self._runner.close()

    def post_for(self, seconds: float, in_flight: int, *, hot: bool, alone: bool = False) -> Posted:
        """Post for so long with so many at once; give how long each took.

        `alone` is the form without the poster: a transaction of its own for each entry.
        """
        post = self._post_alone if alone else self._post
        return self._runner.run(self._post_for(post, seconds, in_flight, hot=hot))

    async def _post_for(
        self, post: Callable[[bytes], Awaitable[None]], seconds: float, in_flight: int, *, hot: bool
    ) -> Posted:
        posted = Posted()
        started, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                until = started + seconds
                group.create_task(self._one_by_one(post, posted.times, until, hot=hot))
        posted.seconds = time.perf_counter() - started
        posted.cpu_seconds = time.process_time() - cpu
        return posted

    async def _one_by_one(
        self,
        post: Callable[[bytes], Awaitable[None]],
        times: list[float],
        until: float,
        *,
        hot: bool,
    ) -> None:
        while (began := time.perf_counter()) < until:
            await post(self._entry(hot=hot))
            times.append(time.perf_counter() - began)

    async def _post(self, raw: bytes) -> None:
        body = BODY.validate_json(raw)
        scope = scope_of(BOOKKEEPER, "POST", PATH, str(uuid4()))
        work = Work(self._app.state.database.sessions, scope, hashlib.sha256(raw).digest())
        answer = await posting.post(self._app, BOOKKEEPER, work, body, datetime.now(UTC))
        if answer.status_code != 201:
            raise BenchmarkError(f"an entry was answered with {answer.status_code}")

    async def _post_alone(self, raw: bytes) -> None:
        body = BODY.validate_json(raw)
        places = await posting.books_of(self._app).places(line.account_id for line in body.postings)
        async with self._app.state.database.sessions.begin() as session:
            draft = posting.draft_of(body, places)
            await actions.post_entries(session, BOOKKEEPER, [draft])

    def _entry(self, *, hot: bool) -> bytes:
        amount = random.randint(1, 1000)
        first, *others = random.choices(self._accounts, k=4)
        lines = [
            _line(self._accounts[0] if hot else first, "debit", 3 * amount),
            *(_line(account, "credit", amount) for account in others),
        ]
        entry = {"effective_on": "2026-01-05", "reference": "bench", "postings": lines}
        return json.dumps(entry).encode()

    def until_numbered(self, dsn: str, most_seconds: float) -> float:
        """Wait until every event has its position and every record its leaf; give how long."""
        return self._runner.run(_until_numbered(dsn, most_seconds))


def _line(account_id: str, side: str, amount: int) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "side": side,
        "amount": {"amount": amount, "currency": "CNY"},
    }


async def _until_numbered(dsn: str, most_seconds: float) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        return await until_numbered(connection, most_seconds)
    finally:
        await connection.close()


async def until_numbered(connection: asyncpg.Connection, most_seconds: float) -> float:
    """Wait until every event has its position and every record its leaf; give how long."""
    waiting = "EXISTS (SELECT FROM event_pending) OR EXISTS (SELECT FROM log_pending)"
    return await _until(connection, waiting, most_seconds)


async def until_signed(connection: asyncpg.Connection, most_seconds: float) -> float:
    """Wait until a signed checkpoint covers every leaf; give how long."""
    bare = "(SELECT max(leaf_index) FROM log_leaf) >= (SELECT max(tree_size) FROM log_checkpoint)"
    return await _until(connection, bare, most_seconds)


async def _until(connection: asyncpg.Connection, waiting: str, most_seconds: float) -> float:
    started = time.perf_counter()
    while await connection.fetchval(f"SELECT {waiting}"):
        if time.perf_counter() - started > most_seconds:
            raise BenchmarkError(f"entries had no number or signature after {most_seconds:g} s")
        await asyncio.sleep(_LOOK_SECONDS)
    return time.perf_counter() - started
