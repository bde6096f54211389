"""Documents that are written from the code, and whether they still say what it does.

`python -m tests.contract.documents` writes them; the step `documents` of `make check` compares.
"""

import ast
import importlib
import inspect
import io
import json
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings
from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint, dialect

from shared.database.migrations import metadata_of
from shared.settings import Settings
from tests.contract import codes, diagrams
from tests.contract.step import ROOT, Context, settings_kinds
from tests.gateway.portal import catalogue
from zhichuang.postgres import SERVICES

_WRITTEN: Final = "Written by `make documents` from the code; do not edit it.\n"


def ask(_context: Context) -> list[str]:
    """Name each document that says something else than the code."""
    return [
        f"{path} is out of date: run `make documents`"
        for path, text in _documents().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Write every document anew."""
    for path, text in _documents().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(path)


def _documents() -> dict[Path, str]:
    docs = Path("docs")
    return {
        docs / "configuration.md": _configuration(),
        docs / "data-dictionary.md": _dictionary(),
        catalogue.PLACE.relative_to(ROOT): catalogue.text(),
        codes.WARNINGS.relative_to(ROOT): codes.warnings(),
        **diagrams.documents(),
    }


def _configuration() -> str:
    lines = [
        "# Configuration",
        "",
        _WRITTEN,
        "Each setting is an environment variable, or a file of its name in the folder that",
        "`ZHICHUANG_SECRETS` names; the variable wins. What `make up` itself reads stands in",
        "`deploy/README.md`.",
    ]
    kinds: dict[str, type[Settings]] = {"Every process": Settings, **settings_kinds()}
    for title, kind in kinds.items():
        rows = list(_settings_of(kind))
        if rows:
            lines += [
                "",
                f"## {title.replace('_', '-')}",
                "",
                "| variable | default | meaning |",
                "|---|---|---|",
            ]
            lines += rows
    return "\n".join([*lines, ""])


def _settings_of(kind: type[BaseSettings]) -> Iterator[str]:
    remarks = remarks_of(importlib.import_module(kind.__module__), kind.__name__, carried=True)
    for name, field in kind.model_fields.items():
        if kind is not Settings and name in Settings.model_fields:
            continue
        value = field.default
        if isinstance(value, SecretStr):
            value = "(secret)" if value.get_secret_value() else ""
        if isinstance(value, dict):
            value = json.dumps(value)
        shown = "" if value in {None, "", PydanticUndefined} else f"`{value}`"
        yield f"| `ZHICHUANG_{name.upper()}` | {shown} | {_cell(remarks.get(name, ''))} |"


def remarks_of(module: ModuleType, name: str, *, carried: bool = False) -> dict[str, str]:
    """Give the comment above each field of a class; `carried`, for the fields below it as well."""
    source = inspect.getsource(module)
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
    }
    found, last = {}, ("", 0)
    kinds = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    for node in next(kind.body for kind in kinds if kind.name == name):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        above: list[str] = []
        line = node.lineno - 1
        while line in comments:
            above.insert(0, comments[line])
            line -= 1
        # One sentence may speak of several fields that stand together below it.
        joined = carried and last[1] == node.lineno - 1
        remark = " ".join(above) or (last[0] if joined else "")
        found[node.target.id] = remark
        last = (remark, node.end_lineno or node.lineno)
    return found


def _dictionary() -> str:
    lines = ["# Data dictionary", "", _WRITTEN]
    lines += [
        "`shared` tables stand in each service's database. *insert only*: the service's login"
    ]
    lines += ["may neither change nor delete rows, except the columns named as closing."]
    seen: set[str] = set()
    # All before the first: models are known once their modules are loaded.
    for service, metadata in [(service, metadata_of(service)) for service in SERVICES]:
        for title, part in (("Every database", metadata[:1]), (service, metadata[1:])):
            if title in seen:
                continue
            seen.add(title)
            lines += ["", f"## {title.replace('_', '-')}"]
            for tables in part:
                for table in sorted(tables.tables.values(), key=lambda one: one.name):
                    lines += _table(table)
    return "\n".join([*lines, ""])


def _table(table: Table) -> list[str]:
    model = _models().get(table)
    remarks = _remarks(model)
    lines = ["", f"### {table.name}", "", _cell(_sentence(model))]
    if table.info.get("insert_only"):
        closing = ", ".join(f"`{name}`" for name in table.info.get("closing", ()))
        lines += ["", "*insert only*" + (f", closing {closing}" if closing else "")]
    lines += ["", "| column | type | | meaning |", "|---|---|---|---|"]
    for column in table.columns:
        kind = column.type.compile(dialect=dialect())  # type: ignore[no-untyped-call]  # theirs
        remark = _cell(remarks.get(column.key, ""))
        lines.append(f"| `{column.name}` | {kind.lower()} | {_marks(column)} | {remark} |")
    rules = sorted(
        _cell(f"`{one.name}`: {_rule(one)}")
        for one in table.constraints
        if isinstance(one, CheckConstraint | UniqueConstraint | ExcludeConstraint) and one.name
    )
    return lines + ([""] if rules else []) + [f"- {rule}" for rule in rules]


def _rule(constraint: Any) -> str:
    if isinstance(constraint, CheckConstraint):
        return f"`{constraint.sqltext}`"
    if isinstance(constraint, ExcludeConstraint):
        return "excludes overlaps"
    return "unique " + ", ".join(f"`{column.name}`" for column in constraint.columns)


def _marks(column: Column[Any]) -> str:
    marks = ["key"] if column.primary_key else []
    marks += [f"→ `{key.target_fullname}`" for key in column.foreign_keys]
    return ", ".join(marks + (["optional"] if column.nullable else []))


def _models() -> dict[Any, type]:
    if not _MODELS:
        from sqlmodel import SQLModel

        waiting: list[type] = [SQLModel]
        while waiting:
            kind = waiting.pop()
            waiting += kind.__subclasses__()
            table = kind.__dict__.get("__table__")
            if table is not None:
                _MODELS[table] = kind
    return _MODELS


_MODELS: dict[Any, type] = {}


def _remarks(model: type | None) -> dict[str, str]:
    if model is None:
        return {}
    return remarks_of(importlib.import_module(model.__module__), model.__name__)


def _sentence(model: type | None) -> str:
    return "" if model is None else (inspect.getdoc(model) or "").split("\n\n")[0]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
