"""Reads from the code which rule speaks with which code, and which events a service records.

The portal shows both; `make documents` writes them where it reads them.
"""

import ast
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Uuid,
)
from sqlmodel import AutoString

from shared.database import EnumText
from shared.database.resources import tables_of, told_columns
from shared.events.resources import MONEY
from shared.http.words import CODES
from tests.form.source import ROOT, SERVICES, Module, modules
from tests.gateway.portal.families import stem_of, typed

PLACE: Final = ROOT / "gateway" / "gateway" / "portal" / "catalogue.json"
ROWS: Final = ROOT / "tests" / "requirements" / "rows.csv"
ROW: Final = re.compile(r"[AX]\d+")
EVENT: Final = re.compile(r"[a-z_]+\.[a-z_]+")
# A statement that records what it writes: the types it may name, and the keys of its `data`.
STATEMENT: Final = re.compile(r"SELECT(?:(?!SELECT).)*?\bAS type\b", re.DOTALL)
QUOTED: Final = re.compile(r"'([a-z_]+\.[a-z_]+)'")
BUILT: Final = re.compile(r"jsonb_build_object\((.*?)\)", re.DOTALL)
KEYS: Final = re.compile(r"'([a-z_]+)'")
RECORDERS: Final = {"record", "record_many"}
# Verdicts of `Rule` that name their code by themselves.
BY_NAME: Final = {"move": "STATE_CONFLICT", "past": "DAY_IN_FUTURE"}
# What `record` takes beside the fields of `data`; a centre or a case is told where there is one.
BESIDE: Final = {"before", "after", "reason"}
MAYBE: Final = {"center_id", "case_id", "capacity"}


def found() -> dict[str, Any]:
    """Give rows and clauses by code, and the types of events by service."""
    return {"events": _events(), "problems": _problems(), "resources": resources()}


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
            code = BY_NAME.get(node.func.attr, code)
            if node.func.attr in {"check", *BY_NAME} and code in CODES:
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


def _events() -> dict[str, Any]:
    """Give the types of each service, with the fields of `data` and those that are always there.

    Where the second word of a type is put in, each word is a type of its own.
    """
    told: dict[str, dict[str, list[set[str]]]] = defaultdict(lambda: defaultdict(list))
    for module in modules(*SERVICES):
        helpers = _helpers(module)
        for call, name in module.calls():
            helper = helpers.get(name)
            if name not in RECORDERS and helper is None:
                continue
            for event_type in _types_of(module, call, helper):
                told[module.package][event_type].append(_fields_of(call, helper))
        for event_type, fields in _told_by_statements(module):
            told[module.package][event_type].append(fields)
    return {
        package: {
            name: {
                "fields": sorted(set().union(*fields)),
                "always": sorted(set.intersection(*fields) - MAYBE),
            }
            for name, fields in sorted(types.items())
        }
        for package, types in sorted(told.items())
    }


def _told_by_statements(module: Module) -> Iterator[tuple[str, set[str]]]:
    """Give the types that a statement records by itself: `'fact.recorded' … AS type`."""
    for node in module.nodes:
        text = _text(node) if isinstance(node, ast.Constant) else None
        for named in STATEMENT.findall(text or ""):
            built = (BUILT.search(text or "") or [""])[0]
            for event_type in QUOTED.findall(named):
                yield event_type, {"person_id", *KEYS.findall(built)}
                # Of some of its types it tells no more than that: which, only the statement knows.
                yield event_type, {"person_id"}


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that records what it is told: where its type stands, and what it adds.

    Where it is told the second word only, `stem` and `last` are what it puts around it.
    """

    place: int
    named: str
    stem: str
    last: str
    fields: frozenset[str]
    parameters: frozenset[str]
    passes_on: bool
    default: ast.expr | None


@cache
def _helpers(module: Module) -> dict[str, Helper]:
    """Give the helpers of a module: its own, and those that it imports from its package."""
    found = dict(_own_helpers(module))
    for node in module.nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        other = _places(module.package).get(str(node.module))
        known = {} if other is None else _own_helpers(other)
        found |= {
            one.asname or one.name: known[one.name] for one in node.names if one.name in known
        }
    return found


@cache
def _places(package: str) -> dict[str, Module]:
    """Give the modules of a package by the names under which they are imported."""
    found = {}
    for module in modules(package):
        parts = Path(module.name).with_suffix("").parts
        # A service's folder may bear the package's name too.
        own = len(parts) - 1 - parts[::-1].index(package)
        found[".".join(parts[own:])] = module
    return found


@cache
def _own_helpers(module: Module) -> dict[str, Helper]:
    found: dict[str, Helper] = {}
    for scope in module.nodes:
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        positional = [one.arg for one in scope.args.args]
        known = frozenset([*positional, *(one.arg for one in scope.args.kwonlyargs)])
        for node in ast.walk(scope):
            if not isinstance(node, ast.Call) or _name_of(node) not in RECORDERS:
                continue
            kind = node.args[2] if len(node.args) > 2 else None
            stem, last = "", ""
            if kind is not None and (parts := stem_of(kind)) is not None:
                stem, kind, last = parts
            if isinstance(kind, ast.Name) and kind.id in known:
                place = positional.index(kind.id) if kind.id in positional else -1
                passes_on = any(one.arg is None for one in node.keywords)
                fields = frozenset(_fields_of(node, None))
                default = _defaults(scope.args).get(kind.id)
                found[scope.name] = Helper(
                    place, kind.id, stem, last, fields, known, passes_on, default
                )
    return found


def _name_of(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr]:
    late = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [*zip(late, arguments.defaults, strict=True),
             *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]  # fmt: skip
    return {one.arg: value for one, value in pairs if value is not None}


@cache
def _constants(package: str) -> dict[str, ast.expr]:
    """Give the constants of a package that are types of events: `rules.CONTACT_ASKED`."""
    return {
        node.target.id: node.value
        for module in modules(package)
        for node in module.tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.value is not None
        and _events_in(node.value)
    }


def _types_of(module: Module, call: ast.Call, helper: Helper | None) -> list[str]:
    """Give the types that a call may record; a local name stands for what it was set to."""
    if helper is None and _is_inside_helper(module, call):
        return []  # Whoever calls the helper says which.
    if helper is None:
        nodes = call.args[:3]
    else:
        nodes = [one.value for one in call.keywords if one.arg == helper.named]
        nodes += call.args[helper.place : helper.place + 1] if helper.place >= 0 else []
        nodes = nodes or [one for one in [helper.default] if one is not None]
    constants = _constants(module.package)
    attributes = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    nodes += [constants[name] for name in attributes if name in constants]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    nodes += [
        node.value
        for node in module.nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in names
    ]
    if helper is not None and helper.stem:
        return typed_by(module, helper.stem, helper.last, nodes)
    return [one for node in nodes for one in _events_in(node, module)]


def typed_by(module: Module, stem: str, last: str, nodes: list[ast.expr]) -> list[str]:
    """Give the types of which a helper is told the second word."""
    return [one for node in nodes[:1] for one in typed(module, stem, node, last)]


def _fields_of(call: ast.Call, helper: Helper | None) -> set[str]:
    given = {one.arg for one in call.keywords if one.arg is not None} - BESIDE
    if helper is None:
        return {"person_id", *given}
    return {*helper.fields, *(given - helper.parameters if helper.passes_on else ())}


def _events_in(node: ast.expr, module: Module | None = None) -> list[str]:
    """Give types of events; each of them where the second word is put in."""
    if isinstance(node, ast.IfExp):
        return [*_events_in(node.body, module), *_events_in(node.orelse, module)]
    if isinstance(node, ast.Subscript) and module is not None:
        return [one for value in _table(module, node.value) for one in _events_in(value, module)]
    parts = stem_of(node)
    if parts is not None and module is not None and EVENT.fullmatch(f"{parts[0]}x"):
        return typed(module, *parts)
    text = _text(node)
    return [text] if text and EVENT.fullmatch(text) else []


def _table(module: Module, node: ast.expr) -> list[ast.expr]:
    """Give the values of a table of the module that a type is looked up in."""
    return [
        value
        for one in module.tree.body
        if isinstance(one, ast.AnnAssign)
        and isinstance(one.target, ast.Name)
        and isinstance(node, ast.Name)
        and one.target.id == node.id
        and isinstance(one.value, ast.Dict)
        for value in one.value.values
    ]


def resources() -> dict[str, dict[str, Any]]:
    """Give the kinds of resources, whose changes no action needs to name: their fields."""
    import importlib

    found = {}
    for package in SERVICES:
        metadata = importlib.import_module(f"{package}.base").Base.metadata
        importlib.import_module(f"{package}.tables")
        for declared, table in tables_of(metadata):
            names = told_columns(table)
            found[declared.kind] = {
                "service": package,
                "fields": {
                    name.removesuffix(MONEY): held_by(table.columns[name]) for name in names
                },
            }
    return dict(sorted(found.items()))


AMOUNT: Final = {
    "type": ["object"],
    "required": ["amount", "currency"],
    "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
}
# As `state_of` writes them.
COLUMNS: Final[tuple[tuple[type | tuple[type, ...], dict[str, Any]], ...]] = (
    (Uuid, {"type": ["string"], "format": "uuid"}),
    (Boolean, {"type": ["boolean"]}),
    (Date, {"type": ["string"], "format": "date"}),
    (DateTime, {"type": ["string"], "format": "date-time"}),
    (Integer, {"type": ["integer"]}),
    (Numeric, {"type": ["string"]}),
    (ARRAY, {"type": ["array"]}),
    ((String, AutoString), {"type": ["string"]}),
)


def held_by(column: Column[Any]) -> dict[str, Any]:
    """Give the JSON Schema of what a column holds; nothing is said of free JSON."""
    kind: Any = column.type
    nothing = ["null"] if column.nullable else []
    if isinstance(kind, EnumText):
        return {"enum": [*(one.value for one in kind.members), *([None] if nothing else [])]}
    if column.name.endswith(MONEY):
        return {**AMOUNT, "type": ["object", *nothing]}
    said = next((schema for of, schema in COLUMNS if isinstance(kind, of)), None)
    return {} if said is None else {**said, "type": [*said["type"], *nothing]}


def untold() -> list[str]:
    """Name each place that records a type which this reading does not find."""
    return [
        module.at(call)
        for module in modules(*SERVICES)
        for call, name in module.calls()
        if (name in RECORDERS or name in _helpers(module))
        and not _types_of(module, call, _helpers(module).get(name))
        and not _is_inside_helper(module, call)
    ]


def _is_inside_helper(module: Module, call: ast.Call) -> bool:
    kind = call.args[2] if len(call.args) > 2 else None
    if kind is not None and (parts := stem_of(kind)) is not None:
        kind = parts[1]
    helpers = _helpers(module)
    return isinstance(kind, ast.Name) and any(kind.id == one.named for one in helpers.values())


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def text() -> str:
    """Give the catalogue as it is written."""
    return written(found())


# How deep each part is laid out: to a line for each type, code and field.
DEPTHS: Final = {"events": 2, "problems": 1, "resources": 3}


def written(told: Mapping[str, Any]) -> str:
    """Write what was found, with short lines that a change leaves alone."""
    parts = [f"{json.dumps(name)}: {_laid_out(told[name], DEPTHS[name])}" for name in sorted(told)]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _laid_out(value: Any, depth: int) -> str:
    if not depth or not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    lines = [f"{json.dumps(name)}: {_laid_out(value[name], depth - 1)}" for name in sorted(value)]
    return "{\n" + ",\n".join(lines) + "\n}"
