"""Rows of the door's own lists go to the database by COPY.

Arrays, one for each column, cost the driver two looks at every value in Python: three times as much
for each request of the door as a stream of rows, which it writes in C.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def copy_in(
    session: AsyncSession, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows to a table, in the transaction that the session has begun with a statement."""
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table(table, records=rows, columns=list(columns))
