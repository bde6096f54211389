"""A read from a replica never shows less than what was acknowledged before it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.database.connecting import Address
from shared.database.replica import BEHIND_SECONDS, READS
from tests.faults.replicas import follow
from zhichuang.postgres import PostgreSQL

pytestmark = pytest.mark.anyio

STANDBY = "&target_session_attrs=standby"


@pytest.fixture(scope="module")
def servers(server_folder: Path) -> Iterator[tuple[PostgreSQL, PostgreSQL]]:
    folder = server_folder / "two"
    replica = PostgreSQL(folder / "replica", throwaway=True)
    with PostgreSQL(folder / "primary", throwaway=True) as primary:
        primary.execute("CREATE TABLE note (id int PRIMARY KEY)", database="gateway")
        primary.execute("GRANT ALL ON note TO gateway_owner", database="gateway")
        # Not synchronous: a commit is acknowledged before the replica has heard of it.
        follow(primary, replica, synchronous=False)
        try:
            yield primary, replica
        finally:
            replica.stop()


@pytest.fixture
async def database(servers: tuple[PostgreSQL, PostgreSQL]) -> AsyncIterator[Database]:
    primary, replica = servers
    url = primary.dsn("gateway", "owner")
    made = Database(url, Clock(), 2, replica.dsn("gateway", "owner") + STANDBY)
    yield made
    await made.close()


def counted(outcome: str) -> float:
    return float(READS.labels(outcome)._value.get())


async def write(database: Database, number: int) -> None:
    async with database.sessions.begin() as session:
        await session.execute(text("INSERT INTO note VALUES (:id)"), {"id": number})


async def newest(session: AsyncSession) -> tuple[int, bool]:
    """Give the newest note, and whether a replica says so."""
    row = (await session.execute(text("SELECT max(id), pg_is_in_recovery() FROM note"))).one()
    return row[0], row[1]


async def copied(database: Database) -> int:
    """Give the newest note from the replica: one that is behind is left alone for a moment."""
    for _ in range(20):
        number, there = await database.read(newest)
        if there:
            return number
        await asyncio.sleep(BEHIND_SECONDS)
    raise AssertionError("the replica never answered")


async def test_whoever_wrote_sees_it_on_the_replica_at_once(database: Database) -> None:
    answered = counted("answered")
    for number in range(1, 40):
        await write(database, number)
        seen = await asyncio.gather(*(database.read(newest) for _ in range(2)))
        assert {value for value, _ in seen} == {number}
    assert await copied(database) == 39
    assert counted("answered") - answered > 0


@pytest.mark.refusing
async def test_a_replica_that_is_behind_is_not_believed(
    database: Database, servers: tuple[PostgreSQL, PostgreSQL]
) -> None:
    servers[1].execute("SELECT pg_wal_replay_pause()")
    try:
        await write(database, 100)
        assert await database.read(newest) == (100, False)
        await write(database, 101)
        # Left alone for a moment: nobody waits for it again.
        assert await database.read(newest) == (101, False)
    finally:
        servers[1].execute("SELECT pg_wal_replay_resume()")
        servers[0].execute("DELETE FROM note WHERE id >= 100", database="gateway")


@pytest.mark.refusing
async def test_a_read_that_fails_on_the_replica_is_read_again_from_the_database(
    database: Database,
) -> None:
    asked: list[bool] = []

    async def locking(session: AsyncSession) -> int:
        asked.append(bool(await session.scalar(text("SELECT pg_is_in_recovery()"))))
        return int(await session.scalar(text("SELECT count(*) FROM (SELECT FROM note FOR UPDATE)")))

    assert await database.read(locking) >= 0
    assert asked == [True, False]


async def test_without_any_replica_the_database_answers(
    servers: tuple[PostgreSQL, PostgreSQL], tmp_path: Path
) -> None:
    url = servers[0].dsn("gateway", "owner")
    nobody = f"postgresql+asyncpg://nobody@/gateway?host={tmp_path}&port=5432"
    for replica_url, outcome in ((nobody, "away"), (url, "no replica")):
        database = Database(url, Clock(), 2, replica_url)
        before = counted(outcome)
        assert (await database.read(newest))[1] is False
        assert counted(outcome) == before + 1
        await database.close()


async def test_without_a_setting_nothing_is_asked(servers: tuple[PostgreSQL, PostgreSQL]) -> None:
    database = Database(servers[0].dsn("gateway", "owner"), Clock(), 2)
    assert database.replica is None
    with pytest.raises(DBAPIError):
        await database.read(lambda session: session.execute(text("SELECT FROM nowhere")))
    await database.close()


def both(servers: tuple[PostgreSQL, PostgreSQL]) -> str:
    """Address the primary and its replica, in this order, as every process of a house does."""
    primary, replica = servers
    bare = primary.dsn("gateway", "owner").partition("?")[0]
    return f"{bare}?host={primary.socket_folder},{replica.socket_folder}&port=5432,5432"


async def test_of_two_hosts_the_one_that_fits_is_taken(
    servers: tuple[PostgreSQL, PostgreSQL],
) -> None:
    writable = f"{both(servers)}&target_session_attrs=read-write"
    database = Database(writable, Clock(), 2, both(servers) + STANDBY)
    async with database.sessions.reading() as session:
        assert (await newest(session))[1] is False
    await copied(database)
    await database.close()


@pytest.mark.refusing
async def test_a_host_that_does_not_fit_is_no_connection(
    servers: tuple[PostgreSQL, PostgreSQL],
) -> None:
    primary, _ = servers
    with pytest.raises(ConnectionError):
        await Address(primary.dsn("gateway", "owner") + STANDBY).connect()
