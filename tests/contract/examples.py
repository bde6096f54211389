"""Every example of the published document, sent to the running stack as it stands.

Ids in it are invented, so that a step may find nothing or be refused by a rule. What an example may
not do is fail by its form: a reader who copies it would be told of a field that is missing, unknown
or wrong. What is answered has the form that the document says.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
from jsonschema import Draft202012Validator

from tests.contract.openapi import operations
from tests.contract.roles import CALLERS
from tests.contract.step import Context

# These would move the stack itself, or end what the other checks go on with.
_LEFT_ALONE: Final = re.compile(
    r"(PUT|POST) /v1/sandbox/|\w+ /oauth/|DELETE /v1/|POST /v1/identity/clients/\{client_id\}/keys"
)
_MEDIA: Final = ("application/json", "application/merge-patch+json")
_FORM: Final = {"FIELD_MISSING", "FIELD_UNKNOWN", "FIELD_INVALID"}
_UNREAD: Final = {400, 405, 406, 415}
_NOBODY: Final = "01890000-0000-7000-8000-000000000000"
# What is no id, where a form alone does not say what could stand there.
_MADE_UP: Final = {
    "center code": "C01", "code": "A1", "kind": "plan", "name": "示例", "before": "2016",
    "source": "示例清单", "Claim-Secret": "x" * 43,
}  # fmt: skip
_FORMS: Final = {"date": "2026-03-02", "date-time": "2026-03-02T01:00:00Z", "uuid": _NOBODY}
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
Operation = Mapping[str, Any]
Document = Mapping[str, Any]


def ask(context: Context) -> list[str]:
    """Send each example as somebody who may; name those that fail by their form."""
    document = context.openapi
    clients: dict[str | None, httpx.Client] = {}
    faults, sent = [], 0
    for place, operation in operations(dict(document)):
        caller = _caller(operation)
        if _LEFT_ALONE.match(place) or caller == "":
            continue
        client = clients.setdefault(caller, context.client(caller or None))
        for media, body in _bodies(operation, document):
            answer = client.send(_request(client, place, operation, document, media, body))
            sent += 1
            faults += [f"{place}: {fault}" for fault in _judged(answer, operation, document)]
    if sent < 200:
        faults.append(f"only {sent} examples were sent")
    return faults


def _caller(operation: Operation) -> str | None:
    """Name somebody who may call; None where anyone may, nothing where no caller of ours may."""
    capacities = set(operation["x-access"]["capacities"])
    if not capacities:
        return None
    return next((name for name, own in CALLERS.items() if name and own & capacities), "")


def _bodies(operation: Operation, document: Document) -> Iterator[tuple[str, Any]]:
    """Give each example body; an operation without one is sent once, with its parameters."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        yield "", None
    for media in _MEDIA:
        if media in content:
            yield from ((media, body) for body in examples(content[media], document))


def examples(content: Mapping[str, Any], document: Document) -> Iterator[Any]:
    """Give the examples of a body: its own, else those of its form or of each of its choices."""
    given = [one["value"] for one in content.get("examples", {}).values()]
    given += [content["example"]] if "example" in content else []
    yield from given or _of_schema(content.get("schema", {}), document)


def _of_schema(schema: Mapping[str, Any], document: Document) -> Iterator[Any]:
    schema = _resolved(schema, document)
    yield from schema.get("examples", [])
    if not schema.get("examples"):
        for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            yield from _of_schema(one, document)
        if schema.get("type") == "array":
            yield from ([one] for one in _of_schema(schema.get("items", {}), document))


def _request(
    client: httpx.Client,
    place: str,
    operation: Operation,
    document: Document,
    media: str,
    body: Any,
) -> httpx.Request:
    method, _, path = place.partition(" ")
    given: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for one in operation.get("parameters", []):
        value = _value(one, path, document)
        if value is not None and one["name"] != "wait":
            given[one["in"]][one["name"]] = value
    path = _PARAMETER.sub(lambda match: given["path"].get(match[1], _NOBODY), path)
    headers = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": '"1"', **given["header"]}
    if media:
        headers["Content-Type"] = media
    content = json.dumps(body, ensure_ascii=False).encode() if media else None
    return client.build_request(
        method, path, params=given["query"], headers=headers, content=content
    )


def _value(parameter: Mapping[str, Any], path: str, document: Document) -> str | None:
    """Give a parameter's example; what has none is left out, or made up where it has to be."""
    schema = _resolved(parameter.get("schema", {}), document)
    found = [one["value"] for one in parameter.get("examples", {}).values()]
    found = [parameter["example"]] if "example" in parameter else found
    found = found or [*schema.get("examples", [])]
    if not found and parameter.get("required"):
        found = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
    if not found and parameter.get("required"):
        found = [_made_up(parameter["name"], path, schema)]
    return str(found[0]) if found else None


def _made_up(name: str, path: str, schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "integer":
        return "2026" if name == "year" else str(schema.get("minimum", 1))
    named = "center code" if path.startswith("/v1/public/centers/") and name == "code" else name
    return _FORMS.get(schema.get("format", ""), _MADE_UP.get(named, _NOBODY))


def _resolved(schema: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _judged(answer: httpx.Response, operation: Operation, document: Document) -> Iterator[str]:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    unread = answer.status_code in _UNREAD and str(answer.status_code) not in operation["responses"]
    if answer.status_code >= 500 or unread:
        yield f"{answer.status_code} {answer.text[:300]}"
    elif answer.status_code == 422:
        told = answer.json()["errors"]
        by_form = [one for one in told if one["code"] in _FORM]
        yield from (f"{one['code']} {one.get('pointer')}: {one['detail']}" for one in by_form)
    elif answer.is_success and kind == "application/json":
        said = operation["responses"].get(str(answer.status_code), {}).get("content", {})
        if kind not in said:
            yield f"{answer.status_code} is not documented"
            return
        schema = {"components": document["components"], **said[kind]["schema"]}
        for error in Draft202012Validator(schema).iter_errors(answer.json()):
            where = "/".join(map(str, error.absolute_path))
            yield f"the answer is another one than documented, at {where}: {error.message[:200]}"
