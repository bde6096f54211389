"""The published form of a service: complete, readable, without the framework's own models."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi

from shared.http.dependencies import if_match, page_request
from shared.http.problem import add_problem, problems
from shared.http.route import UnitOfWorkRoute
from shared.http.schemas import CheckOut, ProblemOut

# What these ask of a request they refuse by themselves, wherever they are asked for.
ASKED: Final[Mapping[Callable[..., Any], str]] = {
    if_match: "PRECONDITION_REQUIRED",
    page_request: "CURSOR_MISMATCH",
}
REF = "#/components/schemas/{model}"
HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Link": {
        "description": 'Where the list goes on: `<…>; rel="next"`. Absent on its last page.',
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Tells this answer from others: for `If-None-Match` and `If-Match`.",
        "schema": {"type": "string"},
    },
}


def published(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI document once, and keep it."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": "/"}],
        separate_input_output_schemas=False,
    )
    document = _readable(document)
    _name_bounds(document)
    _document_problems(document)
    _document_declared(document, app)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["CheckOut"] = CheckOut.model_json_schema(ref_template=REF)
    problem = ProblemOut.model_json_schema(ref_template=REF)
    problem.pop("$defs", None)
    schemas["Problem"] = problem
    document["components"]["headers"] = {name: dict(told) for name, told in HEADERS.items()}
    document["components"]["securitySchemes"] = {
        "token": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}},
        }
    }
    document["security"] = [{"token": []}]
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    app.openapi_schema = document
    return document


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """Name models after their feature where several features have one of the same name.

    The framework tells them apart by their modules, `evaluation__panels__rules__State`; a client
    generated from that reads better with `PanelsState`, and needs the title to be as unique.
    """
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    text = json.dumps(document)
    for name in [name for name in schemas if "__" in name]:
        _, feature, *_, own = name.split("__")
        better = feature.title().replace("_", "") + own
        if better not in schemas:
            text = text.replace(f'"{name}"', f'"{better}"').replace(f'/{name}"', f'/{better}"')
    renamed: dict[str, Any] = json.loads(text)
    for name, model in renamed.get("components", {}).get("schemas", {}).items():
        if "enum" in model:
            model["title"] = name
    return renamed


# What Pydantic writes where a bound stands on a type of our own, and what JSON Schema calls it.
BOUNDS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
}


def _name_bounds(part: object) -> None:
    """Give bounds their proper names, wherever a number is described."""
    if isinstance(part, list):
        for one in part:
            _name_bounds(one)
    elif isinstance(part, dict):
        if part.get("type") in ("integer", "number"):
            for ours, theirs in BOUNDS.items():
                if ours in part:
                    part[theirs] = part.pop(ours)
        for one in part.values():
            _name_bounds(one)


def _document_problems(document: dict[str, Any]) -> None:
    """Put our problem documents where an operation declares none, in place of the framework's."""
    for item in document["paths"].values():
        for operation in item.values():
            answers = operation["responses"]
            if "HTTPValidationError" in json.dumps(answers.get("422", "")):
                del answers["422"]
                for status, answer in problems().items():
                    answers.setdefault(str(status), answer)


def _document_declared(document: dict[str, Any], app: FastAPI) -> None:
    """Add what an operation answers by its declaration alone: nobody has to write it twice."""
    for route in app.routes:
        if isinstance(route, UnitOfWorkRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                answers = operation["responses"]
                for code in declared_problems(route):
                    add_problem(answers, code)
                _document_headers(answers, route, method)
                operation["responses"] = dict(sorted(answers.items()))


def _document_headers(answers: dict[str, Any], route: UnitOfWorkRoute, method: str) -> None:
    """Say which fields a good answer bears besides its body."""
    told = ["ETag"] if method == "GET" else []
    told += ["Link"] if page_request in _calls(route.dependant) else []
    good = answers.get("200")
    if good is not None and told:
        refs = {name: {"$ref": f"#/components/headers/{name}"} for name in told}
        good["headers"] = {**refs, **good.get("headers", {})}


def declared_problems(route: UnitOfWorkRoute) -> list[str]:
    """Name what an operation refuses by its declaration: the role, a key, a version, a cursor."""
    access = route.access
    codes = ["FORBIDDEN_SCOPE"] if access.capacities else []
    codes += ["IDEMPOTENCY_KEY_REQUIRED"] if access.key_required else []
    return codes + [ASKED[call] for call in _calls(route.dependant) if call in ASKED]


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _calls(one)
