"""A filter that is compiled once and remembers what it said: same values read, same verdict.

Handing a whole fact to the expression's library costs more than evaluating it. So a fact is cut
down to what the expression's text names, and a verdict is kept by these values.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import cel

# Every dotted path from `fact` in the text. A last name that is called is a function.
NAMED: Final = re.compile(r"\bfact((?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)\s*(\(?)")
REMEMBERED: Final = 4_096
Path = tuple[str, ...]
Fact = Mapping[str, Any]


class Filter:
    """A compiled filter. Its verdicts depend on the values that it reads, and on nothing else."""

    def __init__(self, expression: str) -> None:
        """Compile an expression whose form was checked on the way in."""
        self._program = cel.compile(expression)
        self._paths = paths_in(expression)
        self._said: dict[Any, bool | None] = {}

    def says(self, fact: Fact, days: Mapping[str, str]) -> bool | None:
        """Tell whether the expression is true of a fact; None where it lacks what is read."""
        cut, key = _cut(fact, self._paths)
        known = (days["from_on"], days["until_on"], key)
        try:
            return self._said[known]
        except KeyError:
            pass
        except TypeError:
            # A list or a map was read: nothing to remember it by.
            return self._evaluated(cut, days)
        if len(self._said) >= REMEMBERED:
            self._said.clear()
        said = self._said[known] = self._evaluated(cut, days)
        return said

    def _evaluated(self, cut: Fact, days: Mapping[str, str]) -> bool | None:
        try:
            return self._program.execute({"fact": cut, "period": dict(days)}) is True
        except (ValueError, KeyError, TypeError, RuntimeError):
            return None


@lru_cache(maxsize=1024)
def compiled(expression: str) -> Filter:
    """Compile a filter once, however many leaves and centres it is run over."""
    return Filter(expression)


def paths_in(expression: str) -> tuple[Path, ...]:
    """List what an expression may read of a fact: more than it does, never less.

    `()` is the whole fact. A path stands for all that is below it, so longer ones are left out.
    """
    found = set[Path]()
    for names, called in NAMED.findall(expression):
        steps = tuple(re.split(r"\s*\.\s*", names.strip())[1:]) if names else ()
        found.add(steps[:-1] if called and steps else steps)
    return tuple(
        sorted(one for one in found if not any(one[:at] in found for at in range(len(one))))
    )


def _cut(fact: Fact, paths: tuple[Path, ...]) -> tuple[dict[str, Any], Any]:
    """Cut a fact down to some paths, and give a key of what is there and what is missing."""
    if () in paths:
        return dict(fact), (dict, fact)
    cut: dict[str, Any] = {}
    key: list[Any] = []
    for path in paths:
        source: Any = fact
        target = cut
        for depth, step in enumerate(path):
            if step not in source:
                key.append(depth)
                break
            value = source[step]
            # What is no map ends the path there; the type keeps 1, 1.0 and true apart.
            if depth == len(path) - 1 or not isinstance(value, dict):
                target[step] = value
                key += (depth, value.__class__, value)
                break
            target = target.setdefault(step, {})
            source = value
    return cut, tuple(key)
