"""Which rules the constraints of a table stand for."""

import functools
from collections.abc import Iterator

from sqlalchemy import Constraint, Index, Table
from sqlmodel import SQLModel

from shared.http.constraints import MEANINGS


def constraints_of(table: type[SQLModel]) -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Give the constraints of a table that stand for a rule: name, code, columns if known.

    A trigger raises in the name of a constraint that no model knows; it is named for its table.
    """
    if not hasattr(table, "__table__"):
        return
    rows: Table = table.__table__
    own = {
        str(one.name): frozenset(column.name for column in getattr(one, "columns", ()))
        for one in _named(rows)
    }
    known = known_constraints()
    for constraint, (_, code, _) in MEANINGS.items():
        if constraint in own:
            yield constraint, code, own[constraint] or None
        elif constraint not in known and constraint.partition("_")[2].startswith(
            str(table.__tablename__)
        ):
            yield constraint, code, None


@functools.cache
def known_constraints() -> frozenset[str]:
    """Name every constraint and index that a model knows."""
    tables: Iterator[Table] = (kind.__table__ for kind in tables_by_name().values())  # type: ignore[attr-defined]  # a table's
    return frozenset(str(one.name) for table in tables for one in _named(table))


def _named(table: Table) -> list[Constraint | Index]:
    return [*table.constraints, *table.indexes]


@functools.cache
def tables_by_name() -> dict[str, type[SQLModel]]:
    """Give every table of all services."""
    return {
        str(kind.__tablename__): kind
        for kind in _subclasses(SQLModel)
        if issubclass(kind, SQLModel) and hasattr(kind, "__table__")
    }


def _subclasses(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for one in children:
        yield one
        yield from _subclasses(one)
