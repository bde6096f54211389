"""Each room imports what it needs for its work and nothing that would let it do another's."""

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from tests.form.source import ROOMS, SERVICES, Module, features, listed, modules

PURE_SHARED = {
    "shared.rules", "shared.tasks", "shared.money", "shared.shares", "shared.calendar",
    "shared.codes", "shared.disclosures", "shared.expecting", "shared.services", "shared.terms",
}  # fmt: skip
PURE_LIBRARIES = {"celpy", "cel", "common_expression_language", "numpy", "scipy", "stdnum"}
NETWORK = {"httpx", "aiohttp", "requests", "urllib"}
HTTP = {"fastapi", "starlette", "uvicorn"}
STORAGE = {"sqlalchemy", "sqlmodel", "asyncpg", "alembic"}

# What a room never imports from outside, and from which other rooms it takes nothing.
CLOSED = {
    "tables": (HTTP | NETWORK, {"queries", "actions", "schemas", "routes", "consumers", "jobs"}),
    "queries": (NETWORK, {"actions", "routes", "consumers", "jobs"}),
    "actions": (HTTP | NETWORK, {"routes", "consumers", "jobs"}),
    "schemas": (NETWORK | STORAGE, {"queries", "actions", "routes", "consumers", "jobs"}),
    "routes": (NETWORK, {"consumers", "jobs"}),
    "consumers": (HTTP | NETWORK, {"routes"}),
    # A job is handed the running app, whose state holds its database and clients.
    "jobs": (HTTP - {"fastapi"}, {"routes"}),
}


def imported(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported name with its full path."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.at(node)}: a relative import"
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}"


def room_of(name: str) -> str:
    return next((part for part in name.split(".") if part in ROOMS), "")


def is_pure(name: str, module: Module) -> bool:
    top = name.split(".", maxsplit=1)[0]
    if name.startswith("urllib.parse."):
        return True
    if top in sys.stdlib_module_names or top in PURE_LIBRARIES:
        return top not in {"random", "secrets", "socket", "subprocess", "time", "urllib"}
    if top == "shared":
        return any(name == pure or name.startswith(f"{pure}.") for pure in PURE_SHARED)
    parts = name.split(".")
    return top == module.package and any(
        part == "rules" or part.endswith("_rules") for part in parts
    )


def test_rules_import_only_what_is_pure() -> None:
    """The standard library, pure parts of shared, and other rules."""
    faults = [
        f"{module.at(node)} imports {name}"
        for module in features()
        if module.room == "rules"
        for node, name in imported(module)
        if not is_pure(name, module)
    ]
    assert not faults, listed(faults)


@pytest.mark.parametrize("room", list(CLOSED))
def test_a_room_stays_in_its_trade(room: str) -> None:
    libraries, rooms = CLOSED[room]
    faults = [
        f"{module.at(node)} imports {name}"
        for module in features()
        if module.room == room
        for node, name in imported(module)
        if name.split(".", maxsplit=1)[0] in libraries
        or (name.split(".", maxsplit=1)[0] == module.package and room_of(name) in rooms)
    ]
    assert not faults, listed(faults)


@pytest.mark.parametrize("room", ["rules", "actions", "schemas", "routes", "consumers", "jobs"])
def test_selects_stand_in_queries(room: str) -> None:
    faults = [
        module.at(call)
        for module in features()
        if module.room == room
        for call, name in module.calls()
        if name == "select" and not isinstance(call.func, ast.Attribute)
    ]
    assert not faults, listed(faults)


def test_an_action_never_begins_nor_ends_a_transaction() -> None:
    faults = [
        f"{module.at(call)} calls {name}"
        for module in features()
        if module.room in {"actions", "queries", "rules", "consumers"}
        for call, name in module.calls()
        if name in {"commit", "rollback", "begin"}
    ]
    assert not faults, listed(faults)


def asks(module: Module, name: str, feature: str) -> bool:
    """Tell whether a module uses a rule of a feature: its own name, an imported one, or `rules.X`.

    A re-export alone is no use.
    """
    is_own = feature in module.path.parts
    imported_from_it = any(
        isinstance(node, ast.ImportFrom)
        and f".{feature}." in f".{node.module}."
        and name in {alias.name for alias in node.names}
        for node in module.nodes
    )
    loaded = imported_from_it or is_own
    return any(
        (loaded and isinstance(node, ast.Name) and node.id == name
         and isinstance(node.ctx, ast.Load))
        or (is_own and isinstance(node, ast.Attribute) and node.attr == name)
        for node in module.nodes
    )  # fmt: skip


def test_a_rule_that_speaks_for_a_row_is_asked() -> None:
    """A rule that nothing refers to judges nothing, whatever its row and clause say."""
    named = re.compile(r"^([A-Z][A-Z_]*): Final = Rule\(", re.MULTILINE)
    everything = features()
    faults = [
        f"{module.name}: nothing asks the rule {name}"
        for module in everything
        if module.room == "rules"
        for name in named.findall(module.text)
        if not any(
            asks(other, name, feature_of(module))
            for other in modules(*SERVICES)
            if other.package == module.package
        )
    ]
    assert not faults, listed(faults)


def feature_of(module: Module) -> str:
    """Name the folder of a service in which a module lies."""
    parts = module.path.parts
    return parts[len(parts) - parts[::-1].index(module.package)]
