"""Each type of event with the JSON Schema of its body and an example that fits it.

Which fields `data` has is read from the code that records it (`catalogue.json`); what a field
holds follows from its name, since names here say their unit (`_id`, `_on`, `_at`, `_days`).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.portal.problems import catalogue

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ID: Final = "019b2f6e-0000-7000-8000-000000000001"
UUID: Final[Schema] = {"type": ["string", "null"], "format": "uuid"}
CHANGES: Final = ("entered", "changed", "removed")
# What is told to a reader who may not read the resource: that something happened, and where.
WITHHELD: Final[Schema] = {
    "type": "object",
    "properties": {"person_id": UUID, "center_id": UUID},
    "additionalProperties": False,
}
# By the end of a field's name: what it holds, and an example. Nothing is said of other names.
ENDINGS: Final[tuple[tuple[tuple[str, ...], Schema, Any], ...]] = (
    (("_ids",), {"type": ["array", "null"], "items": {"type": "string", "format": "uuid"}}, [ID]),
    (("_id",), UUID, ID),
    (("_codes", "_tags"), {"type": ["array", "null"], "items": {"type": "string"}}, ["…"]),
    (("_on",), {"type": ["string", "null"], "format": "date"}, "2026-03-02"),
    (("_at",), {"type": ["string", "null"], "format": "date-time"}, "2026-03-02T01:00:00Z"),
    (("_ppm", "_days", "year"), {"type": ["integer", "null"]}, 2026),
    # A policy's version is its name.
    (("version",), {"type": ["integer", "string", "null"]}, 3),
    (
        ("_sha256", "_hash"),
        {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"},
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
)


def types_of(service: str) -> list[str]:
    """Name the types of a service; `.*` stands for a second word that is the new state."""
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
    stem = event_type.removesuffix("*")
    family = f"^{re.escape(stem)}[a-z_]+$"
    named: Schema = {"const": event_type} if stem == event_type else {"pattern": family}
    return {
        "$schema": DIALECT,
        "title": event_type,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data", "position"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": {"const": f"/v1/{service.replace('_', '-')}"},
            "type": {"type": "string", **named},
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
    values = {name: _example(name, schema) for name, schema in data["properties"].items()}
    return {
        "specversion": "1.0",
        "id": "019b2f6e-0000-7000-8000-00000000000e",
        "source": f"/v1/{service.replace('_', '-')}",
        "type": event_type.replace("*", "changed"),
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
    if known is not None:
        return _object(known["fields"], known["always"])
    if resource.get("service") != service or verb not in CHANGES:
        return None
    data = _object(resource["fields"], [])
    data["properties"]["resource"] = {"const": kind}
    data["properties"]["fields_changed"] = {"type": "array", "items": {"type": "string"}}
    if verb == "removed":
        data["properties"]["removed"] = {"const": True}
    return data


def _object(fields: list[str], always: list[str]) -> Schema:
    return {
        "type": "object",
        "required": always,
        "properties": {name: _field(name) for name in fields},
        # Fields are added within `/v1`, and a resource that changed is laid out beside them.
        "additionalProperties": True,
    }


def _field(name: str) -> Schema:
    if name == "id":
        return {"type": "string", "format": "uuid"}
    return next((dict(schema) for ends, schema, _ in ENDINGS if name.endswith(ends)), {})


def _example(name: str, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    if "const" in schema:
        return schema["const"]
    if name == "fields_changed":
        return ["version"]
    if name == "id":
        return ID
    return next((example for ends, _, example in ENDINGS if name.endswith(ends)), "…")
