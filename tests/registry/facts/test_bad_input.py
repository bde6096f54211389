"""Batches that are broken, foreign or hostile: a clear verdict, and nothing half-stored."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from registry.facts import schemas
from shared.database import new_id
from shared.http.batch_rows import MAX_COLUMNS, Row, all_rows, count_rows
from shared.http.problem import Failure
from shared.rules import Refused

NAMES = ["center_id", "kind", "occurred_on", "external_id", "payload.person_times", "payload.topic"]
CELLS = [str(new_id()), "training", "2027-03-01", "T-1", "12", "键合工艺"]
CSV, NDJSON = "text/csv", "application/x-ndjson"


def sheet(*records: list[str], names: list[str] | None = None, end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(NAMES if names is None else names)
    writer.writerows(records)
    return text.getvalue()


def read(folder: Path, content: bytes, media_type: str = CSV) -> list[Any]:
    """Give a batch's rows as they fit the schema, and the codes of those that do not."""
    path = folder / "rows"
    path.write_bytes(content)
    count_rows(path, media_type)
    judged = all_rows(path, media_type, schemas.ROWS)
    return [
        row.value.payload.topic if isinstance(row, Row) else [check.code for check in row.checks]
        for row in judged
    ]


def line(**over: Any) -> bytes:
    row = {
        "center_id": CELLS[0],
        "kind": "training",
        "occurred_on": "2027-03-01",
        "external_id": "T-1",
        "payload": {"person_times": 12, "topic": "键合工艺"},
    }
    return json.dumps({**row, **over}).encode()


@pytest.mark.parametrize(
    "content",
    [
        sheet(CELLS).encode(),
        sheet(CELLS).encode("utf-8-sig"),
        sheet(CELLS, end="\r\n").encode(),
        sheet(CELLS, end="\r\n").encode("utf-8-sig"),
    ],
    ids=["plain", "BOM", "CRLF", "BOM and CRLF"],
)
def test_a_mark_of_order_and_windows_lines_are_read(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == ["键合工艺"]


@pytest.mark.refusing
@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-32"])
def test_another_encoding_is_refused_as_a_whole(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Failure, match="BODY_UNREADABLE"):
        read(tmp_path, sheet(CELLS).encode(encoding))


@pytest.mark.refusing
@pytest.mark.parametrize(
    "names",
    [
        [*NAMES[:5], "payload.person_times"],
        [*NAMES[:5], "payload"],
        [*NAMES[:5], ""],
        [*NAMES, *(f"x{number}" for number in range(10_000))],
    ],
    ids=["doubled", "a path through a value", "without a name", "ten thousand"],
)
def test_a_header_that_means_no_one_row_is_refused(tmp_path: Path, names: list[str]) -> None:
    assert len(names) < MAX_COLUMNS or len(names) > 10_000
    with pytest.raises(Refused, match="FIELD_INVALID"):
        read(tmp_path, sheet(names=names).encode())


@pytest.mark.refusing
def test_a_missing_column_and_a_cell_too_many_fail_their_rows(tmp_path: Path) -> None:
    without = [NAMES[place] for place in (0, 1, 2, 4, 5)]
    cells = [CELLS[place] for place in (0, 1, 2, 4, 5)]
    assert read(tmp_path, sheet(cells, names=without).encode()) == [["FIELD_MISSING"]]
    told = read(tmp_path, sheet(CELLS, [*CELLS, "x"], CELLS[:5], CELLS).encode())
    assert told == ["键合工艺", ["BODY_UNREADABLE"], ["BODY_UNREADABLE"], "键合工艺"]


def test_a_formula_is_kept_as_the_text_that_it_is(tmp_path: Path) -> None:
    # What leaves as a sheet is made harmless there; what came in is evidence and stays as it was.
    formula = '=HYPERLINK("http://example.com")'
    assert read(tmp_path, sheet([*CELLS[:5], formula]).encode()) == [formula]


@pytest.mark.refusing
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2027-02-29", "2027-3-1", "1 Mar"])
@pytest.mark.parametrize("media_type", [CSV, NDJSON])
def test_a_day_that_is_none_fails_its_row(tmp_path: Path, day: str, media_type: str) -> None:
    cells = [*CELLS[:2], day, *CELLS[3:]]
    content = line(occurred_on=day) if media_type == NDJSON else sheet(cells).encode()
    assert read(tmp_path, content, media_type) == [["FIELD_INVALID"]]


@pytest.mark.refusing
@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f", "\x07", "\x1b", "\u2028"])
def test_a_name_with_a_mark_that_turns_writing_fails_its_row(tmp_path: Path, mark: str) -> None:
    topic = f"键合{mark}工艺"
    assert read(tmp_path, line(payload={"person_times": 12, "topic": topic}), NDJSON) == [
        ["FIELD_INVALID"]
    ]
    cells = [*CELLS[:5], topic]
    assert read(tmp_path, sheet(cells).encode()) == [["FIELD_INVALID"]]


@pytest.mark.refusing
def test_nul_fails_its_row_and_no_other(tmp_path: Path) -> None:
    broken = line(payload={"person_times": 12, "topic": "键合\x00工艺"})
    content = b"\n".join([line(), broken, line()])
    assert read(tmp_path, content, NDJSON) == ["键合工艺", ["BODY_UNREADABLE"], "键合工艺"]
    told = read(tmp_path, sheet([*CELLS[:5], "键合\x00工艺"], CELLS).encode())
    assert told == [["BODY_UNREADABLE"], "键合工艺"]
