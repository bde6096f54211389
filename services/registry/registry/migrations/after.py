"""What follows every run of the history: words that the code knows and an older register does not.

So a word needs no migration of its own. One that is there stays as it is, with its names: whoever
keeps the register may have mended them.
"""

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from registry.programme import reference
from registry.programme.tables import CodeEntry


def bring_up_to_date(connection: Connection) -> None:
    """Add the rows of the code tables that are missing."""
    if not sa.inspect(connection).has_table(CodeEntry.__tablename__):
        return
    stored = connection.execute(sa.select(col(CodeEntry.scheme), col(CodeEntry.code)))
    known = {(row.scheme, row.code) for row in stored}
    missing = [row for row in reference.code_rows() if (row["scheme"], row["code"]) not in known]
    if missing:
        connection.execute(postgresql.insert(CodeEntry).on_conflict_do_nothing(), missing)
