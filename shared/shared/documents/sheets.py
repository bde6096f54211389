"""Rows for other people's programs: spreadsheets and CSV in which no cell is ever a formula.

A text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or a
line feed) is written as text in a workbook, and behind an apostrophe in CSV, where a cell has no
type. Numbers stay numbers.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import xlsxwriter

Cell = str | int | Decimal | bool | date | datetime | None

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# What a spreadsheet holds exactly; a longer number is kept as text.
EXACT_DIGITS: Final = 15
TITLE_LENGTH: Final = 31
WIDEST: Final = 60
WRITTEN_AT: Final = datetime(2016, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its title, the names of its columns, and its rows."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Write a workbook (xlsx), with a frozen and filterable head on each sheet.

    Rows are written as they come; the whole file is held in memory, so that large lists belong
    into CSV.
    """
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    # Loaded with the first workbook: few processes ever write one.
    import xlsxwriter

    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": WRITTEN_AT.replace(tzinfo=None), "author": "制创"})
        styles = _styles(book)
        for sheet in sheets:
            _write(book, sheet, styles)
    return buffer.getvalue()


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Give CSV line by line: UTF-8 with a byte order mark, a header row, CRLF (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield b"\xef\xbb\xbf"
    writer.writerow([plain(name) for name in columns])
    for row in rows:
        writer.writerow([plain(cell) for cell in row])
        yield _taken(buffer)
    yield _taken(buffer)


def plain(cell: Cell) -> str:
    """Write a cell as text that no spreadsheet computes."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return str(cell)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


@dataclass(frozen=True, slots=True)
class _Styles:
    head: object
    day: object


def _styles(book: "xlsxwriter.Workbook") -> _Styles:
    return _Styles(
        head=book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        day=book.add_format({"num_format": "yyyy-mm-dd"}),
    )


def _write(book: "xlsxwriter.Workbook", sheet: Sheet, styles: _Styles) -> None:
    page = book.add_worksheet(_title(sheet.title))
    widths = [_width(name) for name in sheet.columns]
    for column, name in enumerate(sheet.columns):
        page.write_string(0, column, name, styles.head)
    last = 0
    for last, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            _cell(page, last, column, cell, styles)
            widths[column] = max(widths[column], _width(plain(cell)))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width + 2, WIDEST))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, last, max(len(sheet.columns) - 1, 0))


def _cell(
    page: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell, styles: _Styles
) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        page.write_boolean(row, column, cell)
    elif isinstance(cell, int | Decimal) and _exact(cell):
        page.write_number(row, column, cell)
    elif isinstance(cell, date) and not isinstance(cell, datetime):
        page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), styles.day)  # noqa: DTZ001 - a day, without an instant
    else:
        page.write_string(row, column, cell if isinstance(cell, str) else str(cell))


def _exact(number: int | Decimal) -> bool:
    digits = len(Decimal(number).normalize().as_tuple().digits)
    return digits <= EXACT_DIGITS


def _title(title: str) -> str:
    kept = "".join("·" if sign in "[]:*?/\\" else sign for sign in title).strip("'")
    return kept[:TITLE_LENGTH] or "1"


def _width(text: str) -> int:
    # A Chinese character is as wide as two Latin ones.
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text.split("\n", 1)[0])
