"""Sending a file: chunk after chunk, each answered before the next, every refused row told.

A chunk that was sent and not answered is sent again with the same key and the same bytes: the
server gives the answer that it kept, so that no row is taken twice.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from zhichuang.upload import columns, journal
from zhichuang.upload.line import Broken, Credential, Line
from zhichuang.upload.sheet import Record, Sheet, Unusable
from zhichuang.upload.verdicts import ErrorFile, Fault, fault_of

MOST_ROWS: Final = 10_000
# What is judged without being kept is one transaction, and has the server's lower bound.
MOST_CHECKED_ROWS: Final = 1_000
MOST_BYTES: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent, where to, and how."""

    file: Path
    batch: str
    address: str
    who: Credential
    mapped: Mapping[str, str]
    constants: Mapping[str, str]
    ignored: Sequence[str]
    encoding: str | None
    errors: Path
    chunk_rows: int
    patience: float
    only_check: bool

    @property
    def journal(self) -> Path:
        """Where the position is kept: beside the file."""
        kind = "check" if self.only_check else "upload"
        return self.file.with_name(f"{self.file.name}.{kind}.json")


def main(order: Order, console: Console) -> int:
    """Send a file, or what is left of it; 0 when every row was taken."""
    try:
        with closing(
            Line(order.address, order.who, patience=order.patience, say=console.log)
        ) as line:
            return _Sending(order, line, console).run()
    except Unusable as refused:
        console.print(f"✗ {refused}", markup=False, style="red")
    except Broken as broken:
        console.print(f"✗ {broken}", markup=False, style="red")
        console.print("The position is kept; the same command goes on from there.")
    except KeyboardInterrupt:
        console.print("Interrupted. The position is kept; the same command goes on from there.")
    return 1


class _Sending:
    def __init__(self, order: Order, line: Line, console: Console) -> None:
        self._order = order
        self._line = line
        self._console = console
        self._sheet = Sheet.open(order.file, order.encoding)
        document = line.document()
        known = columns.batches(document)
        if order.batch not in known:
            raise Unusable(f"{order.batch!r} cannot be uploaded. There are: {', '.join(known)}.")
        self._path = known[order.batch] + ("?dry_run=true" if order.only_check else "")
        self._plan = columns.plan(
            self._sheet.header,
            columns.fields_of(document, known[order.batch]),
            mapped=order.mapped,
            constants=order.constants,
            ignored=order.ignored,
        )
        self._journal = self._opened()
        self._errors = ErrorFile(order.errors, self._sheet.header, self._journal.error_bytes)

    def _opened(self) -> journal.Journal:
        order = self._order
        if order.errors.exists() and not order.journal.exists():
            raise Unusable(
                f"{order.errors} is there already, from an earlier upload. Mend it and send it, "
                "or move it away; --errors names another file."
            )
        bound = MOST_CHECKED_ROWS if order.only_check else MOST_ROWS
        named = [self._path, order.address, order.who.client_id, self._sheet.encoding]
        told = json.dumps([*named, self._plan.names, self._plan.constants, list(order.ignored)])
        digest = hashlib.sha256(told.encode()).hexdigest()
        rows = min(order.chunk_rows, bound)
        return journal.opened(order.journal, self._sheet.sha256, digest, rows)

    def run(self) -> int:
        total = sum(1 for _ in self._sheet.records())
        # Before the first request: without the key on the disk its answer could not be found again.
        self._journal.keep(self._order.journal)
        if self._journal.rows_done:
            self._console.print(f"Going on after row {self._journal.rows_done:,} of {total:,}.")
        with _progress(self._console) as progress:
            task = progress.add_task(
                self._order.file.name, total=total, completed=self._journal.rows_done
            )
            for chunk in self._chunks():
                self._send(chunk)
                progress.update(task, completed=self._journal.rows_done)
        self._order.journal.unlink()
        self._tell()
        return 1 if self._journal.failed else 0

    def _chunks(self) -> Iterator[list[Record]]:
        """Cut what is left into chunks; the same position begins the same chunk, always."""
        chunk: list[Record] = []
        size = 0
        for record in islice(self._sheet.records(), self._journal.rows_done, None):
            chunk.append(record)
            size += sum(map(len, record.cells)) + len(record.cells)
            if len(chunk) == self._journal.chunk_rows or size >= MOST_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _send(self, chunk: Sequence[Record]) -> None:
        width = len(self._sheet.header)
        whole = [record for record in chunk if len(record.cells) == width]
        faults: list[Fault] = [
            (record, "CELLS", f"{len(record.cells)} cells under a header of {width}")
            for record in chunk
            if len(record.cells) != width
        ]
        kept = self._journal
        if whole:
            answer = self._line.post_rows(self._path, self._encoded(whole), kept.key())
            faults += _faults(whole, answer)
            kept.created += int(answer["created"])
            kept.duplicates += int(answer["duplicates"])
        kept.error_bytes = self._errors.add(sorted(faults, key=lambda fault: fault[0].index))
        kept.failed += len(faults)
        kept.rows_done += len(chunk)
        kept.keep(self._order.journal)

    def _encoded(self, records: Sequence[Record]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self._plan.names)
        writer.writerows(self._plan.row(record) for record in records)
        return text.getvalue().encode()

    def _tell(self) -> None:
        kept = self._journal
        table = Table(show_header=False, box=None)
        table.add_row(
            "taken" if not self._order.only_check else "would be taken", f"{kept.created:,}"
        )
        table.add_row("there already", f"{kept.duplicates:,}")
        table.add_row("refused", f"{kept.failed:,}")
        self._console.print(table)
        for note, times in sorted(self._plan.notes.items()):
            self._console.print(f"Note: {note} ({times:,} cells).", markup=False)
        if kept.failed:
            self._console.print(
                f"Refused rows are in {self._order.errors}: mend them and upload that file.",
                markup=False,
            )


def _faults(sent: Sequence[Record], answer: Mapping[str, Any]) -> list[Fault]:
    """Give the refused rows; a row without a verdict would be lost without anyone knowing."""
    results = {result["index"]: result for result in answer["results"]}
    missing = [place for place in range(len(sent)) if place not in results]
    if missing:
        raise Unusable(f"The server gave no verdict on {len(missing)} rows; nothing is lost yet.")
    return [
        fault_of(record, results[place])
        for place, record in enumerate(sent)
        if results[place]["outcome"] == "failed"
    ]


def _progress(console: Console) -> Progress:
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    return Progress(*parts, MofNCompleteColumn(), TimeRemainingColumn(), console=console)
