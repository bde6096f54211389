"""One published document from many: what is kept, what is dropped, what is refused."""

from typing import Any

import pytest

from gateway.openapi import rules


def document(path: str, operation_id: str, schema: str = "A", **more: Any) -> dict[str, Any]:
    operation = {
        "operationId": operation_id,
        "security": [{"token": []}],
        "responses": {"200": {"$ref": f"#/components/schemas/{schema}"}},
        **more,
    }
    return {
        "paths": {path: {"get": operation}},
        "components": {
            "schemas": {
                "A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}},
                "B": {"type": "string"},
                "Unused": {"type": "string"},
            },
            "securitySchemes": {"token": {"type": "oauth2"}},
        },
        "tags": [{"name": "x", "description": "X."}],
    }


def test_paths_and_needed_components_come_together() -> None:
    merged = rules.merged({"a": document("/a", "a_get"), "b": document("/b", "b_get")})
    assert list(merged["paths"]) == ["/a", "/b"]
    assert list(merged["components"]["schemas"]) == ["A", "B"]
    assert merged["tags"] == [{"name": "x", "description": "X."}]
    assert merged["servers"] == [{"url": "/"}]


def test_security_is_said_once_for_the_whole_document() -> None:
    open_one = document("/open", "open_get", security=[])
    merged = rules.merged({"a": document("/a", "a_get"), "b": open_one})
    assert merged["security"] == [{"token": []}, {"bearer": []}]
    assert set(merged["components"]["securitySchemes"]) == {"token", "bearer"}
    assert "security" not in merged["paths"]["/a"]["get"]
    assert merged["paths"]["/open"]["get"]["security"] == []


def test_internal_operations_and_what_only_they_need_are_left_out() -> None:
    inner = document("/internal", "internal_get")
    inner["paths"]["/internal"]["get"]["x-internal"] = True
    merged = rules.merged({"a": inner, "b": document("/b", "b_get", schema="B")})
    assert list(merged["paths"]) == ["/b"]
    assert list(merged["components"]["schemas"]) == ["B"]


def test_a_discriminator_s_mapping_counts_as_a_reference() -> None:
    one = document("/a", "a_get")
    one["components"]["schemas"]["A"] = {
        "discriminator": {"mapping": {"b": "#/components/schemas/B"}}
    }
    assert list(rules.merged({"a": one})["components"]["schemas"]) == ["A", "B"]


@pytest.mark.refusing
def test_one_name_for_two_schemas_is_a_conflict() -> None:
    other = document("/b", "b_get")
    other["components"]["schemas"]["B"] = {"type": "integer"}
    with pytest.raises(rules.Conflict, match="B of b"):
        rules.merged({"a": document("/a", "a_get"), "b": other})


@pytest.mark.refusing
def test_one_operation_id_for_two_paths_is_a_conflict() -> None:
    with pytest.raises(rules.Conflict, match="operationId"):
        rules.merged({"a": document("/a", "same"), "b": document("/b", "same")})


def test_the_same_documents_give_the_same_bytes() -> None:
    a, b = document("/a", "a_get"), document("/b", "b_get")
    first = rules.encoded(rules.merged({"a": a, "b": b}))
    assert first == rules.encoded(rules.merged({"b": b, "a": a}))
