"""Housekeeping: once in a period, whoever comes first; what failed is told and tried again."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.housekeeping import DAILY, Chore, do, forgetting_answers, look
from shared.services import GATEWAY, PACKAGES
from tests.fixtures.service import RunningService
from zhichuang.postgres import PostgreSQL

NOW = datetime(2026, 11, 28, 3, 30, tzinfo=UTC)

pytestmark = pytest.mark.anyio


async def runs(service: RunningService, chore: str) -> list[tuple[int, str | None]]:
    async with service.sessions.reading() as session:
        found = await session.execute(
            text("SELECT rows, problem FROM housekeeping_run WHERE chore = :chore ORDER BY id"),
            {"chore": chore},
        )
        return [(rows, problem) for rows, problem in found]


def counting(seen: list[datetime], pause: float = 0.0) -> Chore:
    async def act(session: AsyncSession, now: datetime) -> int:
        await session.execute(text("SELECT 1"))
        seen.append(now)
        await asyncio.sleep(pause)
        return 7

    return Chore("of_a_test", DAILY, act)


async def test_a_chore_is_done_once_in_its_period(running: Callable[..., Any]) -> None:
    package = "registry"
    seen: list[datetime] = []
    async with running(package) as service:
        chore = counting(seen)
        assert await do(service.sessions, package, chore, NOW) == 7
        assert await do(service.sessions, package, chore, NOW + timedelta(hours=20)) is None
        assert await do(service.sessions, package, chore, NOW + timedelta(hours=21)) == 7
        assert await runs(service, "of_a_test") == [(7, None), (7, None)]
    assert seen == [NOW, NOW + timedelta(hours=21)]


async def test_a_period_that_was_gone_through_is_not_asked_for_again(
    running: Callable[..., Any],
) -> None:
    seen: list[datetime] = []
    known: dict[str, datetime] = {}
    async with running("registry") as service:
        chore = counting(seen)
        await look(service.sessions, "registry", chore, known)
        # Another process knows it from the list of runs, and only then.
        elsewhere: dict[str, datetime] = {}
        await look(service.sessions, "registry", chore, elsewhere)
        assert known == elsewhere == {"of_a_test": chore.slot(seen[0])}
        nobody: Any = None
        await look(nobody, "registry", chore, known)
    assert len(seen) == 1


async def test_two_schedulers_at_once_do_it_once(running: Callable[..., Any]) -> None:
    seen: list[datetime] = []
    async with running("registry") as service:
        chore = counting(seen, pause=0.2)
        done = await asyncio.gather(*(do(service.sessions, "registry", chore, NOW) for _ in "ab"))
        assert sorted(done, key=str) == [7, None]
        assert await runs(service, "of_a_test") == [(7, None)]
    assert seen == [NOW]


async def test_what_failed_is_told_and_tried_again(running: Callable[..., Any]) -> None:
    fails = [True]

    async def act(session: AsyncSession, now: datetime) -> int:
        await session.execute(text("CREATE TEMPORARY TABLE half (a int)"))
        if fails[0]:
            raise RuntimeError("the name of somebody")
        return 1

    async with running("registry") as service:
        chore = Chore("of_a_test", DAILY, act)
        assert await do(service.sessions, "registry", chore, NOW) is None
        fails[0] = False
        assert await do(service.sessions, "registry", chore, NOW) == 1
        assert await runs(service, "of_a_test") == [(0, "RuntimeError"), (1, None)]


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != GATEWAY])
async def test_answers_are_forgotten_after_their_hours_and_not_before(
    package: str, running: Callable[..., Any], postgres_server: PostgreSQL
) -> None:
    kept = (
        "INSERT INTO kept_answer (scope, body_sha256, status, media_type, body, kept_at)"
        " VALUES ('old', '', 201, 'x', '', '2026-11-24T03:29:59Z'),"
        " ('young', '', 201, 'x', '', '2026-11-24T03:30:00Z')"
    )
    named = (
        "INSERT INTO kept_name (subject_id, scope, kept_at)"
        " SELECT gen_random_uuid(), scope, kept_at FROM kept_answer"
    )
    async with running(package) as service:
        name = service.database.name
        postgres_server.execute(kept, database=name)
        postgres_server.execute(named, database=name)
        assert await do(service.sessions, package, forgetting_answers(96), NOW) == 1
        for table in ("kept_answer", "kept_name"):
            left = postgres_server.execute(f"TABLE {table}", database=name)
            assert b"young".hex() in left, table
            assert b"old".hex() not in left, table
