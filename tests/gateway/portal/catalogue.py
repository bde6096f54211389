"""Reads from the code which rule speaks with which code, and which events a service records.

The portal shows both; `python -m tests.gateway.portal.catalogue` writes them where it reads them.
"""

import ast
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shared.http.words import CODES
from tests.form.source import ROOT, SERVICES, Module, modules

PLACE: Final = ROOT / "gateway" / "gateway" / "portal" / "catalogue.json"
ROWS: Final = ROOT / "tests" / "requirements" / "rows.csv"
ROW: Final = re.compile(r"[AX]\d+")
EVENT: Final = re.compile(r"[a-z_]+\.[a-z_]+")
RECORDERS: Final = {"record", "record_many"}


def found() -> dict[str, Any]:
    """Give rows and clauses by code, and the types of events by service."""
    return {"events": _events(), "problems": _problems()}


def _problems() -> dict[str, list[list[str]]]:
    known = {module.name: _rules_of(module) for module in modules(*SERVICES, "shared")}
    by_name = {
        (Path(name).stem, rule): value
        for name, rules in known.items()
        for rule, value in rules.items()
    }
    clauses = _clauses()
    speaking: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for module in modules(*SERVICES, "shared"):
        imported = _imported(module)
        for code, base, bound in _verdicts(module):
            row = bound or _bound_row(base)
            if row:
                speaking[code].add((row, clauses[row]))
            elif isinstance(base, ast.Name):
                place = (imported.get(base.id, ""), base.id)
                rule = known[module.name].get(base.id) or by_name.get(place)
                speaking[code].update([rule] if rule else [])
    return {code: sorted(map(list, given)) for code, given in sorted(speaking.items()) if given}


def _verdicts(module: Module) -> Iterator[tuple[str, ast.expr, str | None]]:
    """Give each `….check("CODE", …)` and `….move(…)`: its code, whose it is, and its bound row."""
    for scope in module.nodes:
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        bound = {
            target.id: row
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign) and (row := _bound_row(node.value))
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(scope):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            code = _text(node.args[0]) if node.args else None
            if node.func.attr == "move":
                code = "STATE_CONFLICT"
            if node.func.attr in {"check", "move"} and code in CODES:
                base = node.func.value
                yield code, base, bound.get(base.id) if isinstance(base, ast.Name) else None


def _bound_row(node: ast.expr) -> str | None:
    """Give the row of `policy.rule("A051")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        row = _text(node.args[0]) if node.func.attr == "rule" and node.args else None
        return row if row and ROW.fullmatch(row) else None
    return None


def _clauses() -> dict[str, str]:
    with ROWS.open(encoding="utf-8", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file)}


def _rules_of(module: Module) -> dict[str, tuple[str, str]]:
    given = {}
    for node in module.tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        value = node.value if isinstance(node, ast.AnnAssign) else None
        if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
            continue
        texts = [_text(argument) for argument in value.args]
        if isinstance(value.func, ast.Name) and value.func.id == "Rule" and len(texts) > 1:
            given[target.id] = (str(texts[0]), str(texts[1]))
    return given


def _imported(module: Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: str(node.module).rsplit(".", 1)[-1]
        for node in module.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _events() -> dict[str, list[str]]:
    recorded: dict[str, set[str]] = defaultdict(set)
    for module in modules(*SERVICES):
        for call, name in module.calls():
            if name in RECORDERS:
                recorded[module.package].update(filter(None, map(_event_in, call.args[:3])))
    return {package: sorted(types) for package, types in sorted(recorded.items())}


def _event_in(node: ast.expr) -> str | None:
    """Give a type of event; `draw.*` where its second word is the new state."""
    if isinstance(node, ast.JoinedStr):
        stem = _text(node.values[0]) or ""
        return f"{stem}*" if EVENT.fullmatch(f"{stem}x") else None
    text = _text(node)
    return text if text and EVENT.fullmatch(text) else None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


if __name__ == "__main__":
    text = json.dumps(found(), ensure_ascii=False, indent=1, sort_keys=True)
    PLACE.write_text(text + "\n", encoding="utf-8")
