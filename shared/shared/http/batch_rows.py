"""The rows of a batch as they were sent, JSON, NDJSON or CSV: each read, judged by its schema."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from shared.http.problem import Failure, checks_of
from shared.http.route import strict_json
from shared.rules import Check, Kind, Refused, Rule, Said

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
MAX_LINE_BYTES: Final = 65_536
# Read in large parts: at each, a thread gives the interpreter away and has to wait for it.
READ_BYTES: Final = 262_144
# No kind of row has so many fields; a header of ten thousand is a mistake or an attack.
MAX_COLUMNS: Final = 200
FORM: Final = Rule("API", "openapi")

RowModel = TypeVar("RowModel")


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Row(Generic[RowModel]):
    """A row that fits its schema, with its place in the batch, counted from 0."""

    index: int
    value: RowModel


@dataclass(frozen=True, slots=True)
class RowResult:
    """The verdict of a row: the id of what it made (or of its first posting), or its checks."""

    index: int
    outcome: Outcome
    id: UUID | None = None
    checks: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()


Judged = Row[Any] | RowResult


def count_rows(path: Path, media_type: str) -> int:
    """Count the rows of a body; one that is no batch at all is refused as a whole."""
    if media_type == JSON:
        return len(_json_rows(path))
    if media_type == "text/csv":
        return _count_records(path)
    return sum(1 for line in _bounded(path) if line.strip())


def _bounded(path: Path) -> Iterator[bytes]:
    """Read lines; of one that is too long only its first part, so that it costs no memory."""
    with path.open("rb", READ_BYTES) as content:
        while line := content.readline(MAX_LINE_BYTES + 1):
            yield line
            while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                line = content.readline(MAX_LINE_BYTES + 1)


def _count_records(path: Path) -> int:
    """Count the records of a CSV file, which has to be UTF-8 under a header that means one row."""
    try:
        reader = csv.reader(_text_lines(path), strict=True)
        faults = _header_faults(next(reader, []))
        number = 0 if faults else sum(1 for record in reader if record)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Failure("BODY_UNREADABLE") from error
    if faults:
        raise Refused([_form_check("/header", "header", faults)])
    return number


def _header_faults(header: Sequence[str]) -> Said | None:
    """Tell what is wrong with a header; nothing where each column means one field."""
    if len(header) > MAX_COLUMNS:
        return Said(f"at most {MAX_COLUMNS} columns", f"至多 {MAX_COLUMNS} 列")
    clashing = sorted(name for name in set(header) if not _stands_alone(name, header))
    if not clashing:
        return None
    return Said(
        ", ".join(name or "a column without a name" for name in clashing)[:200],
        "、".join(name or "无列名的列" for name in clashing)[:200],
    )


def _stands_alone(name: str, header: Sequence[str]) -> bool:
    """Tell whether a column is named, is there once, and is not also the path to another one."""
    once = name.isprintable() and name != "" and header.count(name) == 1
    return once and not any(other.startswith(f"{name}.") for other in header)


def _form_check(pointer: str, name: str, expected: Said) -> Check:
    return FORM.check(
        "FIELD_INVALID", Kind.CONTENT, passed=False, pointer=pointer, field=name, expected=expected
    )


def _unknown_check(name: str) -> Check:
    return FORM.check("FIELD_UNKNOWN", Kind.CONTENT, passed=False, pointer=f"/{name}", field=name)


def _json_rows(path: Path) -> list[Any]:
    try:
        value = strict_json(path.read_bytes())
    except json.JSONDecodeError as error:
        raise Failure("BODY_UNREADABLE") from error
    rows = value.get("rows") if isinstance(value, dict) else value
    unknown = sorted(value.keys() - {"rows"}) if isinstance(value, dict) else []
    checks = [_unknown_check(name) for name in unknown[:20]]
    if not isinstance(rows, list):
        raise Refused([*checks, _form_check("/rows", "rows", Said("an array", "应为数组"))])
    if checks:
        raise Refused(checks)
    return rows


# Reads a line that is plainly good at once; gives nothing where the careful way should read it.
Plain = Callable[[bytes], Any]


def all_rows(
    path: Path, media_type: str, adapter: TypeAdapter[Any], plain: Plain | None = None
) -> list[Judged]:
    """Read and judge every row at once."""
    return list(judged_rows(path, media_type, adapter, plain=plain))


def judged_rows(
    path: Path,
    media_type: str,
    adapter: TypeAdapter[Any],
    first: int = 0,
    plain: Plain | None = None,
) -> Iterator[Judged]:
    """Read rows one after the other; one that cannot be read or does not fit is a result.

    Those before `first` were judged already.
    """
    if media_type == NDJSON:
        for index, line in islice(enumerate(_lines(path)), first, None):
            value = None if plain is None or len(line) > MAX_LINE_BYTES else plain(line)
            yield (
                _judged(index, _read(line), adapter, textual=False)
                if value is None
                else Row(index, value)
            )
        return
    textual = media_type != JSON
    rows = _records(path) if textual else iter(_json_rows(path))
    for index, raw in islice(enumerate(rows), first, None):
        yield _judged(index, raw, adapter, textual=textual)


def _lines(path: Path) -> Iterator[bytes]:
    return (line for line in _bounded(path) if line.strip())


def _read(line: bytes) -> object:
    try:
        return strict_json(line if len(line) <= MAX_LINE_BYTES else b"")
    except (ValueError, RequestValidationError) as error:
        return error


def _records(path: Path) -> Iterator[Any]:
    reader = csv.reader(_text_lines(path), strict=True)
    header = next(reader, [])
    for record in reader:
        if not record:
            continue
        # A cell too many or too few shifts the others: no value of such a row can be trusted.
        # NUL is text that no database can store.
        broken = len(record) != len(header) or any("\x00" in cell for cell in record)
        yield ValueError("cells") if broken else _nested(dict(zip(header, record, strict=True)))


def _text_lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        while line := text.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                raise csv.Error("a line without an end")
            yield line


def _nested(record: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        if value == "":
            continue
        *path, last = name.split(".")
        place = row
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return row


def _judged(index: int, raw: object, adapter: TypeAdapter[Any], *, textual: bool) -> Judged:
    if isinstance(raw, Exception):
        broken = FORM.check("BODY_UNREADABLE", Kind.CONTENT, passed=False, pointer=f"/{index}")
        return RowResult(index, Outcome.FAILED, checks=(broken,))
    try:
        return Row(index, _validated(raw, adapter, textual=textual))
    except ValidationError as error:
        problems: list[Any] = [
            {**item, "loc": ("body", *item["loc"])}
            for item in error.errors(include_url=False, include_input=False)
        ]
        return RowResult(index, Outcome.FAILED, checks=tuple(checks_of(problems, raw)))


def _validated(raw: Any, adapter: TypeAdapter[Any], *, textual: bool) -> Any:  # noqa: ANN401 - JSON
    if not textual:
        return adapter.validate_python(raw)
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        # A CSV cell is text: where the schema wants a number, a truth or a list, it is read so.
        for item in error.errors(include_url=False):
            _reread(raw, item["loc"], item["type"])
        return adapter.validate_python(raw)


def _reread(raw: dict[str, Any], location: Sequence[Any], kind: str) -> None:
    place: Any = raw
    # A tagged union puts its tag into the location; only what is in the row is followed.
    for part in location[:-1]:
        if isinstance(place, dict) and part in place:
            place = place[part]
    last = location[-1] if location else None
    if not isinstance(place, dict) or not isinstance(place.get(last), str):
        return
    text = place[last]
    if kind == "int_type" and re.fullmatch(r"-?\d{1,18}", text):
        place[last] = int(text)
    elif kind == "bool_type" and text in {"true", "false"}:
        place[last] = text == "true"
    elif kind == "list_type":
        place[last] = [part.strip() for part in text.split(";") if part.strip()]
