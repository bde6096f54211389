"""What breaks a caller and what does not, each rule on both sides."""

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.compat import RELEASED, excused, judged, without_prose
from tests.contract.compatible import Break, breaks

Document = dict[str, Any]
THING_OUT = {"$ref": "#/components/schemas/ThingOut"}
BASE: Document = {
    "security": [{"token": []}],
    "paths": {
        "/things": {
            "post": {
                "operationId": "post_thing",
                "x-access": {"capacities": ["member", "official"]},
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}},
                    {"name": "X-Way", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}},
                        "text/csv": {"schema": {"type": "string"}},
                    }
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": THING_OUT}}},
                    "409": {"content": {}},
                },
            }
        },
        "/gone": {"get": {"operationId": "get_gone", "responses": {}, "security": []}},
    },
    "components": {
        "schemas": {
            "ThingIn": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 9},
                    "title": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "state": {"$ref": "#/components/schemas/State"},
                    "size": {"type": "integer"},
                    "when": {"anyOf": [{"type": "string", "format": "date"},
                                       {"type": "string", "format": "date-time"}]},
                    "of": {"oneOf": [{"$ref": "#/components/schemas/A"},
                                     {"$ref": "#/components/schemas/B"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/ThingIn"}},
                },
            },
            "ThingOut": {
                "type": "object",
                "required": ["id", "size"],
                "properties": {
                    "id": {"type": "string"},
                    "size": {"type": "number"},
                    "state": {"$ref": "#/components/schemas/State"},
                    "of": {"oneOf": [{"$ref": "#/components/schemas/A"}]},
                },
            },
            "State": {"type": "string", "enum": ["open", "closed"]},
            "A": {"type": "object", "properties": {"kind": {"const": "a"}}},
            "B": {"type": "object", "properties": {"kind": {"const": "b"}}},
        }
    },
}  # fmt: skip


def changed(change: Callable[[Document], None]) -> list[str]:
    new = copy.deepcopy(BASE)
    change(new)
    return [str(one) for one in breaks(BASE, new)]


def post(document: Document) -> Document:
    operation: Document = document["paths"]["/things"]["post"]
    return operation


def model(document: Document, name: str) -> Document:
    schema: Document = document["components"]["schemas"][name]
    return schema


def put(name: str, key: str, value: Any) -> Callable[[Document], None]:
    """Set a property, or a part of a property with `property.part`, of a model."""
    inside, _, part = key.partition(".")

    def change(document: Document) -> None:
        properties = model(document, name)["properties"]
        if part:
            properties[inside][part] = value
        else:
            properties[inside] = value

    return change


BROKEN: dict[str, tuple[Callable[[Document], Any], str]] = {
    "an operation is gone": (
        lambda d: d["paths"].pop("/gone"),
        "removed-operation GET /gone",
    ),
    "an operation has another name": (
        lambda d: post(d).update(operationId="other"),
        "changed-operation-id POST /things",
    ),
    "a token is needed": (
        lambda d: d["paths"]["/gone"]["get"].pop("security"),
        "changed-security GET /gone",
    ),
    "the house's tokens are others": (
        lambda d: d.update(security=[{"key": []}]),
        "changed-security POST /things",
    ),
    "members may not any more": (
        lambda d: post(d)["x-access"].update(capacities=["official"]),
        "narrowed-access POST /things",
    ),
    "a parameter is gone": (
        lambda d: post(d)["parameters"].pop(0),
        "removed-parameter POST /things query limit",
    ),
    "a parameter is needed": (
        lambda d: post(d)["parameters"][0].update(required=True),
        "required-input POST /things query limit",
    ),
    "a new parameter is needed": (
        lambda d: post(d)["parameters"].append({"name": "q", "in": "query", "required": True}),
        "required-input POST /things query q",
    ),
    "a parameter's bound is tighter": (
        lambda d: post(d)["parameters"][0]["schema"].update(maximum=8),
        "narrowed-input POST /things query limit maximum",
    ),
    "the body is needed": (
        lambda d: post(d)["requestBody"].update(required=True),
        "required-input POST /things body",
    ),
    "the body is gone": (lambda d: post(d).pop("requestBody"), "removed-body POST /things"),
    "a form of the body is gone": (
        lambda d: post(d)["requestBody"]["content"].pop("text/csv"),
        "removed-media-type POST /things body text/csv",
    ),
    "an answer is gone": (lambda d: post(d)["responses"].pop("201"),
                          "removed-answer POST /things 201"),
    "a field of the body is gone": (
        lambda d: model(d, "ThingIn")["properties"].pop("size"),
        "removed-field ThingIn.size (request)",
    ),
    "a field of the answer is gone": (
        lambda d: model(d, "ThingOut")["properties"].pop("state"),
        "removed-field ThingOut.state (response)",
    ),
    "a field is needed": (
        lambda d: model(d, "ThingIn")["required"].append("size"),
        "required-input ThingIn.size",
    ),
    "a field need not be in the answer": (
        lambda d: model(d, "ThingOut")["required"].remove("id"),
        "optional-answer ThingOut.id",
    ),
    "a value is gone": (
        lambda d: model(d, "State")["enum"].remove("open"),
        "removed-value ThingIn.state open (request)",
    ),
    "a text has to be one of some": (
        put("ThingIn", "name.enum", ["a"]),
        "narrowed-input ThingIn.name enum",
    ),
    "an answer may be any text": (
        lambda d: model(d, "State").pop("enum"),
        "changed-type ThingOut.state (response)",
    ),
    "a text is shorter": (put("ThingIn", "name.maxLength", 8),
                          "narrowed-input ThingIn.name maxLength"),
    "a text is longer": (put("ThingIn", "name.minLength", 2),
                         "narrowed-input ThingIn.name minLength"),
    "a bound is new": (put("ThingIn", "size.minimum", 0), "narrowed-input ThingIn.size minimum"),
    "a pattern is new": (put("ThingIn", "name.pattern", "^a"),
                         "narrowed-input ThingIn.name pattern"),
    "unknown fields are refused": (
        lambda d: model(d, "ThingIn").update(additionalProperties=False),
        "narrowed-input ThingIn additionalProperties",
    ),
    "a number is a text": (put("ThingIn", "size", {"type": "string"}),
                           "changed-type ThingIn.size (request)"),
    "an answer has another type": (put("ThingOut", "id", {"type": "integer"}),
                                   "changed-type ThingOut.id (response)"),
    "null is not taken": (put("ThingIn", "title", {"type": "string"}),
                          "removed-alternative ThingIn.title null (request)"),
    "null is answered": (
        put("ThingOut", "id", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "widened-answer ThingOut.id null",
    ),
    "one of two forms is gone": (
        put("ThingIn", "when", {"type": "string", "format": "date"}),
        "removed-alternative ThingIn.when string date-time (request)",
    ),
    "a kind is gone": (
        put("ThingIn", "of", {"oneOf": [{"$ref": "#/components/schemas/A"}]}),
        "removed-alternative ThingIn.of B (request)",
    ),
}  # fmt: skip

HARMLESS: dict[str, Callable[[Document], Any]] = {
    "nothing": dict.copy,
    "an operation more": lambda d: d["paths"].update({"/new": {"get": {"responses": {}}}}),
    "more may": lambda d: post(d)["x-access"]["capacities"].append("expert"),
    "anyone may": lambda d: post(d)["x-access"].update(capacities=[]),
    "a parameter more": lambda d: post(d)["parameters"].append({"name": "q", "in": "query"}),
    "a header is written otherwise": lambda d: post(d)["parameters"][1].update(name="x-way"),
    "a bound is wider": lambda d: post(d)["parameters"][0]["schema"].update(maximum=10),
    "a bound is gone": lambda d: post(d)["parameters"][0]["schema"].pop("maximum"),
    "a form of the body more": lambda d: post(d)["requestBody"]["content"].update({"x/y": {}}),
    "an answer more": lambda d: post(d)["responses"].update({"202": {"content": {}}}),
    "a problem less": lambda d: post(d)["responses"].pop("409"),
    "a field of the body more": put("ThingIn", "more", {"type": "string"}),
    "a field of the answer more": put("ThingOut", "more", {"type": "string"}),
    "a field need not be sent": lambda d: model(d, "ThingIn")["required"].remove("name"),
    "a field is always answered": lambda d: model(d, "ThingOut")["required"].append("state"),
    "a value more": lambda d: model(d, "State")["enum"].append("new"),
    "a text may be longer": put("ThingIn", "name.maxLength", 10),
    "a text may be empty": put("ThingIn", "name.minLength", 0),
    "a pattern that the values fit": lambda d: model(d, "State").update(pattern="^(open|closed)$"),
    "any number is taken": put("ThingIn", "size", {"type": "number"}),
    "whole numbers are answered": put("ThingOut", "size", {"type": "integer"}),
    "null is taken": put("ThingIn", "size", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    "an answer's bound": put("ThingOut", "id.maxLength", 5),
    "a kind more is taken": put(
        "ThingIn",
        "of",
        {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("A", "B", "State")]},
    ),
    "a kind more is answered": put(
        "ThingOut", "of", {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in "AB"]}
    ),
}


@pytest.mark.refusing
@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_callers_is_found(name: str) -> None:
    change, expected = BROKEN[name]
    assert expected in changed(change)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_adds_breaks_nobody(name: str) -> None:
    assert changed(HARMLESS[name]) == []


def test_a_model_of_another_name_is_the_same_to_a_caller() -> None:
    def rename(document: Document) -> None:
        schemas = document["components"]["schemas"]
        schemas["Z"] = schemas.pop("B")
        schemas["ThingIn"]["properties"]["of"]["oneOf"][1] = {"$ref": "#/components/schemas/Z"}

    assert changed(rename) == []


@pytest.mark.refusing
def test_a_break_needs_a_reason_and_a_reason_needs_its_break(tmp_path: Path) -> None:
    listed = tmp_path / "breaking.toml"
    listed.write_text(
        '[[break]]\nwhat = "a x"\nreason = "law"\n[[break]]\nwhat = "b y"\nreason = " "\n'
        '[[break]]\nwhat = "c z"\nreason = "gone"\n'
    )
    found = [Break("a", "x"), Break("b", "y"), Break("d", "w")]
    assert judged(found, excused(listed)) == [
        "breaks callers: d w",
        "has no reason: b y",
        "breaks nothing, take it away: c z",
    ]


def test_a_field_called_title_is_no_prose() -> None:
    document = {"title": "x", "properties": {"title": {"title": "T", "type": "string"}}}
    assert without_prose(document) == {"properties": {"title": {"type": "string"}}}


def test_the_released_document_is_compatible_with_itself_and_not_with_less() -> None:
    released = json.loads(gzip.decompress(RELEASED.read_bytes()))
    assert breaks(released, released) == []
    less = copy.deepcopy(released)
    del less["components"]["schemas"]["ServicePayload"]["properties"]["amount"]
    assert {str(one) for one in breaks(released, less)} >= {
        "removed-field ServicePayload.amount (request)",
    }
