"""How a service's history of migrations is run: as the owner, under a lock, with the grants."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal

import sqlalchemy as sa
from alembic import context, op
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp, MigrationScript, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from shared.database.base import EnumText, InstantColumn, JsonColumn, SharedBase

# A migration that waits for a lock makes everyone behind it wait as well.
LOCK_TIMEOUT: Final = "5s"
SHARED_TABLES: Final = (
    "shared.events.tables",
    "shared.http.batch_tables",
    "shared.http.tables",
    "shared.sandbox",
)
# What a table says of itself that the logins' rights are made from.
GRANTS: Final = ("insert_only", "closing")
HISTORY_LOCK: Final = 0x7A63_4D49_4700_0001


def metadata_of(package: str) -> list[MetaData]:
    """Give the tables of a package and the shared ones that its database has as well."""
    # Importing is what makes the tables known.
    for module in (*SHARED_TABLES, f"{package}.tables"):
        import_module(module)
    tables = sys.modules[f"{package}.tables"]
    extra: list[MetaData] = list(getattr(tables, "METADATA", []))
    return [SharedBase.metadata, *extra]


def run() -> None:
    """Run what Alembic's command asks for; called by `history/env.py`."""
    import asyncio

    package = context.config.get_main_option("package") or ""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _with(connection, package)
        return
    asyncio.run(_connect(package))


async def _connect(package: str) -> None:
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_with, package)
    await engine.dispose()


def _with(connection: Connection, package: str) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata_of(package),
        compare_type=True,
        include_object=_is_ours,
        render_item=plain_types,
        process_revision_directives=_without_notes,
    )
    with context.begin_transaction():
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": HISTORY_LOCK})
        context.run_migrations()
        _follow(connection, package)


def _follow(connection: Connection, package: str) -> None:
    """Let a service bring up to date what it keeps in step with its code, where it has some."""
    name = f"{package}.migrations.after"
    if find_spec(name) is not None:
        import_module(name).bring_up_to_date(connection)


def plain_types(
    kind: str,
    item: Any,  # noqa: ANN401 - Alembic's own signature
    _context: AutogenContext,
) -> str | Literal[False]:
    """Write our own types as PostgreSQL's: a migration must not change when an enum does."""
    if kind != "type":
        return False
    if isinstance(item, EnumText | AutoString):
        return "sa.String()"
    if isinstance(item, InstantColumn):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JsonColumn):
        return "postgresql.JSONB(none_as_null=True, astext_type=sa.Text())"
    return False


def _without_notes(
    _context: MigrationContext,
    _revision: object,
    directives: list[MigrationScript],
) -> None:
    for script in directives:
        for operations in script.upgrade_ops_list:
            forget_notes(operations)


def forget_notes(operations: UpgradeOps) -> None:
    """Take out of a draft what tables say of themselves to readers, such as their events.

    What the grants are made from stays.
    """
    for operation in operations.ops:
        if isinstance(operation, CreateTableOp):
            operation.info = {
                name: operation.info[name] for name in GRANTS if name in operation.info
            }


def _is_ours(  # Alembic's own signature
    item: Any,  # noqa: ANN401, ARG001 - theirs
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001, ARG001 - theirs
    compare_to: Any,  # noqa: ANN401, ARG001 - theirs
) -> bool:
    # The job queue's tables belong to its library, which checks them itself.
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


def grant_app(package: str) -> None:
    """Let the `_app` login use every table, and never change the insert-only ones.

    Of such a table it may set only the columns that its `info` names as `closing`: they end what
    a row was believed to say. Called at the end of a migration that makes tables; the login's
    name is the owner's.
    """
    bind = op.get_bind()
    owner = bind.scalar(text("SELECT current_user"))
    app = f"{str(owner).removesuffix('_owner')}_app"
    if not bind.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :app"), {"app": app}):
        return
    quoted = sa.sql.quoted_name(app, quote=True)
    bind.execute(text(f'GRANT USAGE ON SCHEMA public TO "{quoted}"'))
    bind.execute(
        text(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{quoted}"')
    )
    bind.execute(text(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{quoted}"'))
    # The models are of today: an older migration runs before what a newer one makes is there.
    inspector = sa.inspect(bind)
    there = set(inspector.get_table_names())
    for table, closing in insert_only_tables(metadata_of(package)).items():
        if table not in there:
            continue
        # Taking a table's right to update away takes its columns' rights away as well.
        bind.execute(text(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{quoted}"'))
        columns = {column["name"] for column in inspector.get_columns(table)} if closing else set()
        for column in columns & set(closing):
            bind.execute(text(f'GRANT UPDATE ("{column}") ON "{table}" TO "{quoted}"'))


def install_job_queue() -> None:
    """Make the job queue's tables, as its library defines them."""
    from sqlalchemy.util import await_only

    from shared.jobs.queue import install_sql

    raw: Any = op.get_bind().connection.driver_connection
    # Many statements at once: only the driver's own call takes a script.
    await_only(raw.execute(install_sql()))


def insert_only_tables(metadata: Sequence[MetaData]) -> dict[str, tuple[str, ...]]:
    """Name the tables that the application only inserts into, each with what it may close."""
    return {
        table.name: tuple(table.info.get("closing", ()))
        for part in metadata
        for table in part.sorted_tables
        if table.info.get("insert_only")
    }
