"""Merging the services' OpenAPI documents into the one that is published."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

Document = Mapping[str, Any]

# An operation or a schema each: `paths`, a path, a method; `components`, a kind, a name.
PIECES: Final = 3
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
REF: Final = "#/components/"
SCHEMAS: Final = "#/components/schemas/"
SECURITY_SCHEMES: Final[Document] = {
    "token": {
        "type": "oauth2",
        "description": "Client credentials; the access token is a signed JWT.",
        "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
    },
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
INFO: Final[Document] = {
    "title": "Zhichuang",
    "version": "1",
    "summary": "A city's manufacturing-innovation-centre programme, end to end.",
    "description": (
        "Applications, members, evaluation, ownership and payouts of manufacturing innovation "
        "centres. Money is integer 分, shares are ppm, scores are decimal text; refusals are "
        "problem documents that name every failed check with its rule and clause."
    ),
    "contact": {"name": "The competent authority that runs this installation"},
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


class Conflict(Exception):  # noqa: N818 - reads as what it is
    """Two services answer one path, or call two operations by one name."""


def clashing_names(documents: Mapping[str, Document]) -> set[str]:
    """Name the schemas that services define differently, themselves or by what they refer to."""
    owners: dict[str, list[Any]] = {}
    for document in documents.values():
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            owners.setdefault(name, []).append(schema)
    shared = {name: found for name, found in owners.items() if len(found) > 1}
    clashing = {name for name, found in shared.items() if any(one != found[0] for one in found)}
    while more := {
        name
        for name, found in shared.items()
        if name not in clashing and any(key in clashing for _, key in _references(found[0]))
    }:
        clashing |= more
    return clashing


def readable_name(service: str, name: str, clashing: Collection[str]) -> str:
    """Give the published name of a schema: short, and never one name for two things.

    The framework writes `registry__notices__rules__State` where one service has several `State`s;
    a clash between services is parted by the service's name.
    """
    parts = name.split("__")
    if len(parts) > 2:
        return _camel(f"{parts[0]}_{parts[1]}") + parts[-1]
    return _camel(service) + name if name in clashing else name


def _camel(words: str) -> str:
    return "".join(word.capitalize() for word in re.split("[-_]", words))


def _renamed(node: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """Rewrite references to schemas, in `$ref` and in a discriminator's mapping."""
    if isinstance(node, Mapping):
        return {key: _renamed(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item, names) for item in node]
    if isinstance(node, str) and node.startswith(SCHEMAS):
        old = node.removeprefix(SCHEMAS)
        return SCHEMAS + names.get(old, old)
    return node


def with_readable_names(documents: Mapping[str, Document]) -> dict[str, Document]:
    """Give the documents with their schemas under the names that are published."""
    clashing = clashing_names(documents)
    found: dict[str, Document] = {}
    for service, document in documents.items():
        schemas = document.get("components", {}).get("schemas", {})
        names = {name: readable_name(service, name, clashing) for name in schemas}
        renamed = _renamed(document, names)
        components = {
            **renamed.get("components", {}),
            "schemas": {names[old]: schema for old, schema in _renamed(schemas, names).items()},
        }
        found[service] = {**renamed, "components": components}
    return found


def answering(document: Document, responses: Mapping[str, Any]) -> dict[str, Any]:
    """Give a service's document with what the door answers in its place, by status."""
    paths = {
        path: {
            key: {**operation, "responses": {**operation.get("responses", {}), **responses}}
            if key in METHODS
            else operation
            for key, operation in item.items()
        }
        for path, item in document.get("paths", {}).items()
    }
    return {**document, "paths": paths}


def merged(documents: Mapping[str, Document]) -> dict[str, Any]:
    """Merge documents by service name; raise `Conflict` for one path or operation name twice.

    Internal operations are left out, and so is every component that nothing then refers to.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    tags: dict[str, Any] = {}
    for name, document in sorted(with_readable_names(documents).items()):
        for path, item in _published_paths(document):
            _put(paths, path, item, name)
        for kind, named in document.get("components", {}).items():
            for key, component in named.items():
                if kind != "securitySchemes":
                    _put(components.setdefault(kind, {}), key, component, name)
        for tag in document.get("tags", []):
            tags.setdefault(tag["name"], tag)
    _check_operation_ids(paths)
    used = _reachable(paths, components)
    return {
        "openapi": "3.1.0",
        "info": dict(INFO),
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"bearer": []}],
        "tags": [tags[name] for name in sorted(tags)],
        "paths": dict(sorted(paths.items())),
        "components": {
            **{
                kind: {key: named[key] for key in sorted(named) if (kind, key) in used}
                for kind, named in sorted(components.items())
            },
            "securitySchemes": dict(SECURITY_SCHEMES),
        },
    }


def _published_paths(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        kept = {
            key: _with_security(operation)
            for key, operation in item.items()
            if key not in METHODS or not operation.get("x-internal")
        }
        if any(key in METHODS for key in kept):
            yield path, kept


def _with_security(operation: Any) -> Any:  # noqa: ANN401 - an operation, or what stands beside it
    """Leave an operation that needs no token as it is; the others follow the whole document."""
    if not isinstance(operation, dict) or not operation.get("security"):
        return operation
    return {key: value for key, value in operation.items() if key != "security"}


def _put(target: dict[str, Any], key: str, value: object, service: str) -> None:
    if key in target and target[key] != value:
        raise Conflict(f"{key} of {service} is another one than that of its neighbours")
    target[key] = value


def _check_operation_ids(paths: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for path, item in paths.items():
        for method in METHODS:
            name = item.get(method, {}).get("operationId")
            if name is not None and seen.setdefault(name, path) != path:
                raise Conflict(f"operationId {name} stands for {seen[name]} and {path}")


def _reachable(
    paths: Mapping[str, Any], components: Mapping[str, Mapping[str, Any]]
) -> set[tuple[str, str]]:
    """Follow references from the paths to every component that is needed."""
    used: set[tuple[str, str]] = set()
    waiting = list(_references(paths))
    while waiting:
        kind, key = waiting.pop()
        if (kind, key) in used:
            continue
        used.add((kind, key))
        waiting.extend(_references(components.get(kind, {}).get(key)))
    return used


def _references(node: object) -> Iterable[tuple[str, str]]:
    if isinstance(node, Mapping):
        for value in node.values():
            if isinstance(value, str) and value.startswith(REF):
                # `$ref`, and the targets of a discriminator's mapping.
                kind, _, name = value.removeprefix(REF).partition("/")
                yield kind, name
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def encoded(document: Document, depth: int = PIECES) -> bytes:
    """Write a document the same way every time, so that its tag only changes with it.

    It is written in pieces: the library lets no other thread have a turn before it is done.
    """
    if depth == 0 or not isinstance(document, Mapping):
        return _encoded(document)
    members = (b"%b:%b" % (_encoded(key), encoded(one, depth - 1)) for key, one in document.items())
    return b"{%b}" % b",".join(members)


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
