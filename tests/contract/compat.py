"""Whether a caller of the last release still gets what it was promised.

The released document is kept in `docs/api`, without its prose. What breaks a caller is a fault
unless `docs/api/breaking.toml` names it with a reason; a name there that breaks nothing is one too.
"""

import gzip
import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.openapi.rules import merged
from tests.contract.compatible import Break, breaks
from tests.contract.step import ROOT, Context
from tests.form.test_published import documents

RELEASED: Final = ROOT / "docs" / "api" / "released.json.gz"
EXCUSED: Final = ROOT / "docs" / "api" / "breaking.toml"
# What tells people and not programs; left out of what is kept.
_PROSE: Final = frozenset({"description", "summary", "title", "example", "examples", "tags"})
_NAMED: Final = frozenset({"properties", "schemas", "paths", "mapping"})


def ask(_: Context) -> list[str]:
    """Compare the released document with what the services publish now."""
    released = json.loads(gzip.decompress(RELEASED.read_bytes()))
    found = breaks(released, merged(documents()))
    return judged(found, excused(EXCUSED))


def excused(path: Path) -> dict[str, str]:
    """Read which breaks are meant, each with its reason."""
    kept = tomllib.loads(path.read_text(encoding="utf-8")).get("break", [])
    return {one["what"]: one.get("reason", "") for one in kept}


def judged(found: Iterable[Break], meant: Mapping[str, str]) -> list[str]:
    """Name breaks without a reason, and reasons without a break."""
    names = {str(one) for one in found}
    return [
        *(f"breaks callers: {name}" for name in sorted(names - meant.keys())),
        *(f"has no reason: {name}" for name in sorted(meant) if not meant[name].strip()),
        *(f"breaks nothing, take it away: {name}" for name in sorted(meant.keys() - names)),
    ]


def without_prose(node: Any, *, named: bool = False) -> Any:
    """Leave out what only people read; a property may be called `title` and stays."""
    if isinstance(node, list):
        return [without_prose(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value, named=key in _NAMED and not named)
        for key, value in sorted(node.items())
        if named or key not in _PROSE
    }


def release(path: Path = RELEASED) -> None:
    """Keep what is published now as the last release; the excused breaks are then done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(without_prose(merged(documents())), separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    if sys.argv[1:] != ["release"]:
        sys.exit("python -m tests.contract.compat release")
    release()
