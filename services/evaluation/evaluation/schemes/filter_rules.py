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
MISSING: Final = object()
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
        known = (days["from_on"], days["until_on"], *self._key(fact))
        try:
            return self._said[known]
        except KeyError:
            pass
        except TypeError:
            # A list or a map was read: nothing to remember it by.
            return self._evaluated(cut_down(fact, self._paths), days)
        if len(self._said) >= REMEMBERED:
            self._said.clear()
        said = self._said[known] = self._evaluated(cut_down(fact, self._paths), days)
        return said

    def _key(self, fact: Fact) -> list[Any]:
        """Give what is there and what is missing; the type keeps 1, 1.0 and true apart."""
        key: list[Any] = []
        for path in self._paths:
            value: Any = fact
            depth = 0
            for step in path:
                if not isinstance(value, dict):
                    break
                value = value.get(step, MISSING)
                depth += 1
            key += (depth, value.__class__, value)
        return key

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
