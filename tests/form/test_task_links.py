"""A task leads to an operation: with the method and the address that its kind names."""

import importlib
import pkgutil
from collections.abc import Iterator

from shared.tasks import TaskKind
from tests.form.source import SERVICES, listed
from tests.form.test_published import operations


def kinds() -> Iterator[tuple[str, TaskKind]]:
    """Find every kind of task, with the module that names it first."""
    seen: set[str] = set()
    for service in SERVICES:
        package = importlib.import_module(service)
        for module in pkgutil.walk_packages(package.__path__, f"{service}."):
            if ".migrations" in module.name or module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, TaskKind) and value.code not in seen:
                    seen.add(value.code)
                    yield module.name, value


def _form(call: str) -> str:
    method, _, address = call.partition(" ")
    path = address.partition("?")[0]
    parts = ["{}" if part.startswith("{") else part for part in path.split("/")]
    return f"{method} {'/'.join(parts)}"


def test_every_task_leads_to_an_operation() -> None:
    known = {_form(place) for _, place, _ in operations()}
    found = list(kinds())
    faults = [
        f"{place}: {kind.code} leads to {kind.method} {kind.path}"
        for place, kind in found
        if _form(f"{kind.method} {kind.path}") not in known
    ]
    assert len(found) > 50
    assert not faults, listed(faults)
