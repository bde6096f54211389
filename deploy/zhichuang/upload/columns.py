"""Which column means which field, as the server's own published document describes them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from unicodedata import normalize

from zhichuang.upload.sheet import Record, Unusable

Document = Mapping[str, Any]

OURS: Final = "zhichuang_"
YUAN: Final = "@yuan"
_BATCHES: Final = "-batches"
_GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+")
_YUAN: Final = re.compile(r"-?\d{1,15}(\.\d{1,2}0*)?")
_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_DEPTH: Final = 8


def batches(document: Document) -> dict[str, str]:
    """Name what can be uploaded, with its address: every batch that takes CSV."""
    return {
        path.rsplit("/", 1)[-1].removesuffix(_BATCHES): path
        for path, item in document["paths"].items()
        if path.endswith(_BATCHES) and "text/csv" in _media(item)
    }


def _media(item: Document) -> Document:
    content: Document = item.get("post", {}).get("requestBody", {}).get("content", {})
    return content


def fields_of(document: Document, path: str) -> dict[str, str]:
    """Give the fields of a batch's rows by dotted path, and what each holds.

    `integer`, `date`, `list` or `text`; where kinds of rows differ, it is `text`.
    """
    rows = _media(document["paths"][path])["application/json"]["schema"]
    found: dict[str, str] = {}
    for name, kind in _leaves(document, rows["items"], "", 0):
        found[name] = kind if found.setdefault(name, kind) == kind else "text"
    return found


def _leaves(
    document: Document, schema: Document, place: str, depth: int
) -> Iterator[tuple[str, str]]:
    schema = _resolved(document, schema)
    if depth > _DEPTH:
        return
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _leaves(document, one, place, depth + 1)
    for name, inner in schema.get("properties", {}).items():
        yield from _leaves(document, inner, f"{place}.{name}" if place else name, depth + 1)
    kind = schema.get("type")
    if kind == "array":
        if "properties" not in _resolved(document, schema.get("items", {})):
            yield place, "list"
    elif kind not in {"object", "null", None}:
        yield place, "date" if schema.get("format") == "date" else _simple(kind)
    elif "const" in schema or "enum" in schema:
        yield place, "text"


def _resolved(document: Document, schema: Document) -> Document:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Document = document["components"]["schemas"][name] if name else schema
    return found


def _simple(kind: str) -> str:
    return "integer" if kind == "integer" else "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is sent: where it stands, which field it is, what that holds."""

    place: int
    name: str
    field: str
    kind: str


@dataclass(slots=True)
class Plan:
    """How a row of the file becomes a row of the batch."""

    header: Sequence[str]
    columns: list[Column]
    constants: dict[str, str]
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> list[str]:
        """The header of what is sent."""
        return [column.field for column in self.columns] + list(self.constants)

    def row(self, record: Record) -> list[str]:
        """Give a row as it is sent, and note what was read differently from how it is written."""
        cells = [self._cell(column, record) for column in self.columns]
        return cells + list(self.constants.values())

    def _cell(self, column: Column, record: Record) -> str:
        read, changes = cleaned(record.cells[column.place], column.kind)
        self.notes.update(f"column {column.name}: {change}" for change in changes)
        return read


def cleaned(written: str, kind: str) -> tuple[str, list[str]]:
    """Read a cell of a kind, and say what was changed; what cannot be read stays as it is.

    Full-width digits and signs count as plain ones where a number or a day is wanted, and only
    there: in a name they may be meant.
    """
    if kind not in {"integer", "yuan", "date"} or not written:
        return written, []
    plain = normalize("NFKC", written).strip()
    changes = ["full-width digits read as plain ones"] if plain != written.strip() else []
    if kind == "date":
        day = _day(plain)
        return day or plain, changes + ["days written as YYYY-MM-DD"] * (day not in {"", plain})
    if _GROUPED.fullmatch(plain.partition(".")[0]):
        plain = plain.replace(",", "")
        changes.append("thousands separators left out")
    if kind == "yuan" and _YUAN.fullmatch(plain):
        return str(int(Decimal(plain) * 100)), [*changes, "yuan sent as fen (分)"]
    return plain, changes


def _day(text: str) -> str:
    match = _DAY.fullmatch(text)
    if match is None:
        return ""
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return ""


def plan(
    header: Sequence[str],
    fields: Mapping[str, str],
    *,
    mapped: Mapping[str, str],
    constants: Mapping[str, str],
    ignored: Sequence[str],
) -> Plan:
    """Match columns with fields: as told, else by name; raise `Unusable` naming what is left."""
    columns = [
        Column(place, name, target.removesuffix(YUAN), _kind(target, fields))
        for place, name in enumerate(header)
        if name not in ignored and not name.startswith(OURS)
        for target in [mapped.get(name, name)]
    ]
    faults = [
        *(f"There is no column {name!r}." for name in {*mapped, *ignored} - set(header)),
        *(_unknown(column, fields) for column in columns if column.field not in fields),
        *(f"There is no field {name!r} to set." for name in constants if name not in fields),
        *(f"{name!r} is given twice." for name in _twice(columns, constants)),
        *(f"Only amounts can be in yuan, not {c.field!r}." for c in columns if c.kind == "wrong"),
    ]
    if faults:
        raise Unusable("\n".join(sorted(faults)))
    return Plan(header, columns, dict(constants))


def _kind(target: str, fields: Mapping[str, str]) -> str:
    kind = fields.get(target.removesuffix(YUAN), "text")
    if target.endswith(YUAN):
        return "yuan" if kind == "integer" and target.endswith(f".amount{YUAN}") else "wrong"
    return kind


def _twice(columns: Sequence[Column], constants: Mapping[str, str]) -> list[str]:
    counted = Counter([*(column.field for column in columns), *constants])
    return [name for name, times in counted.items() if times > 1]


def _unknown(column: Column, fields: Mapping[str, str]) -> str:
    name = column.name or f"number {column.place + 1}, which has no name"
    near = [one for one in fields if column.field and column.field in one.split(".")]
    hint = f" Did you mean {' or '.join(sorted(near)[:3])}?" if near else ""
    return f"Column {name!r} means no field: use --map or --ignore.{hint}"
