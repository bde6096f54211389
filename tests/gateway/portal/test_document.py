"""The document in Chinese: what is told, and what stays as it is."""

from typing import Any

from gateway.openapi import rules
from gateway.portal.document import in_chinese
from tests.fixtures.documents import without_words

# Said as a field, as a model and as an answer; and something that nobody has said yet.
FIELD, FIELD_ZH = "The owner.", "权利人。"
MODEL, MODEL_ZH = "An owner's share.", "权利人的份额。"
ANSWER, ANSWER_ZH = "Successful Response", "办理成功。"
NEW = "What nobody has said in Chinese."


def document(schema: dict[str, Any], **over: Any) -> dict[str, Any]:
    operation = {
        "tags": ["news"],
        "operationId": "registry_new",
        "summary": "Do",
        "description": NEW,
        "x-access": {"tenant": "any centre"},
        "responses": {"200": {"description": ANSWER}, "404": {"description": "NOT_FOUND"}},
        **over,
    }
    return {
        "info": rules.INFO,
        "tags": [{"name": "news", "description": NEW}],
        "paths": {"/v1/news": {"post": operation}},
        "components": {"schemas": {"New": schema}, "securitySchemes": rules.SECURITY_SCHEMES},
    }


def told(schema: dict[str, Any], **over: Any) -> dict[str, Any]:
    plain = document(schema, **over)
    found = in_chinese(plain)
    assert without_words(found) == without_words(plain)
    return found


def schema_of(schema: dict[str, Any]) -> Any:
    return told(schema)["components"]["schemas"]["New"]


def test_a_model_and_its_fields_at_any_depth_are_told_each_by_their_own_words() -> None:
    deep = {"anyOf": [{"items": {"description": FIELD}}, {"description": NEW}]}
    found = schema_of({"description": "An owner's\n share.", "properties": {"a": deep}})
    assert found["description"] == MODEL_ZH
    assert found["properties"]["a"]["anyOf"] == [
        {"items": {"description": FIELD_ZH}},
        {"description": NEW},
    ]
    # A model's words are no field's.
    assert schema_of({"description": FIELD})["description"] == FIELD


def test_a_field_may_be_called_as_a_keyword_is() -> None:
    names = ("description", "summary", "default", "examples", "enum", "properties")
    fields = {name: {"type": "string", "description": FIELD} for name in names}
    found = schema_of({"properties": fields})["properties"]
    assert [found[name]["description"] for name in names] == [FIELD_ZH] * len(names)


def test_data_stay_as_they_are() -> None:
    data = {"description": FIELD}
    schema = {
        "example": data, "examples": [data], "default": data, "const": data, "enum": [data],
        "discriminator": {"propertyName": "a", "mapping": {"description": FIELD}},
    }  # fmt: skip
    assert schema_of(schema) == schema


def test_bodies_answers_and_examples_of_refusals_are_told() -> None:
    inline = {"application/json": {"schema": {"description": FIELD}, "example": {"a": FIELD}}}
    refused = {
        "description": "NOT_FOUND",
        "content": {
            "application/problem+json": {
                "examples": {
                    "NOT_FOUND": {"summary": "It is not there", "value": {"description": FIELD}},
                    "UNKNOWN_HERE": {"summary": "It is newer"},
                }
            }
        },
    }
    answers = {"200": {"description": ANSWER, "content": inline}, "404": refused}
    found = told({}, requestBody={"content": inline}, responses=answers)
    operation = found["paths"]["/v1/news"]["post"]
    assert operation["x-access"] == {"tenant": "任一中心"}
    for content in (operation["requestBody"]["content"], operation["responses"]["200"]["content"]):
        assert content["application/json"]["schema"]["description"] == FIELD_ZH
    assert operation["responses"]["200"]["description"] == ANSWER_ZH
    refusal = operation["responses"]["404"]
    assert refusal["description"] == "NOT_FOUND"
    examples = refusal["content"]["application/problem+json"]["examples"]
    assert examples["NOT_FOUND"]["value"] == {"description": FIELD}
    assert examples["NOT_FOUND"]["summary"] != "It is not there"
    assert examples["UNKNOWN_HERE"] == {"summary": "It is newer"}


def test_an_operation_that_nobody_has_told_keeps_its_own_heading() -> None:
    found = told({})
    assert found["tags"] == [{"name": "news", "description": NEW}]
    operation = found["paths"]["/v1/news"]["post"]
    assert (operation["summary"], operation["description"]) == ("Do", NEW)
