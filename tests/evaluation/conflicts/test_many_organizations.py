"""An import of a hundred thousand organizations touches nobody, and must not cost as if it did."""

import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import CompoundSelect, Select, event, text
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from evaluation.conflicts.consumers import CONSUMES
from evaluation.experts import owner_queries
from shared.codes import uscc
from shared.database import new_id
from shared.directory import DirectoryOrganization
from shared.events import OfMany
from shared.events.consuming import ReceivedEvent
from tests.fixtures.service import RunningService

KNOWN = 20_000
POSITIONS = itertools.count(1)
FILL = """
    INSERT INTO directory_organization (
        id, uscc, name, org_type, legal_person_kind, region_code, is_sme, parent_uscc, position
    )
    SELECT gen_random_uuid(), 'FAKE' || lpad(n::text, 14, '0'), '示例' || n, 'enterprise',
           'independent', '310115', false,
           CASE WHEN n % 10 = 0 THEN 'FAKE' || lpad((n - 1)::text, 14, '0') END, 0
      FROM generate_series(1, :known) AS n
"""
pytestmark = pytest.mark.anyio


@pytest.fixture
async def evaluation(running: Callable[..., Any]) -> AsyncIterator[RunningService]:
    async with running("evaluation") as service:
        yield service


def told(number: int, **over: Any) -> ReceivedEvent:
    first = f"91310115FAKE7{number:04d}"
    entry = {
        "id": str(new_id()), "uscc": first + uscc.check_character(first), "name": f"单位{number}",
        "org_type": "enterprise", "legal_person_kind": "independent", "region_code": "310115",
        "is_sme": False, **over,
    }  # fmt: skip
    return ReceivedEvent(
        id=new_id(), type="directory.organization", source="registry", subject=new_id(),
        center_id=None, data={"entry": entry}, position=next(POSITIONS), time=datetime.now(UTC),
    )  # fmt: skip


async def statements_for(service: RunningService, events: list[ReceivedEvent]) -> int:
    handler = CONSUMES["directory.organization"]
    assert isinstance(handler, OfMany)
    engine = service.app.state.database.engine.sync_engine
    count = 0

    def note(*_: Any) -> None:
        nonlocal count
        count += 1

    async with service.sessions.begin() as session:
        await session.connection()
        event.listen(engine, "before_cursor_execute", note)
        try:
            await handler.act(session, events)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    return count


@pytest.mark.requirement("X08")
async def test_what_an_import_brings_is_taken_by_set(evaluation: RunningService) -> None:
    one = await statements_for(evaluation, [told(1)])
    twenty = [told(number) for number in range(2, 22)]
    assert await statements_for(evaluation, twenty) == one
    # The same again says nothing new: what it was is read before and after.
    assert await statements_for(evaluation, twenty) < one
    async with evaluation.sessions.reading() as session:
        known = await session.get(DirectoryOrganization, twenty[7].data["entry"]["id"])
    assert known is not None
    assert known.uscc == twenty[7].data["entry"]["uscc"]


@pytest.mark.parametrize("asked", [owner_queries.standing_together, owner_queries.holdings])
async def test_who_stands_together_and_what_is_held_are_found_without_reading_the_whole_copy(
    evaluation: RunningService, asked: Callable[[list[UUID]], CompoundSelect[Any] | Select[Any]]
) -> None:
    owner = create_async_engine(evaluation.database.owner_url, isolation_level="AUTOCOMMIT")
    async with owner.connect() as connection:
        await connection.execute(text(FILL), {"known": KNOWN})
        await connection.execute(text("VACUUM ANALYZE directory_organization"))
    await owner.dispose()
    ids = [new_id() for _ in range(20)]
    dialect: Any = asyncpg.dialect
    async with evaluation.sessions.reading() as session:
        connection = await session.connection()
        compiled = asked(ids).compile(dialect=dialect(), compile_kwargs={"literal_binds": True})
        rows = await connection.exec_driver_sql(f"EXPLAIN {compiled}")
    plan = "\n".join(row[0] for row in rows.all())
    assert "Seq Scan on directory_organization" not in plan, plan
