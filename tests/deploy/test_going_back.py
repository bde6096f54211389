"""The newest migrations go back and up again on a filled database, and what is older stays."""

import sys
from collections.abc import Callable

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from shared.database.migrate import configuration, main
from tests.fixtures.postgres import TestDatabase
from zhichuang.postgres import SERVICES, PostgreSQL

FILLED = """
INSERT INTO event (id, type, subject_id, data, recorded_at)
SELECT gen_random_uuid(), 'test.filled', gen_random_uuid(), '{"n": 1}', '2026-01-05Z'
FROM generate_series(1, 500) n;
INSERT INTO kept_answer (scope, body_sha256, status, media_type, body, kept_at)
SELECT sha256(n::text::bytea), sha256(n::text::bytea), 201, 'application/json', '{}', '2026-01-05Z'
FROM generate_series(1, 50) n"""
KEPT = """
SELECT md5(string_agg(e::text, ',' ORDER BY e.id)), (SELECT count(*) FROM kept_answer)
FROM event e"""
# Tables with their rights, columns, indexes, constraints and guards.
SHAPE = """
SELECT line FROM (
    SELECT relname || coalesce(relacl::text, '') AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    UNION ALL SELECT table_name || '.' || column_name || ' ' || data_type || is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal) shape
ORDER BY line"""
VERSION = "SELECT version_num FROM alembic_version"
MOST_OF_ROWS_ALONE = 3


@pytest.mark.parametrize("package", SERVICES)
def test_back_and_up_again_everything_older_is_there_and_the_shape_is_the_same(
    package: str,
    database: Callable[[str], TestDatabase],
    postgres_server: PostgreSQL,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = database(package)

    def ask(sql: str) -> str:
        return postgres_server.execute(sql, database=there.name)

    ask(FILLED)
    shape, kept = ask(SHAPE), ask(KEPT)
    script = ScriptDirectory.from_config(configuration(package, there.owner_url))
    monkeypatch.setenv("ZHICHUANG_DATABASE_URL", there.owner_url)
    monkeypatch.setattr(sys, "argv", ["migrate", package, "back"])
    # Some change rows alone: back to one that changes the shape.
    for _ in range(MOST_OF_ROWS_ALONE):
        version = ask(VERSION).strip()
        main()
        assert ask(VERSION).strip() == script.get_revision(version).down_revision
        if ask(SHAPE) != shape:
            break
    else:
        pytest.fail("the newest migrations change nothing, or do not undo it")
    assert ask(KEPT) == kept
    command.upgrade(configuration(package, there.owner_url), "head")
    assert ask(SHAPE) == shape
    assert ask(KEPT) == kept
