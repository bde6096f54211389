"""A CSV file as spreadsheets save it: UTF-8 with or without a mark, or GB 18030."""

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

# GBK and GB 2312, which Chinese spreadsheets call "ANSI", are parts of it.
ENCODINGS: Final = ("utf-8-sig", "gb18030")
_OTHER_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BLOCK: Final = 1 << 20


class Unusable(Exception):  # noqa: N818 - reads as what it is
    """The file, or what was said about it, cannot be used; the text tells what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row: its place from 0, the line on which it begins, and its cells."""

    index: int
    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A readable file: how it is encoded, its hash and its header."""

    path: Path
    encoding: str
    sha256: str
    header: list[str]

    @classmethod
    def open(cls, path: Path, encoding: str | None = None) -> "Sheet":
        """Find out how a file is encoded; raise `Unusable` when no encoding fits all of it."""
        if not path.is_file():
            raise Unusable(f"There is no file {path}.")
        candidates = (encoding,) if encoding else ENCODINGS
        digest, found = _inspected(path, candidates)
        with path.open(encoding=found, newline="") as text:
            header = [name.strip() for name in _next(csv.reader(text, strict=True), path)]
        while header and not header[-1]:
            header.pop()
        if not header:
            raise Unusable(f"{path} has no header row.")
        return cls(path, found, digest, header)

    def records(self) -> Iterator[Record]:
        """Give the rows in order; those without any value are no rows."""
        with self.path.open(encoding=self.encoding, newline="") as text:
            yield from self._read(text)

    def _read(self, text: TextIO) -> Iterator[Record]:
        reader = csv.reader(text, strict=True)
        next(reader)
        index, line = 0, reader.line_num + 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Unusable(f"{self.path}, line {reader.line_num}: {error}.") from error
            if any(cell.strip() for cell in cells):
                yield Record(index, line, self._trimmed(cells))
                index += 1
            line = reader.line_num + 1

    def _trimmed(self, cells: list[str]) -> list[str]:
        """Take away the empty cells that spreadsheets put under columns without a name."""
        while len(cells) > len(self.header) and not cells[-1].strip():
            cells.pop()
        return cells


def _next(reader: Iterator[list[str]], path: Path) -> Sequence[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise Unusable(f"{path}, header: {error}.") from error


def _inspected(path: Path, candidates: Sequence[str]) -> tuple[str, str]:
    """Read a file once: its SHA-256, and the first encoding in which all of it can be read."""
    digest = hashlib.sha256()
    try:
        decoders = {name: codecs.getincrementaldecoder(name)() for name in candidates}
    except LookupError as error:
        raise Unusable(f"{error}.") from error
    failed: dict[str, str] = {}
    read = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if read == 0 and block.startswith(_OTHER_MARKS):
                raise Unusable(f"{path} is UTF-16; save it as “CSV UTF-8” and try again.")
            digest.update(block)
            _feed(decoders, failed, block, read, final=False)
            read += len(block)
    _feed(decoders, failed, b"", read, final=True)
    for name in candidates:
        if name not in failed:
            return digest.hexdigest(), name
    why = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
    raise Unusable(f"{path} is in no encoding that is known here ({why}).")


def _feed(
    decoders: dict[str, codecs.IncrementalDecoder],
    failed: dict[str, str],
    block: bytes,
    read: int,
    *,
    final: bool,
) -> None:
    for name, decoder in decoders.items():
        if name in failed:
            continue
        try:
            decoder.decode(block, final)
        except UnicodeDecodeError as error:
            failed[name] = f"{error.reason} near byte {read + error.start}"
