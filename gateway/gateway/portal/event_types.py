"""Each type of event with the JSON Schema of its body and an example that fits it.

Which fields `data` has is read from the code that records it, and what they hold from the columns
of its resource (`catalogue.json`). What no column tells follows from a field's name, since names
here say their unit (`_id`, `_on`, `_at`, `_days`), or from its example (`samples.py`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.portal.problems import catalogue
from gateway.portal.samples import EXAMPLES, ID, LOOSE, OWN

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
UUID: Final[Schema] = {"type": ["string", "null"], "format": "uuid"}
CHANGES: Final = ("entered", "changed", "removed")
# What is told to a reader who may not read the resource: that something happened, and where.
WITHHELD: Final[Schema] = {
    "type": "object",
    "properties": {"person_id": UUID, "center_id": UUID},
    "additionalProperties": False,
}
# By the end of a field's name: what it holds, and an example.
ENDINGS: Final[tuple[tuple[tuple[str, ...], Schema, Any], ...]] = (
    (("_ids",), {"type": ["array", "null"], "items": {"type": "string", "format": "uuid"}}, [ID]),
    (("_id",), UUID, ID),
    (
        ("_codes", "_tags"),
        {"type": ["array", "null"], "items": {"type": "string"}},
        ["integrated_circuit"],
    ),
    (("_on",), {"type": ["string", "null"], "format": "date"}, "2026-03-02"),
    (("_at",), {"type": ["string", "null"], "format": "date-time"}, "2026-03-02T01:00:00Z"),
    (("_ppm", "_days", "year"), {"type": ["integer", "null"]}, 2026),
    # A policy's version is its name.
    (("version",), {"type": ["integer", "string", "null"]}, 3),
    (
        ("_sha256", "_hash", "sha256"),
        {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"},
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
)


JSON_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean", int: "integer", str: "string", list: "array", dict: "object",
}  # fmt: skip
# Of a column whose name says nothing.
PLAIN: Final[Mapping[str, Any]] = {
    "boolean": True, "integer": 12, "string": "2026.1", "array": [], "object": {},
}  # fmt: skip

# What a text of a form is, where the name does not end as such names do.
BY_FORM: Final[Mapping[str, tuple[str, str]]] = {
    "uuid": ("_id", ID),
    "date": ("_on", "2026-03-02"),
    "date-time": ("_at", "2026-03-02T01:00:00Z"),
}


def types_of(service: str) -> list[str]:
    """Name the types of a service."""
    told = catalogue()
    kinds = [kind for kind, one in told["resources"].items() if one["service"] == service]
    changes = [f"{kind}.{verb}" for kind in kinds for verb in CHANGES]
    return sorted({*told["events"].get(service, {}), *changes})


def services() -> list[str]:
    """Name the services that record events."""
    return sorted(catalogue()["events"])


def schema_of(service: str, event_type: str) -> Schema | None:
    """Give the JSON Schema of an event of a type; None where the service records no such type."""
    data = _data_of(service, event_type)
    if data is None:
        return None
    return {
        "$schema": DIALECT,
        "title": event_type,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data", "position"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"const": f"/v1/{service.replace('_', '-')}"},
            "type": {"const": event_type},
            "subject": {"type": "string", "format": "uuid"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "data": {"anyOf": [data, WITHHELD]},
            "position": {"type": "integer", "minimum": 1},
        },
    }


def example_of(service: str, event_type: str) -> dict[str, Any] | None:
    """Give an event of a type as it could be; None where the service records no such type."""
    data = _data_of(service, event_type)
    if data is None:
        return None
    values = {name: _example(service, name, of) for name, of in data["properties"].items()}
    return {
        "specversion": "1.0",
        "id": "019b2f6e-0000-7000-8000-00000000000e",
        "source": f"/v1/{service.replace('_', '-')}",
        "type": event_type,
        "subject": ID,
        "time": "2026-03-02T01:00:00Z",
        "datacontenttype": "application/json",
        "data": values,
        "position": 42,
    }


def _data_of(service: str, event_type: str) -> Schema | None:
    told = catalogue()
    kind, _, verb = event_type.partition(".")
    known = told["events"].get(service, {}).get(event_type)
    resource = told["resources"].get(kind, {})
    columns: Mapping[str, Schema] = resource.get("fields", {})
    if known is not None:
        return _object(known["fields"], known["always"], columns)
    if resource.get("service") != service or verb not in CHANGES:
        return None
    data = _object(columns, [], columns)
    data["properties"]["resource"] = {"const": kind}
    data["properties"]["fields_changed"] = {"type": "array", "items": {"enum": sorted(columns)}}
    if verb == "removed":
        data["properties"]["removed"] = {"const": True}
    return data


def _object(fields: Iterable[str], always: list[str], columns: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": always,
        "properties": {name: dict(columns.get(name) or _field(name)) for name in fields},
        # Fields are added within `/v1`, and a resource that changed is laid out beside them.
        "additionalProperties": True,
    }


def _field(name: str) -> Schema:
    """Say what a field holds that is no column of its resource."""
    if name == "id":
        return {"type": "string", "format": "uuid"}
    if name in LOOSE:
        return {}
    if name in EXAMPLES:
        return {"type": [JSON_TYPES[type(EXAMPLES[name])], "null"]}
    return next((dict(schema) for ends, schema, _ in ENDINGS if name.endswith(ends)), {})


def _example(service: str, name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if name == "fields_changed" and "items" in schema:
        return schema["items"]["enum"][:1]
    if name == "id":
        return ID
    if schema.get("properties", {}).keys() == {"amount", "currency"}:
        return {"amount": 3_500_000, "currency": "CNY"}
    by_end = (example for ends, _, example in ENDINGS if name.endswith(ends))
    # A field's own words say more than the end of its name.
    told = {**EXAMPLES, **OWN[service]}
    found = told[name] if name in told else next(by_end, None)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and (found is None or JSON_TYPES[type(found)] not in types):
        found = PLAIN[types[0]]
    form = schema.get("format")
    # A text of another form, whose name ends in nothing that is known.
    return found if form is None or name.endswith(BY_FORM[form][0]) else BY_FORM[form][1]
