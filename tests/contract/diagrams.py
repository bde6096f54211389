"""The state diagrams in features' READMEs, drawn from the tables of moves in their rules.

A diagram stands behind a line that names its table (`<!-- states: rules.MOVES -->`), so that a
feature with several machines has each where its text speaks of it; `make documents` draws them.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from shared.services import PACKAGES
from tests.contract.step import ROOT

_DRAWN: Final = re.compile(
    r"<!-- states: (?P<name>[\w.]+) -->\n(?:\n```mermaid\n.*?```\n)?", re.DOTALL
)


@dataclass(frozen=True)
class Machine:
    """A table of moves: `name` is its place below the package of its feature."""

    feature: Path
    name: str
    moves: Mapping[Any, Any]

    @property
    def title(self) -> str:
        """Name what takes these states, by the word that the code has for them."""
        key = next(iter(self.moves))
        kind = type(key[0] if isinstance(key, tuple) else key).__name__.removesuffix("State")
        part = self.name.split(".")[0].removesuffix("rules").rstrip("_")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind or part or self.feature.name).lower()

    def diagram(self) -> str:
        """Draw every move, in the order of the table."""
        lines = [f"    {line}" for line in _lines(self.moves)]
        title = ["---", f"title: {self.title}", "---"]
        return "\n".join(["```mermaid", *title, "stateDiagram-v2", *lines, "```"])


def documents() -> dict[Path, str]:
    """Give every README of a feature with machines, as it ought to be."""
    found: dict[Path, dict[str, Machine]] = {}
    for machine in machines():
        found.setdefault(machine.feature / "README.md", {})[machine.name] = machine
    return {path: _with_diagrams(path, by_name) for path, by_name in found.items()}


def machines() -> Iterator[Machine]:
    """Find the tables of moves of every service, each where it is written down."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if found.name.count(".") > 1 and "rules" in found.name:
                yield from _machines_of(importlib.import_module(found.name))


def _machines_of(module: ModuleType) -> Iterator[Machine]:
    package, feature, place = module.__name__.split(".", 2)
    folder = Path(inspect.getfile(importlib.import_module(f"{package}.{feature}"))).parent
    source = inspect.getsource(module)
    for name, value in vars(module).items():
        is_here = re.search(rf"^{name}\b[^\n]*=", source, re.MULTILINE)
        if is_here and isinstance(value, Mapping) and _moves(value):
            yield Machine(folder.relative_to(ROOT), f"{place}.{name}", value)


def _moves(table: Mapping[Any, Any]) -> bool:
    """Tell whether a table says where a state and an event lead, or which states follow one."""
    if not table:
        return False
    key, value = next(iter(table.items()))
    if isinstance(key, tuple):
        return len(key) == 2 and all(isinstance(one, Enum) for one in (*key, value))
    following = [one for states in table.values() if isinstance(states, tuple) for one in states]
    named = [key, *following]
    return bool(following) and all(
        isinstance(one, Enum) and type(one) is type(key) for one in named
    )


def _lines(moves: Mapping[Any, Any]) -> Iterator[str]:
    for key, value in moves.items():
        if isinstance(key, tuple):
            yield f"{key[0]} --> {value}: {key[1]}"
        else:
            yield from (f"{key} --> {to}" for to in value)


def _with_diagrams(path: Path, machines: Mapping[str, Machine]) -> str:
    text = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    for name in machines.keys() - {found["name"] for found in _DRAWN.finditer(text)}:
        text += f"\n<!-- states: {name} -->\n"

    def draw(found: re.Match[str]) -> str:
        machine = machines.get(found["name"])
        diagram = f"\n{machine.diagram()}\n" if machine else ""
        return f"<!-- states: {found['name']} -->\n{diagram}"

    return _DRAWN.sub(draw, text)
