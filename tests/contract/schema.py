"""Whether models, migrations and the migrated databases say the same.

The models are built into one empty database, the migrations into another; PostgreSQL's own
catalogue then names every column, constraint and index of both. What only migrations can write
(triggers, exclusion constraints, indexes on expressions) may stand in the second alone.
"""

import asyncio
import os
import subprocess
import sys
from typing import Any, Final

from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.migrations import insert_only_tables, metadata_of
from tests.contract.step import ROOT, Context
from zhichuang.postgres import SERVICES, PostgreSQL

_LIBRARIES: Final = "c.relname !~ '^(alembic_version|pgqueuer)'"
_COLUMNS: Final = f"""
SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
  AND NOT a.attisdropped AND {_LIBRARIES};"""
_CONSTRAINTS: Final = f"""
SELECT c.relname || ': ' || o.conname || ' ' || pg_get_constraintdef(o.oid)
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND o.contype <> 'n' AND {_LIBRARIES};"""
_INDEXES: Final = f"""
SELECT pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace AND {_LIBRARIES};"""


def ask(context: Context) -> list[str]:
    """Name every difference, service by service."""
    faults = []
    for service in SERVICES:
        faults += [f"{service}: {fault}" for fault in _faults_of(context.postgres, service)]
    return faults


def _faults_of(server: PostgreSQL, service: str) -> list[str]:
    modelled, migrated = f"{service}_models", f"{service}_migrated"
    for name in (modelled, migrated):
        server.copy_database(service, name, service=service)
    error = _migrate(service, server.dsn(service, "owner", database=migrated))
    if error:
        return [error]
    metadata = metadata_of(service)
    asyncio.run(_build(server.dsn(service, "owner", database=modelled), metadata))
    faults = []
    for kind, query in (
        ("column", _COLUMNS),
        ("constraint", _CONSTRAINTS),
        ("index", _INDEXES),
    ):
        built = set(server.execute(query, database=modelled).splitlines())
        found = set(server.execute(query, database=migrated).splitlines())
        faults += [f"{kind} only in the models: {one}" for one in sorted(built - found)]
        if kind == "column":
            faults += [f"column only in the migrations: {one}" for one in sorted(found - built)]
    return faults + _loose_tables(server, service, migrated, metadata)


def _migrate(service: str, url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shared.database.migrate", service],
        env=os.environ | {"ZHICHUANG_DATABASE_URL": url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-2000:]


async def _build(url: str, metadata: list[MetaData]) -> None:
    def create(connection: Connection) -> None:
        for part in metadata:
            part.create_all(connection)

    engine: Any = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()


def _loose_tables(
    server: PostgreSQL, service: str, database: str, metadata: list[MetaData]
) -> list[str]:
    """Name insert-only tables of which the service's login may change too much or too little."""
    faults = []
    for table, closing in insert_only_tables(metadata).items():
        answer = server.execute(
            f"SELECT has_table_privilege('{service}_app', '{table}', 'UPDATE, DELETE, TRUNCATE');"
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
            f" AND NOT attisdropped"
            f" AND has_column_privilege('{service}_app', attrelid, attnum, 'UPDATE')",
            database=database,
        )
        whole, *columns = answer.split()
        if whole != "f":
            faults.append(f"{service}_app may change the insert-only table {table}")
        elif sorted(columns) != sorted(closing):
            faults.append(f"{service}_app may set {columns} of {table}, which closes {closing}")
    return faults
