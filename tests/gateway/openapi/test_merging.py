"""One published document from many: what is kept, what is dropped, what is refused."""

import json
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


def test_what_the_door_answers_for_a_service_stands_at_each_of_its_operations() -> None:
    known = document("/a", "a_get")
    late = {"504": {"description": "late"}}
    shown = rules.answering(known, late)["paths"]["/a"]["get"]["responses"]
    assert list(shown) == ["200", "504"]
    assert "504" not in known["paths"]["/a"]["get"]["responses"]


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


def test_one_name_for_two_schemas_is_parted_by_the_service() -> None:
    other = document("/b", "b_get")
    other["components"]["schemas"]["B"] = {"type": "integer"}
    documents = {"a": document("/a", "a_get"), "ip-ledger": other}
    assert rules.clashing_names(documents) == {"A", "B"}, "A refers to B"
    schemas = rules.merged(documents)["components"]["schemas"]
    assert list(schemas) == ["AA", "AB", "IpLedgerA", "IpLedgerB"]
    assert schemas["AB"] == {"type": "string"}
    assert schemas["IpLedgerB"] == {"type": "integer"}


def test_several_states_of_one_service_get_readable_names() -> None:
    long = "ip_ledger__assets__rules__State"
    one = document("/a", "a_get", schema=long)
    one["components"]["schemas"][long] = {"type": "string"}
    merged = rules.merged({"ip-ledger": one})
    assert list(merged["components"]["schemas"]) == ["IpLedgerAssetsState"]
    reference = merged["paths"]["/a"]["get"]["responses"]["200"]["$ref"]
    assert reference == "#/components/schemas/IpLedgerAssetsState"


def test_one_name_for_one_schema_is_kept_short() -> None:
    documents = {"a": document("/a", "a_get"), "b": document("/b", "b_get")}
    assert rules.clashing_names(documents) == set()
    assert list(rules.merged(documents)["components"]["schemas"]) == ["A", "B"]
    # Three that differ anywhere differ, whichever comes first.
    for odd in ("a", "b", "c"):
        three = {name: document(f"/{name}", f"{name}_get") for name in ("a", "b", "c")}
        three[odd]["components"]["schemas"]["B"] = {"type": "integer"}
        assert rules.clashing_names(three) == {"A", "B"}


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("A", "IpLedgerA"),
        ("B", "B"),
        ("State__Inner", "State__Inner"),
        ("ip_ledger__assets__rules__State", "IpLedgerAssetsState"),
        ("ip_ledger__assets__State", "IpLedgerAssetsState"),
    ],
)
def test_a_published_name_is_short_where_it_can_be(name: str, readable: str) -> None:
    assert rules.readable_name("ip-ledger", name, {"A"}) == readable


def test_a_list_of_schemas_is_followed_and_chinese_is_written_as_it_is() -> None:
    one = document("/a", "a_get")
    one["components"]["schemas"]["A"] = {"anyOf": [{"$ref": "#/components/schemas/B"}, {"x": "中"}]}
    # A refers to itself, too: it is followed once.
    one["components"]["schemas"]["B"] = {"$ref": "#/components/schemas/A"}
    merged = rules.merged({"a": one})
    assert list(merged["components"]["schemas"]) == ["A", "B"]
    assert '"x":"中"'.encode() in rules.encoded(merged)


@pytest.mark.refusing
def test_one_path_of_two_services_is_a_conflict() -> None:
    with pytest.raises(rules.Conflict, match="/a of b"):
        rules.merged({"a": document("/a", "a_get"), "b": document("/a", "b_get")})


@pytest.mark.refusing
def test_one_operation_id_for_two_paths_is_a_conflict() -> None:
    with pytest.raises(rules.Conflict, match="operationId"):
        rules.merged({"a": document("/a", "same"), "b": document("/b", "same")})


def test_the_same_documents_give_the_same_bytes() -> None:
    a, b = document("/a", "a_get"), document("/b", "b_get")
    first = rules.encoded(rules.merged({"a": a, "b": b}))
    assert first == rules.encoded(rules.merged({"b": b, "a": a}))
    # As in one piece, with nothing that a name or a text could break.
    odd: dict[str, Any] = {'a\n"': {}, "分": {"%b": [{"x": None}], "y": {"z": "\\ 分"}}, "n": 1.5}
    whole = json.dumps(odd, ensure_ascii=False, separators=(",", ":")).encode()
    assert rules.encoded(odd) == whole
