"""Which files of tests may know a module: what they and their helpers import, and where they lie.

A file that imports nothing of a feature and lies elsewhere reaches its rules only through others'
tests, which say less of them and take longer.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
# What gives a module's functions on under its own name.
ALSO_AS: Final = {"shared.verifier": ("zhichuang.verify",)}


def is_near(file: Path, module: str) -> bool:
    """Tell whether a file of tests knows a module, or lies in the folder of its feature."""
    service, *inner = module.split(".")
    if service == "shared":
        names = (module, *ALSO_AS.get(module, ()))
        return any(one in known(file) for one in names)
    feature = f"{service}.{inner[0]}"
    return file.is_relative_to(ROOT / "tests" / service / inner[0]) or any(
        one == feature or one.startswith(f"{feature}.") for one in known(file)
    )


@cache
def known(file: Path) -> frozenset[str]:
    """Name what a file imports, and what helpers among the tests import for it."""
    found: set[str] = set()
    waiting = [file]
    seen = {file}
    while waiting:
        names = _imported(waiting.pop())
        found |= names
        for name in names:
            helper = ROOT / f"{name.replace('.', '/')}.py"
            if name.startswith("tests.") and helper.exists() and helper not in seen:
                seen.add(helper)
                waiting.append(helper)
    return frozenset(found)


@cache
def _imported(file: Path) -> frozenset[str]:
    return frozenset(_names(ast.parse(file.read_text(encoding="utf-8"))))


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
