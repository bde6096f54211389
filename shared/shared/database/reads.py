"""Hot reads: one statement each on a bare connection, without a transaction around it.

A session goes to the database three times for a read (begin, ask, roll back) and takes longer to
build and to unwrap its statement than PostgreSQL to run it. Here a statement is built once for
each form in which it is asked, and its text is sent as it is; the driver keeps it prepared.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import asyncpg
from sqlalchemy import BindParameter, Select, bindparam
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from shared.database.connecting import Address

DIALECT: Final[Any] = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
# What says that the ordinary way should be tried: it tells its caller what is the matter.
FAILED: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def later(name: str, kind: Any) -> BindParameter[Any]:  # noqa: ANN401 - a column type
    """Give what stands in a statement for a value that comes with each question."""
    # With a value, if only None, the text can be built before there is a real one.
    return bindparam(name, None, type_=kind)


class Statement:
    """A select with named values, as PostgreSQL takes it."""

    def __init__(self, select: Select[Any]) -> None:
        """Build the text; values without a name of ours are those that the select was made with."""
        built: Any = select.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        self.text = str(built)
        self._names: tuple[str, ...] = tuple(built.positiontup)
        self._known: Mapping[str, Any] = built.params

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Give the values in the order of the text."""
        return [given[name] if name in given else self._known[name] for name in self._names]


class Reads:
    """Connections that only read, made when one is needed and kept."""

    def __init__(self, address: Address, most: int) -> None:
        """Connect to nothing yet."""
        self._address = address
        self._turn = asyncio.Semaphore(most)
        # The one that came back last is used first, so that what a rush needed rests below.
        self._free: list[tuple[asyncpg.Connection[Any], float]] = []
        # Takes each statement that was answered, and the wall clock of its beginning.
        self.note: Callable[[str, int], None] | None = None

    async def row(self, statement: Statement, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a driver's row
        """Ask for one row, if there is one. Raises one of `FAILED`."""
        async with self._turn:
            connection = self._free.pop()[0] if self._free else await self._address.connect()
            started_ns = time.time_ns()
            try:
                row = await connection.fetchrow(statement.text, *statement.values(given))
            except asyncpg.PostgresError:
                self._keep(connection)
                raise
            except BaseException:
                # Whatever it was may have happened to the others too.
                connection.terminate()
                self.close()
                raise
            self._keep(connection)
        if self.note is not None:
            self.note(statement.text, started_ns)
        return row

    def _keep(self, connection: "asyncpg.Connection[Any]") -> None:
        if not connection.is_closed():
            self._free.append((connection, time.monotonic()))

    def hang_up(self, before: float) -> int:
        """Close what came back before an instant of the monotonic clock; give how many."""
        resting = [connection for connection, back_at in self._free if back_at < before]
        self._free = [one for one in self._free if one[1] >= before]
        for connection in resting:
            connection.terminate()
        return len(resting)

    def close(self) -> None:
        """Hang up."""
        while self._free:
            self._free.pop()[0].terminate()
