"""Print the rows of the requirement list with their tests: `python -m tests.requirements`.

Fails where a row claims to be done and no test accepts, or none refuses, on its behalf.
"""

import contextlib
import io
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.requirements.rows import (
    Evidence,
    Row,
    all_rows,
    evidence_by_row,
    evidence_of,
    missing_evidence,
)


class Collector:
    """Keeps the marks of every test that pytest collects; nothing is run."""

    def __init__(self) -> None:
        self.evidence: list[Evidence] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks once collecting has ended."""
        self.evidence = [evidence_of(item) for item in session.items]


def line_of(row: Row, evidence: Iterable[Evidence], lacking: list[str]) -> str:
    """Show a row with its counts, and with what it lacks."""
    kinds = Counter(one.refusing for one in evidence)
    complaint = f"  LACKS {' and '.join(lacking)}" if lacking else ""
    counts = f"{kinds[False]:>3} accepting {kinds[True]:>3} refusing"
    return f"{row.id} {row.priority} {row.state:<7} {counts}  {row.sentence}{complaint}"


class CollectingError(Exception):
    """The tests cannot be collected; the message is what pytest printed."""


def collected_evidence(arguments: Iterable[str] = ()) -> list[Evidence]:
    """Collect the tests and read their marks; raise `CollectingError`."""
    collector = Collector()
    noise = io.StringIO()
    with contextlib.redirect_stdout(noise):
        code = pytest.main(["--collect-only", *arguments], plugins=[collector])
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise CollectingError(noise.getvalue())
    return collector.evidence


def main(arguments: list[str]) -> int:
    """Collect, print, and answer 1 when a claim has no evidence."""
    try:
        by_row = evidence_by_row(collected_evidence(arguments))
    except CollectingError as error:
        sys.stdout.write(str(error))
        return 2
    rows = all_rows()
    lacking = {row.id: missing_evidence(row, by_row.get(row.id, ())) for row in rows.values()}
    for row in rows.values():
        sys.stdout.write(line_of(row, by_row.get(row.id, ()), lacking[row.id]) + "\n")
    states = Counter(row.state.value for row in rows.values())
    unmet = sum(1 for words in lacking.values() if words)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    sys.stdout.write(f"{len(rows)} rows: {summary}; {unmet} done without evidence\n")
    return 1 if unmet else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
