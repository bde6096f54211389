"""A filter that is compiled once and remembers what it said: same values read, same verdict.

Handing a whole fact to the expression's library costs more than evaluating it. So a fact is cut
down to what the expression's text names, and a verdict is kept by these values. An expression that
is nothing but `a && b && c` is judged clause by clause: few values meet in a clause, many in all.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby, repeat
from typing import Any, Final

from evaluation.schemes.column_rules import Fact, Path, Records

# Every dotted path from `fact` in the text. A last name that is called is a function.
NAMED: Final = re.compile(r"\bfact((?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)\s*(\(?)")
REMEMBERED: Final = 4_096
MISSING: Final = object()
# What decides where clauses end. A text with escapes, long quotes or comments is not cut.
TOKENS: Final = re.compile(r"'[^']*'|\"[^\"]*\"|&&|\|\||[?(){}\[\]]")
UNCUT: Final = re.compile(r"\\|'''|\"\"\"|//")

Verdict = bool | None
Days = tuple[str, str]


def program_of(expression: str) -> Any:  # noqa: ANN401 - the library's program has no types
    """Compile an expression; raises `ValueError` where it is none."""
    # The library brings a terminal's whole toolkit along, which no start has to wait for.
    import cel

    return cel.compile(expression)


class Clause:
    """A compiled expression. Its verdicts depend on the values that it reads, and on the days."""

    def __init__(self, expression: str, *, is_whole: bool) -> None:
        """Compile an expression whose form was checked on the way in."""
        self._program = program_of(expression)
        self._paths = paths_in(expression)
        self._by_type = {path for path in self._paths if is_asked_for_only(path, expression)}
        self._is_whole = is_whole
        self._said: dict[Days, dict[Any, Any]] = {}

    def verdicts(self, records: Records, days: Days) -> Sequence[Verdict]:
        """Tell of each fact whether the expression is true; None where it cannot be said."""
        asked = (self, days)
        if asked not in records.said:
            records.said[asked] = self._judged(records, days)
        return records.said[asked]

    @property
    def remembered(self) -> int:
        """Count the verdicts that are kept."""
        return sum(map(len, self._said.values()))

    def _judged(self, records: Records, days: Days) -> Sequence[Verdict]:
        keys = self._keys(records)
        if self.remembered >= REMEMBERED:
            self._said.clear()
        said = self._said.setdefault(days, {})
        try:
            found = list(map(said.get, keys, repeat(MISSING)))
        except TypeError:
            # A list or a map was read: nothing to remember it by.
            return [self._evaluated(fact, days) for fact in records.facts]
        if MISSING in found:
            for at in [at for at, verdict in enumerate(found) if verdict is MISSING]:
                found[at] = said[keys[at]] = self._evaluated(records.facts[at], days)
        return found

    def _keys(self, records: Records) -> Sequence[Any]:
        columns = [
            records.types(path) if path in self._by_type else records.keys(path)
            for path in self._paths
        ]
        if len(columns) == 1:
            return columns[0]
        return list(zip(*columns, strict=True)) if columns else [()] * len(records.facts)

    def _evaluated(self, fact: Fact, days: Days) -> Verdict:
        period = {"from_on": days[0], "until_on": days[1]}
        try:
            said = self._program.execute({"fact": cut_down(fact, self._paths), "period": period})
        except (ValueError, KeyError, TypeError, RuntimeError):
            return None
        if self._is_whole:
            return said is True
        return said if isinstance(said, bool) else None


class Filter:
    """A compiled filter, in clauses where that says the same."""

    def __init__(self, expression: str) -> None:
        """Compile an expression whose form was checked on the way in."""
        self.whole = Clause(expression, is_whole=True)
        texts = grouped(clauses_in(expression))
        self.clauses = [clause(text) for text in texts] if len(texts) > 1 else []

    def verdicts(self, records: Records, days: Days) -> Sequence[Verdict]:
        """Tell of each fact whether the expression is true; None where it lacks what is read."""
        if not self.clauses:
            return self.whole.verdicts(records, days)
        said = [clause.verdicts(records, days) for clause in self.clauses]
        if not any(None in column for column in said):
            return list(map(all, zip(*said, strict=True)))
        # What a clause alone cannot say, the library says of the whole.
        whole = self.whole.verdicts(records, days)
        return [
            of_all if (first := _first_not_true(row)) is None else first
            for row, of_all in zip(zip(*said, strict=True), whole, strict=True)
        ]

    def says(self, fact: Fact, days: Mapping[str, str]) -> Verdict:
        """Tell whether the expression is true of a fact; None where it lacks what is read."""
        return self.verdicts(Records([{"id": "", **fact}]), (days["from_on"], days["until_on"]))[0]


def _first_not_true(row: Sequence[Verdict]) -> Verdict:
    return next((verdict for verdict in row if verdict is not True), True)


@lru_cache(maxsize=4096)
def clause(expression: str) -> Clause:
    """Compile a clause once; filters share those that they have in common."""
    return Clause(expression, is_whole=False)


@lru_cache(maxsize=1024)
def compiled(expression: str) -> Filter:
    """Compile a filter once, however many leaves and centres it is run over."""
    return Filter(expression)


def clauses_in(expression: str) -> tuple[str, ...]:
    """Cut `a && b && c` into its clauses; anything else is one clause.

    `&&` binds closer than `||` and `?`, so that a text with one of these outside of brackets is no
    conjunction.
    """
    if UNCUT.search(expression):
        return (expression,)
    depth, begin, found = 0, 0, []
    for token in TOKENS.finditer(expression):
        text = token.group()
        if text in "([{":
            depth += 1
        elif text in ")]}":
            depth -= 1
        elif depth == 0 and text in ("||", "?"):
            return (expression,)
        elif depth == 0 and text == "&&":
            found.append(expression[begin : token.start()].strip())
            begin = token.end()
    return (*found, expression[begin:].strip())


def grouped(clauses: Sequence[str]) -> list[str]:
    """Put clauses that follow one another and read the same into one."""
    return [" && ".join(texts) for _, texts in groupby(clauses, key=paths_in)]


def is_asked_for_only(path: Path, expression: str) -> bool:
    """Tell whether an expression asks only whether a path is there, or null: its type decides."""
    steps = r"\s*\.\s*".join(("fact", *map(re.escape, path)))
    there = rf"\bhas\s*\(\s*{steps}\s*\)"
    # Nothing may be done with the value before it is compared: 1 / 0 is no comparison.
    null = rf"(?:^|(?<=[(&|?:,\[]))\s*{steps}\s*[!=]=\s*null\s*(?=$|[)&|?:,\]])"
    asked = f"{there}|{null}"
    return not any(
        found == path or found[: len(path)] == path or path[: len(found)] == found
        for found in _named(re.sub(asked, " true ", expression))
    )


def _named(expression: str) -> set[Path]:
    found = set[Path]()
    for names, called in NAMED.findall(expression):
        steps = tuple(re.split(r"\s*\.\s*", names.strip())[1:]) if names else ()
        found.add(steps[:-1] if called and steps else steps)
    return found


def paths_in(expression: str) -> tuple[Path, ...]:
    """List what an expression may read of a fact: more than it does, never less.

    `()` is the whole fact. A path stands for all that is below it, so longer ones are left out.
    """
    found = _named(expression)
    return tuple(
        sorted(one for one in found if not any(one[:at] in found for at in range(len(one))))
    )


def cut_down(fact: Fact, paths: tuple[Path, ...]) -> dict[str, Any]:
    """Give a fact with nothing but some paths; what is no map ends its path there."""
    if () in paths:
        return dict(fact)
    cut: dict[str, Any] = {}
    for path in paths:
        source: Any = fact
        target = cut
        for depth, step in enumerate(path):
            if step not in source:
                break
            value = source[step]
            if depth == len(path) - 1 or not isinstance(value, dict):
                target[step] = value
                break
            target = target.setdefault(step, {})
            source = value
    return cut
