"""Whether the published API is complete (names, examples, roles, problems), and lints clean."""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import openapi_spec_validator

from tests.contract.step import ROOT, Context

METHODS: Final = ("get", "put", "post", "delete", "patch")
_LINTER: Final = "@redocly/cli@2.77.0"
_RULES: Final = Path(__file__).with_name("redocly.yaml")
_WITH_EXAMPLE: Final = {"application/json", "application/merge-patch+json"}
_PROBLEM: Final = "application/problem+json"

Operation = dict[str, Any]

_OWN_WORDS: Final[dict[str, Callable[[Operation], bool]]] = {
    "does not declare who may call it (x-access)": lambda one: "x-access" not in one,
    "has no tag": lambda one: not one.get("tags"),
    "says nothing about itself": lambda one: not (one.get("summary") or one.get("description")),
    "documents no success": lambda one: not any(key[0] in "23" for key in one["responses"]),
}


def ask(context: Context) -> list[str]:
    """Name every gap in the aggregated document, and every complaint of the linter."""
    document = context.openapi
    faults = [*_structure(document), *_names(document)]
    for place, operation in operations(document):
        faults += [f"{place}: {fault}" for fault in _gaps(operation, document)]
    return faults + _lint(document, context.folder)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Every operation with its method and path."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _structure(document: dict[str, Any]) -> list[str]:
    validator = openapi_spec_validator.OpenAPIV31SpecValidator(document)
    return [
        f"not OpenAPI 3.1: {error.message} at {'/'.join(map(str, error.absolute_path))}"
        for error in validator.iter_errors()
    ]


def _names(document: dict[str, Any]) -> list[str]:
    named = [(place, operation.get("operationId", "")) for place, operation in operations(document)]
    counted = Counter(name for _, name in named)
    faults = [
        f"operationId {name!r} stands {times} times" for name, times in counted.items() if times > 1
    ]
    described = {tag["name"] for tag in document.get("tags", []) if tag.get("description")}
    used = {tag for _, operation in operations(document) for tag in operation.get("tags", [])}
    return faults + [f"tag {tag!r} has no prose" for tag in sorted(used - described)]


def _gaps(operation: Operation, document: dict[str, Any]) -> list[str]:
    faults = [text for text, missing in _OWN_WORDS.items() if missing(operation)]
    faults += [
        f"parameter {parameter['name']!r} says nothing about itself"
        for parameter in operation.get("parameters", [])
        if parameter.get("in") == "query" and not parameter.get("description")
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        faults += _body_gaps(f"body {media}", content, document, example=media in _WITH_EXAMPLE)
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            needed = media == _PROBLEM
            faults += _body_gaps(f"answer {status} {media}", content, document, example=needed)
    return faults


def _body_gaps(
    place: str, content: dict[str, Any], document: dict[str, Any], *, example: bool
) -> list[str]:
    schema = content.get("schema", {})
    faults = []
    if schema.get("type") == "object" and "properties" in schema:
        faults.append(f"{place} is an anonymous schema")
    if example and not _has_example(content, schema, document):
        faults.append(f"{place} has no example")
    return faults


def _has_example(content: dict[str, Any], schema: dict[str, Any], document: dict[str, Any]) -> bool:
    if content.get("example") or content.get("examples"):
        return True
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    resolved = document["components"]["schemas"].get(name, schema)
    alternatives = [*resolved.get("oneOf", []), *resolved.get("anyOf", [])]
    own = bool(resolved.get("examples") or resolved.get("example"))
    return own or any(_has_example({}, one, document) for one in alternatives)


def _lint(document: dict[str, Any], folder: Path) -> list[str]:
    """Let Redocly's linter read it; without npm it cannot be fetched, which is then said."""
    npm = shutil.which("npm")
    if npm is None:
        print("    npm is not installed: the document was validated, but not linted by Redocly.")
        return []
    place = ROOT / ".venv" / "redocly"
    command = place / "node_modules" / ".bin" / "redocly"
    if not command.exists():
        options = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        installed = _run([npm, "install", *options, "--prefix", str(place), _LINTER], folder)
        if installed.returncode != 0:
            return [f"{_LINTER} could not be installed:\n{installed.stderr[-1500:]}"]
    file = folder / "openapi.json"
    file.write_text(json.dumps(document, ensure_ascii=False))
    linted = _run(
        [str(command), "lint", str(file), "--config", str(_RULES), "--format", "json"], folder
    )
    _, brace, report = linted.stdout.partition("{")
    try:
        problems = json.loads(brace + report)["problems"]
    except (ValueError, KeyError):
        return [(linted.stdout + linted.stderr)[-3000:].strip()]
    return sorted({f"{one['ruleId']}: {one['message']} {_places(one)}" for one in problems})


def _places(problem: dict[str, Any]) -> str:
    return ", ".join(str(one.get("pointer", "")) for one in problem.get("location", []))


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(
        command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False
    )
