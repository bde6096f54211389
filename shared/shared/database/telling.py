"""Rows written as JSON by the database, to the byte as Pydantic would write them.

`concat` over the columns' own texts takes a third of the time of `json_build_object`, which looks
up the type of every member of every row. What may hold a quote goes through `to_json`; ids, days
and words of an enum cannot. Measured in `docs/decisions/hot-paths.md`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.sql.elements import UnaryExpression

from shared.database.base import EnumText

NULL: Final[ColumnElement[str]] = literal_column("'null'")
QUOTE: Final[ColumnElement[str]] = literal_column("'\"'")
UTC: Final[ColumnElement[str]] = literal_column("'UTC'")
# As Pydantic writes an instant: without a fraction where there is none.
INSTANT: Final[ColumnElement[str]] = literal_column('\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'')
WHOLE: Final[ColumnElement[str]] = literal_column("'.000000Z'")
ZULU: Final[ColumnElement[str]] = literal_column("'Z'")
ZERO: Final[ColumnElement[int]] = literal_column("0")
EMPTY: Final[ColumnElement[str]] = literal_column("'[]'")
QUOTED: Final = (EnumText, Uuid, Date)


class JsonText(Text):
    """The type of what is JSON already."""


def told(members: Mapping[str, Any]) -> ColumnElement[str]:
    """Write columns as one JSON object; the names are constants, and no parameters."""
    parts: list[Any] = []
    for place, (name, value) in enumerate(members.items()):
        parts += [constant(f'{"," if place else "{"}"{name}":'), *_written(value)]
    return cast(func.concat(*parts, constant("}")), JsonText)


def listed(elements: ColumnElement[str]) -> ColumnElement[str]:
    """Write an aggregate of JSON, joined by commas, as a list; of nothing, an empty one."""
    return cast(func.concat(constant("["), elements, constant("]")), JsonText)


def as_sent(text: ColumnElement[str]) -> ColumnElement[bytes]:
    """Give the bytes of a text: as a text it would be decoded only to be encoded again."""
    return func.convert_to(text, literal_column("'UTF8'"))


def column_of(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the column of a key, which may stand in descending order."""
    return key.element if isinstance(key, UnaryExpression) else key


def page(statement: Select[Any], keys: Sequence[ColumnElement[Any]], limit: int) -> Select[Any]:
    """Put a page into one row: `body`, whether there is `more`, and its last row's keys as `key_n`.

    `statement` selects one column, `told`. One row more than asked for is read, to see whether
    there is one.
    """
    labels = [f"key_{place}" for place in range(len(keys))]
    columns = [column_of(key).label(name) for key, name in zip(keys, labels, strict=True)]
    rows = statement.add_columns(*columns).order_by(*keys).limit(literal_column(str(limit + 1)))
    read = rows.subquery("read")
    # The rows keep the order in which they were read; nothing between here and there sorts.
    counted = select(read, func.row_number().over().label("place")).subquery("counted")
    asked = counted.c.place <= literal_column(str(limit))
    last = counted.c.place == literal_column(str(limit))
    body = func.string_agg(counted.c.told, literal_column("','")).filter(asked)
    return select(
        as_sent(body).label("body"),
        (func.count() > literal_column(str(limit))).label("more"),
        *(_only(counted.c[name], last).label(name) for name in labels),
    )


def _only(value: ColumnElement[Any], here: ColumnElement[bool]) -> ColumnElement[Any]:
    """Give the value of the one row that fits; ids have no `max`."""
    values: Any = func.array_agg(value).filter(here)
    only: ColumnElement[Any] = values[literal_column("1")]
    return only


def constant(text: str) -> ColumnElement[str]:
    """Write a text into the statement, where a value would be sent and read with every row."""
    return literal_column("'" + text.replace("'", "''") + "'")


def _written(value: Any) -> list[Any]:  # noqa: ANN401 - a column of any type
    nullable = getattr(getattr(value, "expression", value), "nullable", True)
    kind = value.type
    if isinstance(kind, JsonText):
        return [value]
    if isinstance(kind, Boolean):
        words = [(value, constant("true")), (~value, constant("false"))]
        return [case(*words, else_=NULL)]
    if isinstance(kind, DateTime):
        text = func.to_char(func.timezone(UTC, value), INSTANT)
        value = func.replace(text, WHOLE, ZULU)
    elif not isinstance(kind, QUOTED):
        json: Any = cast(func.to_json(value), Text)
        if isinstance(kind, ARRAY):
            json = case((func.cardinality(value) == ZERO, EMPTY), else_=json)
        return [func.coalesce(json, NULL) if nullable else json]
    if nullable:
        return [func.coalesce(QUOTE.concat(cast(value, Text)).concat(QUOTE), NULL)]
    return [QUOTE, value, QUOTE]
