"""What became of each change, kept statement by statement, and the page that tells it.

A verdict holds as long as the statement around its change stays as it is, whatever else moves in
the module. A survivor that changes nothing anybody could see is explained in `survivors.csv`: by
the function around it, the line's text and the change, so that lines may move, and an explanation
of what is no longer there is a mistake.
"""

import ast
import csv
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tests.prove.changes import Change, Source

ROOT: Final = Path(__file__).resolve().parents[2]
REPORT: Final = ROOT / "docs" / "mutants.md"
STATE: Final = ROOT / "docs" / "mutants.json"
REASONS: Final = Path(__file__).with_name("survivors.csv")
# What became of a change, as it is written down: a letter for each, in the order of a statement.
KILLED: Final = "k"
SURVIVED: Final = "s"
# The tests that need no server did not notice it; the others were not asked yet.
OPEN: Final = "o"
UNTRIED: Final = "."
# Changed as well, because money and days rest on it, but nobody's mark counts it.
BESIDE: Final = ("shared/shared/calendar.py", "shared/shared/codes/", "shared/shared/terms.py")
FIRST: Final = ("shared/shared/", "evaluation/results/", "evaluation/schemes/",
                "evaluation/sheets/", "ip-ledger/", "evaluation/", "registry/")  # fmt: skip


class Reason(NamedTuple):
    """Where an explained change stands; `line` is the text of its line."""

    path: str
    within: str
    line: str
    change: str


class Kept:
    """What became of each change so far; of another text of a statement that says nothing."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        """Read it."""
        self._sources = sources
        self._names = {path: _statements(source) for path, source in sources.items()}
        self._reasons = reasons()
        self._letters = self._read()

    def _read(self) -> dict[str, list[str]]:
        known = json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {}
        found: dict[str, list[str]] = {}
        for path, source in self._sources.items():
            kept = {name: iter(letters) for name, letters in known.get(path, {}).items()}
            names = self._names[path]
            found[path] = [
                next(kept.get(names[change.statement], iter(())), UNTRIED)
                for change in source.changes
            ]
        return found

    def wanted(self, part: str, letters: str) -> dict[str, list[int]]:
        """Number the changes of which one of some things became, of paths with some part.

        What is explained is not asked about again.
        """
        return {
            path: numbers
            for path, told in sorted(self._letters.items(), key=lambda one: (-_weight(one[0]), one))
            if any(one in path for one in part.split(","))
            if (
                numbers := [
                    index
                    for index, letter in enumerate(told)
                    if letter in letters
                    and (letter == UNTRIED or not self._why(path, self._sources[path], index))
                ]
            )
        }

    def tell(self, path: str, number: int, letter: str) -> None:
        """Keep a verdict."""
        self._letters[path][number] = letter

    def write(self) -> None:
        """Write all of them down, and the page; what another call told meanwhile stays."""
        for path, letters in self._read().items():
            mine = self._letters[path]
            self._letters[path] = [
                own if own != UNTRIED else other for own, other in zip(mine, letters, strict=True)
            ]
        state: dict[str, dict[str, str]] = {}
        for path, letters in sorted(self._letters.items()):
            names, told = self._names[path], state.setdefault(path, {})
            for change, letter in zip(self._sources[path].changes, letters, strict=True):
                name = names[change.statement]
                told[name] = told.get(name, "") + letter
        STATE.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
        REPORT.write_text(self._report(), encoding="utf-8")

    def _why(self, path: str, source: Source, number: int) -> str | None:
        return self._reasons.get(reason_of(path, source, source.changes[number]))

    def _counted(self, path: str) -> "Count":
        source, letters = self._sources[path], self._letters[path]
        explained = sum(
            letter in {SURVIVED, OPEN} and self._why(path, source, number) is not None
            for number, letter in enumerate(letters)
        )
        told = Counter(letters)
        return Count(len(letters), len(letters) - told[UNTRIED], told[KILLED], explained)

    def _report(self) -> str:
        asked = [path for path in sorted(self._letters) if not path.startswith(BESIDE)]
        beside = [path for path in sorted(self._letters) if path.startswith(BESIDE)]
        total = added(self._counted(path) for path in asked)
        head = HEAD.format(
            total=total, share=total.share, today=dt.datetime.now(dt.UTC).date().isoformat()
        )
        parts = [
            head, TABLE, *self._rows(asked), "", ALSO, TABLE, *self._rows(beside), "",
            LEFT, *self._survivors(explained=False), "", EXPLAINED,
            *self._survivors(explained=True), "",
        ]  # fmt: skip
        return "\n".join(parts)

    def _rows(self, paths: Sequence[str]) -> Iterator[str]:
        for path in paths:
            if (count := self._counted(path)).made:
                yield count.row(f"`{path}`")
        yield added(self._counted(path) for path in paths).row("together")

    def _survivors(self, *, explained: bool) -> Iterator[str]:
        """Give a line for each change that passed, and is explained or not."""
        for path, letters in sorted(self._letters.items()):
            source = self._sources[path]
            for number, letter in enumerate(letters):
                why = self._why(path, source, number)
                if letter in {SURVIVED, OPEN} and (why is not None) is explained:
                    change = source.changes[number]
                    place = f"`{path}`, line {change.line}, `{change.within}`"
                    more = f": {why}" if why else "" if letter == SURVIVED else " (no server)"
                    yield f"- {place}: `{change.text}`{more}"


@dataclass(frozen=True, slots=True)
class Count:
    """How many changes there are, were tried, were noticed, and are explained."""

    made: int
    tried: int
    killed: int
    explained: int

    @property
    def left(self) -> int:
        """Count those that nobody noticed and nobody explains."""
        return self.tried - self.killed - self.explained

    @property
    def share(self) -> float:
        """Give the percentage noticed of those tried, the explained ones left out."""
        return 100 * self.killed / max(self.tried - self.explained, 1)

    def row(self, name: str) -> str:
        """Write a row of the table."""
        share = f"{self.share:.1f} %" if self.tried else "—"
        figures = (self.made, self.tried, self.killed, self.explained, self.left)
        return f"| {name} | {' | '.join(f'{one:,}' for one in figures)} | {share} |"


def added(counts: Iterator[Count]) -> Count:
    """Add counts up."""
    found = list(counts)
    return Count(
        sum(one.made for one in found),
        sum(one.tried for one in found),
        sum(one.killed for one in found),
        sum(one.explained for one in found),
    )


def reasons() -> dict[Reason, str]:
    """Read why changes that survive change nothing."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        return {
            Reason(row["path"], row["within"], row["line"], row["change"]): row["why"]
            for row in csv.DictReader(file)
        }


def reason_of(path: str, source: Source, change: Change) -> Reason:
    """Give what an explanation of a change has to name."""
    return Reason(path, change.within, source.line_of(change), change.text)


def _statements(source: Source) -> list[str]:
    """Name the statements of a module by what they say; comments and places do not count."""
    found: Counter[str] = Counter()
    names = []
    for statement in source.tree.body:
        name = hashlib.sha256(ast.dump(statement).encode()).hexdigest()[:16]
        found[name] += 1
        names.append(f"{name}-{found[name]}" if found[name] > 1 else name)
    return names


def _weight(path: str) -> int:
    """Tell what comes first: money and its proofs, then scores, then the rest."""
    if path.startswith(BESIDE):
        return 0
    return max((len(FIRST) - at for at, part in enumerate(FIRST) if part in path), default=0)


HEAD: Final = """# Mutants

Written by `make mutants`: one thing in a rule is changed, and some test must notice. Of
{total.made:,} changes of every `rules.py`, of money, shares and the verifier {total.tried:,} were
tried by {today}, and {total.killed:,} of them noticed. {total.explained:,} change nothing that
anybody could see: each is explained below, and counted apart. Of the others {share:.1f} % were
noticed, and {total.left:,} are left. Those marked "no server" were asked of the tests that need
none. Annotations, decorators, `strict` of lists and texts are not changed
(`tests/prove/changes.py`); modules without anything to change are left out.
"""
TABLE: Final = """| module | changes | tried | noticed | explained | left | noticed of the others |
| --- | --- | --- | --- | --- | --- | --- |"""
ALSO: Final = """## Beside it

Changed as well, because days and codes decide about money, and not counted above.
"""
LEFT: Final = """## What nobody noticed
"""
EXPLAINED: Final = """## What changes nothing
"""
