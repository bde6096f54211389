"""What the rows before would have made, while a large batch is only judged.

Nothing of a dry run is written, and there may be a million rows: what later ones are judged by is
kept in a file of the worker's own machine, which is gone with the run.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio

# The file is scratch: whoever takes the job up after a kill judges from the first row again.
MAKE: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE made (name TEXT, key TEXT, value TEXT, PRIMARY KEY (name, key)) WITHOUT ROWID;
"""
ASK: Final = """
    SELECT key, value FROM made WHERE name = ? AND key IN (SELECT value FROM json_each(?))
"""
KEEP: Final = "INSERT OR REPLACE INTO made VALUES (?, ?, ?)"


class Before:
    """What the rows of a dry run that were judged would have made, by name and key."""

    def __init__(self, file: sqlite3.Connection) -> None:
        """Keep it in a file; `rows_before` makes one."""
        self._file = file

    async def made(self, name: str, keys: Collection[str]) -> dict[str, Any]:
        """Give the values of those keys that have one."""
        if not keys:
            return {}
        asked = (name, json.dumps(list(keys)))
        rows = await asyncio.to_thread(lambda: self._file.execute(ASK, asked).fetchall())
        return {key: json.loads(value) for key, value in rows}

    async def make(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep values that JSON can hold; a key that is there gets the new one."""
        rows = [(name, key, json.dumps(value)) for key, value in values.items()]
        await asyncio.to_thread(self._file.executemany, KEEP, rows)


@asynccontextmanager
async def rows_before(path: Path) -> AsyncIterator[Before]:
    """Open an empty file for what rows would have made, and take it away at the end."""
    # Its callers wait for each answer: no two threads are in it at once.
    file = await asyncio.to_thread(
        lambda: sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    )
    try:
        await asyncio.to_thread(file.executescript, MAKE)
        yield Before(file)
    finally:
        file.close()
        await anyio.Path(path).unlink(missing_ok=True)
