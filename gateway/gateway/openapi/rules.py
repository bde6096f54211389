"""Merging the services' OpenAPI documents into the one that is published."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Document = Mapping[str, Any]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
REF: Final = "#/components/"
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
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


class Conflict(Exception):  # noqa: N818 - reads as what it is
    """Two services use one name for two things."""


def merged(documents: Mapping[str, Document]) -> dict[str, Any]:
    """Merge documents by service name; raise `Conflict` where names mean different things.

    Internal operations are left out, and so is every component that nothing then refers to.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    tags: dict[str, Any] = {}
    for name, document in sorted(documents.items()):
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


def _references(node: Any) -> Iterable[tuple[str, str]]:  # noqa: ANN401 - any JSON value
    if isinstance(node, Mapping):
        for key, value in node.items():
            if isinstance(value, str) and value.startswith(REF):
                # `$ref`, and the targets of a discriminator's mapping.
                kind, _, name = value.removeprefix(REF).partition("/")
                yield kind, name
            else:
                yield from _references(value)
            del key
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def encoded(document: Document) -> bytes:
    """Write a document the same way every time, so that its tag only changes with it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
