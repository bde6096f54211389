"""Migrations on a house that works: callers go on, a lock is not waited for, SQL is read first."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from shared.database.migrations import LOCK_TIMEOUT
from tests.contract.migrations import HISTORY, judged
from tests.contract.step import ROOT
from zhichuang.postgres import PostgreSQL

FILLED = """
INSERT INTO event (id, type, subject_id, data, recorded_at)
SELECT uuidv7(), 'test.filled', uuidv7(), '{"a": 1}', '2026-01-05Z'
FROM generate_series(1, 20000)"""
WRITTEN = """
WITH one AS (
    INSERT INTO event (id, type, subject_id, data, recorded_at)
    VALUES (uuidv7(), 'test.written', uuidv7(), '{}', '2026-01-05Z') RETURNING id)
INSERT INTO event_pending (event_id) SELECT id FROM one"""
READ = "SELECT count(*) FROM event WHERE subject_id = $1"
SECONDS = float(LOCK_TIMEOUT.removesuffix("s"))


def migrating(package: str, url: str, revision: str = "head") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shared.database.migrate", package, revision],
        env=os.environ | {"ZHICHUANG_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


@pytest.fixture
def behind(postgres_server: PostgreSQL) -> Any:
    """Make a database as the last release left it, with rows in its largest table."""
    made: list[str] = []

    def make(package: str) -> SimpleNamespace:
        name = f"{package}_behind"
        postgres_server.drop_database(name)
        postgres_server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 OWNER {package}_owner;"
            f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {package}_app"
        )
        postgres_server.execute(
            "CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm", database=name
        )
        made.append(name)
        owner = postgres_server.dsn(package, "owner", database=name)
        first = migrating(package, owner, HISTORY[package])
        output, _ = first.communicate()
        assert first.returncode == 0, output
        postgres_server.execute(FILLED, database=name)
        app = plain(postgres_server.dsn(package, "app", database=name))
        return SimpleNamespace(owner=owner, app=app)

    yield make
    for name in made:
        postgres_server.drop_database(name)


@pytest.mark.anyio
@pytest.mark.parametrize("package", ["registry", "gateway"])
async def test_a_filled_database_is_migrated_while_everybody_works(
    package: str, behind: Any
) -> None:
    there = await asyncio.to_thread(behind, package)
    stalls, written, done = [0.0], [0], asyncio.Event()

    async def work() -> None:
        connection = await asyncpg.connect(there.app)
        while not done.is_set():
            began = time.monotonic()
            await connection.execute(WRITTEN)
            await connection.fetchval(READ, uuid4())
            stalls.append(time.monotonic() - began)
            written[0] += 1
            # Whoever never rests takes the processor from the migration.
            await asyncio.sleep(0.002)
        await connection.close()

    workers = [asyncio.create_task(work()) for _ in range(3)]
    migration = migrating(package, there.owner)
    output, _ = await asyncio.to_thread(migration.communicate)
    done.set()
    await asyncio.gather(*workers)
    assert migration.returncode == 0, output
    connection = await asyncpg.connect(there.app)
    counted = "SELECT count(*) FROM event WHERE type = 'test.written'"
    assert await connection.fetchval(counted) == written[0] > 0
    await connection.close()
    assert max(stalls) < SECONDS


@pytest.mark.anyio
@pytest.mark.refusing
async def test_a_migration_gives_up_where_a_lock_is_held_and_changes_nothing(
    behind: Any,
) -> None:
    """Who waits for a lock makes everybody behind it wait: five seconds, then it gives up."""
    there = await asyncio.to_thread(behind, "evaluation")
    owner = await asyncpg.connect(plain(there.owner))
    before = await owner.fetchval("SELECT version_num FROM alembic_version")
    # The one table that every migration writes.
    async with owner.transaction():
        await owner.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        migration = migrating("evaluation", there.owner)
        output, _ = await asyncio.to_thread(migration.communicate)
        took = time.monotonic() - began
    assert migration.returncode != 0
    assert "lock timeout" in output
    assert took > SECONDS
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == before
    await owner.close()


ADDED = "ALTER TABLE event ADD CONSTRAINT ck_event_type CHECK (type <> '')"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX ix_event_type ON event (type)", "require-concurrent-index-creation"),
        (ADDED, "constraint-missing-not-valid"),
        ("ALTER TABLE event ALTER COLUMN type SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE event DROP COLUMN data", "ban-drop-column"),
        ("ALTER TABLE event RENAME COLUMN data TO body", "renaming-column"),
    ],
)
@pytest.mark.refusing
def test_sql_that_would_stop_callers_is_named(tmp_path: Path, statement: str, rule: str) -> None:
    migration = tmp_path / "0099_of_a_test.py"
    migration.write_text('"""A migration."""\n')
    script: Any = SimpleNamespace(revision="0099", path=str(migration))
    faults = judged(tmp_path, "registry", script, [statement])
    assert rule in str(faults)
    migration.write_text(f"# squawk: {rule} — nobody has used that table so far\n")
    assert rule not in str(judged(tmp_path, "registry", script, [statement]))
    migration.write_text(f"# squawk: {rule} — why\n")
    assert rule in str(judged(tmp_path, "registry", script, [statement]))


def test_sql_that_lets_callers_work_passes(tmp_path: Path) -> None:
    migration = tmp_path / "0099_of_a_test.py"
    migration.write_text('"""A migration."""\n')
    script: Any = SimpleNamespace(revision="0099", path=str(migration))
    sent = [
        "CREATE TABLE seen (id uuid PRIMARY KEY, name text NOT NULL)",
        "CREATE INDEX ix_seen_name ON seen (name)",
        "ALTER TABLE event ADD COLUMN note text",
        ADDED + " NOT VALID",
    ]
    assert judged(tmp_path, "registry", script, sent) == []
