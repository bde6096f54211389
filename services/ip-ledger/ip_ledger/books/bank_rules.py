"""A bank's file beside the books: read strictly, matched one to one, differences shown."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from xml.etree import ElementTree as ET

from ip_ledger.journal.rules import JOURNAL, MOST_FEN
from shared.codes.currencies import MINOR_DIGITS, minor_units
from shared.rules import Check, Kind

# A transfer reaches the bank some days after it is booked, over the longest holiday.
NEAR_DAYS: Final = 10
MOST_LINES: Final = 2_000
# ISO 20022 writes amounts with five places at most; these balances are added up, others only told.
MOST_PLACES: Final = 5
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2999
CHECKED: Final = frozenset({"OPBD", "CLBD"})
STATUSES: Final = frozenset({"BOOK", "PDNG", "INFO", "FUTR"})
CSV_HEADER: Final = ("booked_on", "amount", "currency", "reference")


class Format(StrEnum):
    """The form of a bank's file."""

    CSV = "csv"
    CAMT053 = "camt053"


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of the bank's: what came in is positive."""

    booked_on: date
    amount_fen: int
    reference: str


@dataclass(frozen=True, slots=True)
class File:
    """What a bank's file says."""

    lines: tuple[FileLine, ...]
    opening_fen: int | None = None
    closing_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting on the bank's account in the books: what came in is positive."""

    entry_id: UUID
    line: int
    effective_on: date
    amount_fen: int
    reference: str


@dataclass(frozen=True, slots=True)
class Match:
    """A line of the bank and the posting that it is, and how far their days are apart."""

    place: int
    booked: Booked
    days_apart: int
    by_reference: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Which lines are which postings, and what stands on one side only."""

    matches: tuple[Match, ...]
    only_at_bank: tuple[int, ...]
    only_in_books: tuple[Booked, ...]


class FileUnreadableError(ValueError):
    """The file is not of the form that it is said to be; `where` names the place."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def format_check(where: str | None) -> Check:
    """Tell that a file cannot be read, and where."""
    told: dict[str, Any] = {} if where is None else {"where": where}
    return JOURNAL.check(
        "FILE_FORMAT", Kind.CONTENT, passed=where is None, pointer="/content", **told
    )


def read(content: str, form: Format, currency: str) -> File:
    """Read a bank's file. Raises `FileUnreadableError`."""
    file = _read_csv(content, currency) if form is Format.CSV else _read_camt(content, currency)
    if not file.lines:
        raise FileUnreadableError("no line")
    if len(file.lines) > MOST_LINES:
        raise FileUnreadableError(f"more than {MOST_LINES} lines")
    moved = sum(line.amount_fen for line in file.lines)
    if (
        file.opening_fen is not None
        and file.closing_fen is not None
        and file.opening_fen + moved != file.closing_fen
    ):
        raise FileUnreadableError("opening balance and lines do not make the closing balance")
    return file


def _read_csv(content: str, currency: str) -> File:
    try:
        rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise FileUnreadableError("not CSV") from error
    if not rows or tuple(rows[0]) != CSV_HEADER:
        raise FileUnreadableError("line 1: " + ",".join(CSV_HEADER))
    lines = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(CSV_HEADER):
            raise FileUnreadableError(f"line {number}")
        day, amount, unit, reference = row
        if unit != currency:
            raise FileUnreadableError(f"line {number}: currency")
        lines.append(FileLine(_day(day), _fen(amount, currency, signed=True), reference.strip()))
    return File(tuple(lines))


def _read_camt(content: str, currency: str) -> File:
    # No entity can be declared without one of these, so that none is ever expanded.
    if "<!DOCTYPE" in content or "<!ENTITY" in content:
        raise FileUnreadableError("DOCTYPE")
    try:
        root = ET.fromstring(content)  # noqa: S314 - nothing can declare an entity, see above
    except (ET.ParseError, ValueError) as error:
        raise FileUnreadableError("not XML") from error
    space, _, name = root.tag.partition("}")
    if name != "Document" or ":camt.053.001." not in space:
        raise FileUnreadableError("not camt.053")
    space = f"{space}}}"
    statements = root.findall(f"{space}BkToCstmrStmt/{space}Stmt")
    if len(statements) != 1:
        raise FileUnreadableError("Stmt: exactly one")
    statement = statements[0]
    balances: dict[str, int] = {}
    for one in statement.findall(f"{space}Bal"):
        kind = one.findtext(f"{space}Tp/{space}CdOrPrtry/{space}Cd") or ""
        if (
            kind in CHECKED
            and balances.setdefault(kind, told := _signed(one, space, currency)) != told
        ):
            # Of two that differ nobody knows which one the lines have to make.
            raise FileUnreadableError("Bal")
    lines = [
        FileLine(
            _booked_on(entry, space),
            _signed(entry, space, currency),
            _reference(entry, space),
        )
        for entry in statement.findall(f"{space}Ntry")
        if _status(entry, space) == "BOOK"
    ]
    return File(tuple(lines), balances.get("OPBD"), balances.get("CLBD"))


def _status(entry: ET.Element, space: str) -> str:
    """Give an entry's status: a code of its own since version 8 of the message, text before.

    One that says none, or an unknown one, is not left out in silence.
    """
    nested = entry.findtext(f"{space}Sts/{space}Cd")
    status = (nested or entry.findtext(f"{space}Sts") or "").strip()
    if status not in STATUSES:
        raise FileUnreadableError("Sts")
    return status


def _booked_on(entry: ET.Element, space: str) -> date:
    """Give the day of an entry, which a bank may tell with its hour: then the day of its own."""
    hour = entry.findtext(f"{space}BookgDt/{space}DtTm")
    if hour is None:
        return _day(_text(entry, f"{space}BookgDt/{space}Dt"))
    day, _, _ = hour.strip().partition("T")
    return _day(day)


def _reference(entry: ET.Element, space: str) -> str:
    details = f"{space}NtryDtls/{space}TxDtls"
    for path in (
        f"{details}/{space}Refs/{space}EndToEndId",
        f"{details}/{space}RmtInf/{space}Ustrd",
        f"{space}AddtlNtryInf",
        f"{space}AcctSvcrRef",
    ):
        found = (entry.findtext(path) or "").strip()
        if found and found != "NOTPROVIDED":
            return found
    return ""


def _text(element: ET.Element, path: str) -> str:
    found = element.findtext(path)
    if not found:
        raise FileUnreadableError(path.rpartition("}")[2])
    return found.strip()


def _signed(element: ET.Element, space: str, currency: str) -> int:
    amount = element.find(f"{space}Amt")
    if amount is None or amount.get("Ccy") != currency:
        raise FileUnreadableError("Amt")
    fen = _fen((amount.text or "").strip(), currency, signed=False)
    side = _text(element, f"{space}CdtDbtInd")
    if side not in {"CRDT", "DBIT"}:
        raise FileUnreadableError("CdtDbtInd")
    return fen if side == "CRDT" else -fen


def _day(text: str) -> date:
    plain = text.strip()
    # Weeks and days without hyphens are of ISO 8601 too, and of neither form here.
    if len(plain) != len("2028-03-05") or "W" in plain:
        raise FileUnreadableError("a day")
    try:
        day = date.fromisoformat(plain)
    except ValueError as error:
        raise FileUnreadableError("a day") from error
    # Of other centuries are slips, and the ends of the calendar have no days beside them.
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise FileUnreadableError("a day")
    return day


def _fen(text: str, currency: str, *, signed: bool) -> int:
    digits = text.strip()
    plain = digits.removeprefix("-") if signed else digits
    whole, _, part = plain.partition(".")
    # A bank may write five places, of which those beyond the currency's are zero.
    part = part.rstrip("0") if len(part) <= MOST_PLACES else part
    if not (whole.isascii() and whole.isdigit() and len(part) <= MINOR_DIGITS[currency]) or (
        part and not (part.isascii() and part.isdigit())
    ):
        raise FileUnreadableError("an amount")
    try:
        fen = int(Decimal(digits) * minor_units(currency))
    except InvalidOperation as error:
        raise FileUnreadableError("an amount") from error
    if abs(fen) > MOST_FEN or (signed and not fen):
        raise FileUnreadableError("an amount")
    return fen


def reconcile(lines: Sequence[FileLine], postings: Iterable[Booked]) -> Reconciliation:
    """Match the bank's lines with postings of the same amount, one to one.

    First those whose reference stands in the other's, then those nearest in days; of equals the
    earlier. The same input gives the same answer, in whatever order the postings come.
    """
    free: dict[tuple[int, date], list[Booked]] = {}
    for one in sorted(postings, key=_in_order):
        free.setdefault((one.amount_fen, one.effective_on), []).append(one)
    matches: dict[int, Match] = {}
    for by_reference in (True, False):
        for days in range(NEAR_DAYS + 1):
            for place, line in enumerate(lines):
                if place in matches:
                    continue
                if (booked := _taken(free, line, days, by_reference=by_reference)) is not None:
                    matches[place] = Match(place, booked, days, by_reference)
    alone = tuple(place for place in range(len(lines)) if place not in matches)
    left = sorted((one for each in free.values() for one in each), key=_in_order)
    return Reconciliation(tuple(matches[p] for p in sorted(matches)), alone, tuple(left))


def _in_order(one: Booked) -> tuple[date, UUID, int]:
    return one.effective_on, one.entry_id, one.line


def _taken(
    free: Mapping[tuple[int, date], list[Booked]], line: FileLine, days: int, *, by_reference: bool
) -> Booked | None:
    """Take the first free posting that a line may be, so many days before it or after it.

    Whatever has one amount stands by its day: among thousands of equals nobody looks at each pair.
    """
    if by_reference and not line.reference:
        return None
    apart = timedelta(days=days)
    for day in (line.booked_on - apart, line.booked_on + apart):
        there = free.get((line.amount_fen, day), [])
        for nth, one in enumerate(there):
            if not by_reference or _same_reference(line.reference, one.reference):
                return there.pop(nth)
    return None


def _same_reference(one: str, other: str) -> bool:
    return bool(one) and bool(other) and (one in other or other in one)
