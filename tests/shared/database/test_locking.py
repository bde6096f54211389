"""A row that is locked is read as it is now, whatever the session has read of it before."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select, update

from gateway.identity.tables import Person
from shared.clock import Clock
from shared.database import Database, new_id
from tests.fixtures.postgres import TestDatabase

pytestmark = pytest.mark.anyio


async def test_a_lock_shows_what_another_has_committed_since(
    database: Callable[[str], TestDatabase],
) -> None:
    house = Database(database("gateway").app_url, Clock(), 2)
    person = Person(created_at=datetime(2026, 1, 5, tzinfo=UTC))
    person_id, became = person.id, new_id()
    asked = select(Person).where(col(Person.id) == person_id)
    async with house.sessions.begin() as session:
        session.add(person)
    async with house.sessions.begin() as session:
        read = await session.scalar(asked)
        async with house.sessions.begin() as other:
            await other.execute(
                update(Person).where(col(Person.id) == person_id).values(expert_id=became)
            )
        again = await session.scalar(asked)
        assert again is read
        assert again is not None
        assert again.expert_id is None
        locked = await session.scalar(asked.with_for_update())
        assert locked is read
        assert locked is not None
        assert locked.expert_id == became
    await house.close()
