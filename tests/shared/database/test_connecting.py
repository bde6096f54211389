"""A host that is switched off, or falls silent, costs some seconds and never the database."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.clock import Clock
from shared.database import Database, connecting
from tests.faults.wire import Wire
from tests.fixtures.postgres import TestDatabase
from zhichuang.postgres import PostgreSQL

pytestmark = pytest.mark.anyio


@pytest.fixture
def wire(postgres_server: PostgreSQL, tmp_path: Path) -> Iterator[Wire]:
    target = postgres_server.socket_folder / ".s.PGSQL.5432"
    made = Wire(target, tmp_path / ".s.PGSQL.5432")
    yield made
    made.close()


@pytest.fixture
def url(database: Callable[[str], TestDatabase]) -> str:
    return database("gateway").app_url


async def backend(database: Database) -> int:
    async with database.sessions.reading() as session:
        return int(await session.scalar(text("SELECT pg_backend_pid()")))


async def test_a_silent_host_does_not_hide_the_next_one(
    wire: Wire, url: str, postgres_server: PostgreSQL, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.3)
    wire.go_silent()
    hosts = f"host={tmp_path},{postgres_server.socket_folder}&port=5432,5432"
    database = Database(f"{url.partition('?')[0]}?{hosts}&target_session_attrs=read-write", Clock())
    began = time.monotonic()
    assert await backend(database)
    assert time.monotonic() - began >= 0.3
    # The one that answered is asked first from then on.
    address = database.address
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 20)
    connection = await address.connect()
    await connection.close()
    await database.close()


@pytest.mark.refusing
async def test_nothing_is_kept_waiting_by_a_connection_that_fell_silent(
    wire: Wire, url: str, tmp_path: Path
) -> None:
    bare = url.partition("?")[0]
    database = Database(f"{bare}?host={tmp_path}&port=5432", Clock(), 2, answer_seconds=0.3)
    before = await backend(database)
    wire.go_silent()
    with pytest.raises(TimeoutError):
        await backend(database)
    wire.speak_again()
    # Half-open for ever: not the connection that is used again.
    assert await backend(database) != before
    await database.close()
