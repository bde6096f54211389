"""The project's own code, read as text and as trees, for tests of its form."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from shared.services import GATEWAY, package_of
from shared.services import SERVICES as NAMES

ROOT: Final = Path(__file__).resolve().parents[2]
SERVICES: Final = {
    **{package_of(name): ROOT / "services" / name / package_of(name) for name in NAMES},
    GATEWAY: ROOT / GATEWAY / GATEWAY,
}
SHARED: Final = ROOT / "shared" / "shared"
RUNNER: Final = ROOT / "deploy" / "zhichuang"
ROOMS: Final = ("rules", "tables", "queries", "actions", "schemas", "routes", "consumers", "jobs")
_IGNORED: Final = {".git", ".venv", "node_modules", "build", "__pycache__"}


@dataclass(frozen=True)
class Module:
    """One Python file; `room` is its role in a feature, or an empty string."""

    path: Path
    package: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        """The room, also where it is a folder with a module per use case."""
        names = [self.path.stem, *self.path.relative_to(ROOT).parts[:-1]]
        return next((name for name in names if name in ROOMS), "")

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def at(self, node: ast.AST) -> str:
        """Name a place as editors understand it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the last part of its name: `session.commit()` is `commit`."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Attribute):
                    yield node, called.attr
                elif isinstance(called, ast.Name):
                    yield node, called.id

    def strings(self) -> Iterator[ast.Constant]:
        """Every text in the code that is no docstring."""
        documentation = {
            id(node.body[0].value)
            for node in self.nodes
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in self.nodes:
            text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if text and id(node) not in documentation:
                assert isinstance(node, ast.Constant)
                yield node


def modules(*packages: str) -> list[Module]:
    """All modules of the named packages; of services, gateway and shared when none is named."""
    chosen = packages or (*SERVICES, "shared")
    return [module for name in chosen for module in _modules_of(name)]


@cache
def _modules_of(package: str) -> list[Module]:
    """Read and parse each file once for all tests."""
    place = {**SERVICES, "shared": SHARED, "zhichuang": RUNNER}[package]
    return [
        Module(path, package)
        for path in sorted(place.rglob("*.py"))
        if not _IGNORED & set(path.parts)
    ]


def features() -> list[Module]:
    """All modules of services that stand in a room of a feature."""
    return [
        module
        for module in modules(*SERVICES)
        if module.room and "migrations" not in module.path.parts
    ]


def project_files(*suffixes: str) -> list[Path]:
    """Every file of the project with one of the suffixes, wherever it lies."""
    return [path for path in _project_files() if path.suffix in suffixes]


@cache
def _project_files() -> list[Path]:
    """Walk once, and not into what is not ours: an environment has more files than the project."""
    found = []
    for folder, inside, files in os.walk(ROOT):
        inside[:] = [one for one in inside if one not in _IGNORED and not _is_hidden(one)]
        found += [Path(folder, one) for one in files if not _is_hidden(one)]
    return sorted(found)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name != ".ci"


def listed(faults: list[str]) -> str:
    """Show every fault on a line of its own: whoever broke it wants the whole list."""
    return "\n" + "\n".join(faults)
