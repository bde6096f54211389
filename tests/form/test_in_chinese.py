"""The reference in Chinese: all that the document says is there, and nothing that it does not say.

A new operation, or a changed sentence of a field, is missing here until someone has said it in
Chinese, in `gateway/gateway/portal/in_chinese`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from gateway.app import assembled
from gateway.openapi.rules import merged
from gateway.portal import chinese
from gateway.portal.problems import operations_of
from gateway.portal.reference import DEPTH, REFERENCE, tag_list, tag_page
from gateway.settings import GatewaySettings
from tests.form.source import listed
from tests.form.test_published import documents

# Two words of English prose one after another; names in capitals and code are no prose.
PROSE: Final = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,}\b")
CODE: Final = re.compile(r"`[^`]*`")
FIGURE: Final = re.compile(r"(?<![\w-])\d[\d,.]*\d|\b\d\b")
HAN: Final = re.compile(r"[\u4e00-\u9fff]")


@cache
def document() -> dict[str, Any]:
    """What a sandbox publishes: everything that any installation does, and the sandbox's own."""
    settings = GatewaySettings(database_url="postgresql+asyncpg://nobody@/nothing", sandbox=True)
    return merged({**documents(), "gateway": assembled(settings).fastapi.openapi()})


def operations() -> list[dict[str, Any]]:
    return [operation for _, _, operation in operations_of(document())]


def shown_fields() -> set[str]:
    """What the pages tell of fields, as deep as they show a form."""
    found: set[str] = set()
    for operation in operations():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            found |= set(_told(content.get("schema", {})))
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values() if status[0] == "2" else ():
                found |= set(_told(content.get("schema", {})))
    return found


def _told(schema: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    name = schema.get("$ref", "").removeprefix(REFERENCE)
    schema = document()["components"]["schemas"][name] if name else schema
    if depth >= DEPTH and (name or "properties" in schema):
        return
    for value in schema.get("properties", {}).values():
        if "description" in value:
            yield " ".join(value["description"].split())
        yield from _told(value, depth + 1)
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _told(one, depth + 1)
    if "items" in schema:
        yield from _told(schema["items"], depth)


def pairs() -> Iterator[tuple[str, str, str]]:
    """Every text with what it says in English, and where it stands."""
    for operation in operations():
        english = operation["description"]
        yield operation["operationId"], english, chinese.about_operation(operation, "zh")
    for kind in ("answers", "scopes", "parameters", "fields"):
        for english, text in chinese.terms()[kind].items():
            yield f"{kind}: {english}", english, text


def differing(said: set[str], there: set[str]) -> list[str]:
    missing = [f"not said in Chinese: {one}" for one in sorted(said - there)]
    return missing + [f"said in Chinese only: {one}" for one in sorted(there - said)]


def test_every_part_and_operation_is_said_in_chinese_and_no_other() -> None:
    said = {f"{one['tags'][0]} {one['operationId']}" for one in operations()}
    there = {f"{tag} {name}" for tag, part in chinese.parts().items() for name in part.operations}
    assert not (faults := differing(said, there)), listed(faults)
    for tag, part in chinese.parts().items():
        assert HAN.search(part.title), tag
        assert HAN.search(part.about), tag


def test_every_word_beside_an_operation_is_said_in_chinese_and_no_other() -> None:
    used: dict[str, set[str]] = {name: set() for name in chinese.terms()}
    for operation in operations():
        access = operation["x-access"]
        used["callers"] |= set(access["capacities"])
        used["scopes"].add(access["tenant"])
        for one in operation.get("parameters", []):
            used["places"].add(one["in"])
            used["parameters"] |= {one["description"]} if "description" in one else set()
        for status, answer in operation["responses"].items():
            codes = {one.strip() for one in answer["description"].split(",")}
            used["answers"] |= {one for one in codes if status[0] in "45" and not one.isupper()}
    used["fields"] = shown_fields()
    faults = {kind: differing(said, set(chinese.terms()[kind])) for kind, said in used.items()}
    assert not any(faults.values()), listed([one for found in faults.values() for one in found])


def test_a_field_is_said_in_one_part_only() -> None:
    said = [english for part in chinese.parts().values() for english in part.fields]
    twice = (
        sorted({one for one in said if said.count(one) > 1}) if len(set(said)) < len(said) else []
    )
    assert not twice, listed(twice)


def test_what_is_said_is_chinese_to_its_end() -> None:
    faults = []
    for place, english, text in pairs():
        prose = PROSE.search(CODE.sub("", text)) is not None
        untold = PROSE.search(CODE.sub("", english)) is not None and not HAN.search(text)
        # Who sees what is a note in a line of notes; all else are sentences.
        unended = not place.startswith("scopes") and not text.endswith("。")
        faults += [f"{place} -> {text}"] if prose or untold or unended else []
    assert not faults, listed(faults)


def test_what_is_said_names_the_same_words_and_figures_as_the_english() -> None:
    faults = []
    for place, english, text in pairs():
        english = " ".join(english.split())
        names = [one for one in CODE.findall(english) if one not in text]
        figures = [one for one in FIGURE.findall(CODE.sub("", english)) if one not in text]
        faults += (
            [f"{place} says nothing of {', '.join([*names, *figures])}"] if names + figures else []
        )
    assert not faults, listed(faults)


def test_an_operation_has_as_many_paragraphs_in_both_languages() -> None:
    faults = [
        one["operationId"]
        for one in operations()
        if one["description"].count("\n\n") != chinese.about_operation(one, "zh").count("\n\n")
    ]
    assert not faults, listed(faults)


@pytest.mark.refusing
def test_what_nobody_has_said_in_chinese_is_shown_as_the_document_says_it() -> None:
    new: dict[str, Any] = {
        "tags": ["centers"],
        "operationId": "registry_new",
        "description": "Do what is new.",
    }
    unknown = {**new, "tags": ["news"]}
    paths = {"/v1/registry/new": {"get": new}, "/v1/news": {"get": unknown}}
    for one in (new, unknown):
        one["responses"] = {"400": {"description": "It is not what it says."}}
    for tag in ("centers", "news"):
        page = "".join(tag_page(tag, {"paths": paths}, "zh") or [])
        assert "<p>Do what is new.</p>" in page
        assert "It is not what it says." in page
    told = {"paths": paths, "tags": [{"name": "news", "description": "What is new."}]}
    cards = "".join(tag_list(told, "zh"))
    assert ">news</a></h2><p>What is new.</p>" in cards
    assert f">{chinese.parts()['centers'].title}（centers）</a>" in cards


def test_a_page_says_all_of_it_in_the_language_asked_for() -> None:
    shown = {
        language: "".join(tag_page("memberships", document(), language) or [])
        for language in ("zh", "en")
    }
    [operation] = [
        one for one in operations() if one["operationId"] == "registry_step_back_from_membership"
    ]
    first, second = chinese.about_operation(operation, "zh").split("\n\n")
    assert f"<p>{first}</p><p>{second}</p>" in shown["zh"]
    assert "成员单位 <code>member</code>" in shown["zh"]
    assert "Leave a candidate centre" not in shown["zh"]
    assert "Leave a candidate centre" in shown["en"]
    assert not HAN.search(
        re.sub(r"<pre.*?</pre>|<textarea.*?</textarea>", "", shown["en"], flags=re.DOTALL)
    )
    # Notes of fields are in the forms; what an example holds is data.
    notes = re.findall(r"  — (.+)", shown["zh"])
    assert notes
    assert not [note for note in notes if PROSE.search(CODE.sub("", note))]
