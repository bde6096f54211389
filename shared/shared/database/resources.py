"""Which tables hold resources: rows whose every change is told in full.

A table says so of itself; recording, feed, dumps and the test that they agree all read it from
there, so that no feature writes the same thing twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, MetaData, Table

INFO: Final = "resource"


class Audience(StrEnum):
    """Who of a centre reads its resources of a kind in full; services and officials do anyway."""

    MEMBERS = "members"
    OPERATORS = "operators"
    OFFICIALS = "officials"


@dataclass(frozen=True, slots=True)
class Resource:
    """What a table says of its rows: what they are called, who reads them, what stays inside.

    `withheld` are columns that no event and no dump carries: what is computed from others, and
    what names a person, since events are kept for ever. `untold` is a column, and its values with
    which a row is in no event and no dump at all.
    """

    kind: str
    audience: Audience
    withheld: frozenset[str]
    untold: tuple[str, frozenset[str]] | None = None


def resource(
    kind: str,
    audience: Audience = Audience.OFFICIALS,
    *,
    withheld: tuple[str, ...] = (),
    untold: tuple[str, frozenset[str]] | None = None,
) -> dict[str, Any]:
    """Declare in a table's `info` that its rows are resources of a kind."""
    return {INFO: Resource(kind, audience, frozenset(withheld), untold)}


def resource_of(table: object) -> Resource | None:
    """Give what a table says of its rows, if they are resources."""
    declared: Resource | None = getattr(table, "info", {}).get(INFO)
    return declared


def told_columns(table: Table) -> list[str]:
    """Name the columns of a resource that are told, in their order."""
    declared = resource_of(table)
    withheld = declared.withheld if declared else frozenset()
    return [column.name for column in table.columns if column.name not in withheld]


def is_told(declared: Resource, row: object) -> bool:
    """Tell whether a row is told at all."""
    if declared.untold is None:
        return True
    name, values = declared.untold
    return getattr(row, name) not in values


def tables_of(metadata: MetaData) -> list[tuple[Resource, Table]]:
    """Give the resources of a database with their tables, in the order of their kinds."""
    found = [(resource_of(table), table) for table in metadata.tables.values()]
    return sorted(
        ((declared, table) for declared, table in found if declared is not None),
        key=lambda one: one[0].kind,
    )


def belongs_to(table: Table, owner: str) -> ForeignKey | None:
    """Give the column by which rows hang on an owner, on the shortest way; None where they do not.

    A row hangs on its owner itself, or on a resource that does.
    """
    keys = sorted(table.foreign_keys, key=lambda key: key.parent.name)
    direct = [key for key in keys if key.column.table.name == owner]
    if direct:
        return direct[0]
    others = [key for key in keys if key.column.table is not table]
    return next((key for key in others if belongs_to(key.column.table, owner)), None)
