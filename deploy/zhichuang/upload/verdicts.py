"""Rows that were refused, in a file that can be mended and sent again.

It has the columns of the file that was sent, after three of ours that an upload passes over, in
UTF-8 with a mark, so that spreadsheets show it as it is.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zhichuang.upload.columns import OURS
from zhichuang.upload.sheet import Record

Fault = tuple[Record, str, str]


def fault_of(record: Record, result: Mapping[str, Any]) -> Fault:
    """Say why the server refused a row, every check of it."""
    problem = result.get("problem") or {}
    checks = problem.get("errors") or [problem]
    said = "; ".join(f"{_place(check)}{_text(check)}" for check in checks)
    return record, str(problem.get("code") or result.get("status")), said


def _place(check: Mapping[str, Any]) -> str:
    return f"{check['pointer']} " if check.get("pointer") else ""


def _text(check: Mapping[str, Any]) -> str:
    return str(check.get("detail") or check.get("title") or check.get("code") or "")


class ErrorFile:
    """The file of refused rows; written up to a position that the journal knows."""

    def __init__(self, path: Path, header: Sequence[str], kept_bytes: int) -> None:
        """Cut the file back to what was certain when the upload was interrupted."""
        self._path = path
        # What was told of a row before it was mended says nothing of it now.
        self._own = [place for place, name in enumerate(header) if name.startswith(OURS)]
        self._header = self._without_ours(header)
        if path.exists():
            os.truncate(path, min(kept_bytes, path.stat().st_size))

    def add(self, faults: Iterable[Fault]) -> int:
        """Append rows; give the size of the file, after it is on the disk."""
        rows = [
            [str(record.line), code, said, *self._without_ours(record.cells)]
            for record, code, said in faults
        ]
        size = self._path.stat().st_size if self._path.exists() else 0
        if not rows:
            return size
        text = io.StringIO()
        writer = csv.writer(text)
        if size == 0:
            text.write("\ufeff")
            names = [f"{OURS}{name}" for name in ("line", "code", "problem")]
            writer.writerow([*names, *self._header])
        writer.writerows(rows)
        with self._path.open("ab") as file:
            file.write(text.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def _without_ours(self, cells: Sequence[str]) -> list[str]:
        return [cell for place, cell in enumerate(cells) if place not in self._own]
