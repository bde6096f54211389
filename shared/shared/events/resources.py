"""A resource as its events and its dumps tell it, with the names of the fields that changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import MetaData, RowMapping, Table, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.resources import Resource, resource_of, tables_of, told_columns
from shared.events.recording import plain
from shared.events.tables import Event

# Under this name an event keeps the resource; the feed lays it out flat in `data`.
PART: Final = "resource"
MONEY: Final = "_fen"
CURRENCY: Final = "CNY"


def state_of(table: Table, row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """Give a row as the API writes its values: amounts with their currency, instants in UTC.

    Of a row that holds some columns only, these.
    """
    return dict(_told(name, row[name]) for name in told_columns(table) if name in row)


def _told(name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - any column's value
    if name.endswith(MONEY):
        amount = None if value is None else {"amount": int(value), "currency": CURRENCY}
        return name.removesuffix(MONEY), amount
    if isinstance(value, datetime):
        return name, value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        # As it was sent and as the database gives it back: 30, not 30.000000.
        return name, format(value.normalize(), "f")
    return name, plain(value)


def state_of_row(row: object) -> dict[str, Any]:
    """Give a mapped row as it stands now."""
    table: Table = inspect(row).mapper.local_table
    return state_of(table, {name: getattr(row, name) for name in table.columns.keys()})  # noqa: SIM118 - iterating gives columns


def changed_fields(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """Name the fields in which two states differ; all of them where one is not there."""
    if before is None or after is None:
        return sorted(after or before or ())
    return sorted(name for name in after if before.get(name) != after[name])


def part_of(
    declared: Resource, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Give what an event keeps of a resource; without a state after, it was taken away."""
    part: dict[str, Any] = {
        "kind": declared.kind,
        "fields_changed": changed_fields(before, after),
        "state": dict(after if after is not None else {"id": (before or {}).get("id")}),
    }
    if after is None:
        part["removed"] = True
    return part


def made_part(model: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what an event keeps of a row that a statement makes; a column left out is empty.

    A row that nobody ever changes is named only: `whole_parts` reads it where the event is read.
    """
    table = inspect(model).local_table
    declared = resource_of(table)
    if declared is None:
        raise TypeError(f"{table} holds no resources")
    if never_changes(table):
        return {"kind": declared.kind}
    whole = {name: values.get(name) for name in told_columns(table)}
    return part_of(declared, None, state_of(table, whole))


def never_changes(table: Table) -> bool:
    """Tell whether rows of a table stay for ever as they were made."""
    return bool(table.info.get("insert_only")) and not table.info.get("closing")


async def whole_parts(
    session: AsyncSession, metadata: MetaData | None, events: Sequence[Event]
) -> dict[UUID, Mapping[str, Any]]:
    """Give the part of each event of a resource; what was only named is read from its table."""
    parts: dict[UUID, Mapping[str, Any]] = {one.id: one.data[PART] for one in events}
    named = [one for one in events if "state" not in one.data[PART]]
    if metadata is None or not named:
        return parts
    for declared, table in tables_of(metadata):
        ids = {one.subject_id: one.id for one in named if one.data[PART]["kind"] == declared.kind}
        if not ids:
            continue
        rows = await session.execute(select(table).where(table.c.id.in_(ids)))
        for row in rows.mappings():
            parts[ids[row["id"]]] = part_of(declared, None, state_of(table, row))
    return parts
