"""The project's own list of requirement rows, and what counts as evidence for one."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pytest

LIST: Final = Path(__file__).with_name("rows.csv")
MOST_ROWS_OF_A_TEST: Final = 3


class State(StrEnum):
    """How far a row is built: `done` is a claim that tests have to bear out."""

    DONE = "done"
    PARTIAL = "partial"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement: the clause it comes from, who owes it and how far it is."""

    id: str
    clause: str
    services: tuple[str, ...]
    priority: str
    state: State
    sentence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One test that stands for some rows; `refusing` when it shows a refusal."""

    test: str
    rows: tuple[str, ...]
    refusing: bool


def all_rows(path: Path = LIST) -> dict[str, Row]:
    """Read the list; a row named twice is an error, since one of the two would be lost."""
    rows: dict[str, Row] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["id"] in rows:
                message = f"{line['id']} stands twice in {path.name}"
                raise ValueError(message)
            rows[line["id"]] = Row(
                id=line["id"],
                clause=line["clause"],
                services=tuple(line["service"].split()),
                priority=line["priority"],
                state=State(line["state"]),
                sentence=line["sentence"],
            )
    return rows


def evidence_of(item: pytest.Item) -> Evidence:
    """Read a test's marks; the cases of one parametrized test are one test."""
    rows = [str(row) for mark in item.iter_markers("requirement") for row in mark.args]
    return Evidence(
        test=item.nodeid.split("[", 1)[0],
        rows=tuple(dict.fromkeys(rows)),
        refusing=item.get_closest_marker("refusing") is not None,
    )


def faults(evidence: Evidence, rows: Mapping[str, Row]) -> list[str]:
    """Tell what is wrong with the marks of a test."""
    wrong = [f"{evidence.test}: no row {row}" for row in evidence.rows if row not in rows]
    if len(evidence.rows) > MOST_ROWS_OF_A_TEST:
        wrong.append(f"{evidence.test}: {len(evidence.rows)} rows; name the three it is about")
    return wrong


def evidence_by_row(collected: Iterable[Evidence]) -> dict[str, set[Evidence]]:
    """Turn tests with rows into rows with tests."""
    by_row: dict[str, set[Evidence]] = {}
    for evidence in collected:
        for row in evidence.rows:
            by_row.setdefault(row, set()).add(evidence)
    return by_row


def missing_evidence(row: Row, evidence: Iterable[Evidence]) -> list[str]:
    """Tell which kind of test a `done` row lacks; any other state lacks nothing."""
    if row.state is not State.DONE:
        return []
    kinds = {one.refusing for one in evidence}
    lacking = ((False, "accepting"), (True, "refusing"))
    return [word for refusing, word in lacking if refusing not in kinds]
