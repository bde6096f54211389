"""Whether a new migration can run while the house works: squawk reads the SQL that it sends.

Each migration after the history below runs against an empty database, and what it sends is kept
and read. Where a rule does not apply, the migration says so in a line of its own, with the reason:

    # squawk: adding-foreign-key-constraint — the table is made in this migration
"""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.migrate import configuration
from tests.contract.step import BIN, Context
from zhichuang.postgres import SERVICES, PostgreSQL

HISTORY: Final = {
    "registry": "0014",
    "evaluation": "0009",
    "ip_ledger": "0007",
    "gateway": "0006",
}
"""The last migrations that were written before anybody had a database to lose time on."""

# Written side by side with this check, before any database of theirs was live; no further ones.
_BESIDE: Final = {
    "registry-0016": (
        "adding-foreign-key-constraint",
        "ban-drop-default",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
    ),
    "registry-0017": (
        "adding-field-with-default",
        "ban-drop-default",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
    ),
    "evaluation-0010": ("ban-drop-default",),
    "ip_ledger-0008": ("constraint-missing-not-valid", "require-concurrent-index-creation"),
    "ip_ledger-0009": ("adding-foreign-key-constraint", "constraint-missing-not-valid"),
    "gateway-0007": ("ban-drop-default",),
}
_OF_THE_HOUSE: Final = (
    # `shared.database.migrations` sets lock_timeout for all of a migration.
    "require-timeout-settings",
    # Text, not varchar with a length, and bigint are the house's own; others are its reasons.
    "prefer-robust-stmts",
    # A table of integers has them on purpose; the models say where a bigint is needed.
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
)
_EXEMPTION: Final = re.compile(r"^\s*# squawk: ([a-z-]+) — (.{10,})$", re.MULTILINE)
_NOT_OURS: Final = re.compile(r"\s*(SELECT|SET LOCAL|BEGIN|.*\balembic_version\b)", re.IGNORECASE)


def ask(context: Context) -> list[str]:
    """Name each thing in a new migration that would stop callers, with squawk's advice."""
    faults = []
    for package in SERVICES:
        for script, statements in _sent(context.postgres, package):
            faults += judged(context.folder, package, script, statements)
    return faults


def judged(folder: Path, package: str, script: Script, statements: list[str]) -> list[str]:
    """Let squawk read what one migration sent."""
    written = folder / f"{package}-{script.revision}.sql"
    written.write_text("".join(f"{one.strip().rstrip(';')};\n" for one in statements))
    exempt = dict(_EXEMPTION.findall(Path(script.path).read_text(encoding="utf-8")))
    beside = _BESIDE.get(written.stem, ())
    excluded = ",".join([*_OF_THE_HOUSE, *beside, *exempt])
    done = subprocess.run(
        [
            *(str(BIN / "squawk"), "--assume-in-transaction", "--pg-version=18.0"),
            *("--reporter=gcc", "--no-error-on-unmatched-pattern", f"--exclude={excluded}"),
            str(written),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    said = (done.stdout + done.stderr).replace(str(folder), "").strip()
    return [f"{Path(script.path).name}: {said}"]


def _sent(server: PostgreSQL, package: str) -> list[tuple[Script, list[str]]]:
    database = f"{package}_linted"
    server.copy_database(package, database, service=package)
    return asyncio.run(_run(server.dsn(package, "owner", database=database), package))


async def _run(url: str, package: str) -> list[tuple[Script, list[str]]]:
    config = configuration(package, url)
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    # A younger service begins with the tables of its first migration.
    begun = HISTORY.get(package, "0001")
    newest = [one for one in scripts if one.revision > begun]
    engine: Any = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(_upgrade, config, begun)
        found = [
            (script, await connection.run_sync(_upgrade, config, script.revision))
            for script in newest
        ]
    await engine.dispose()
    return found


def _upgrade(connection: Connection, config: Any, revision: str) -> list[str]:
    statements: list[str] = []

    def keep(*told: Any) -> None:
        if not _NOT_OURS.match(told[2]):
            statements.append(told[2])

    event.listen(connection, "before_cursor_execute", keep)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    event.remove(connection, "before_cursor_execute", keep)
    return statements
