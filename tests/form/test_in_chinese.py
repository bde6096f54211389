"""The reference in Chinese: all that the document says is there, and nothing that it does not say.

A new operation, or a changed sentence of a field, is missing here until someone has said it in
Chinese, in `gateway/gateway/portal/in_chinese`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from gateway.app import assembled
from gateway.openapi.rules import merged
from gateway.portal import chinese
from gateway.portal.document import DATA, in_chinese
from gateway.portal.problems import operations_of
from gateway.portal.reference import tag_list, tag_page
from gateway.settings import GatewaySettings
from shared.http.words import CODES
from tests.fixtures.documents import without_words
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


def said_by_document() -> dict[str, set[str]]:
    """All that the document says beside its parts and operations, at any depth."""
    components = document()["components"]
    told: dict[str, set[str]] = {kind: set() for kind in chinese.terms()}
    for schema in components["schemas"].values():
        about = " ".join(schema.get("description", "").split())
        told["models"] |= {about} - {""}
        told["fields"] |= {*_told({**schema, "description": None})}
    for operation in operations():
        access = operation["x-access"]
        told["callers"] |= set(access["capacities"])
        told["scopes"].add(access["tenant"])
        told["places"] |= {one["in"] for one in operation.get("parameters", ())}
        told["parameters"] |= {*_told(operation.get("parameters", ()))}
        told["fields"] |= {*_told(operation.get("requestBody", {}))}
        for answer in operation["responses"].values():
            told["fields"] |= {*_told(answer.get("content", {}))}
            codes = set(answer["description"].split(", "))
            told["answers"] |= set() if codes <= set(CODES) else {answer["description"]}
    info = document()["info"]
    told["names"] = {info["title"], info["contact"]["name"]}
    told["document"] = {info["summary"], info["description"]}
    told["document"] |= {*_told([components["securitySchemes"], components["headers"]])}
    told["document"] |= {
        one["description"] for one in document()["tags"] if one["name"] not in chinese.parts()
    }
    return told


def _told(node: object) -> Iterator[str]:
    """Every description at any depth; what lies under names of fields, or is data, is none."""
    for one in node if isinstance(node, (list, tuple)) else ():
        yield from _told(one)
    for key, value in node.items() if isinstance(node, Mapping) else ():
        if key == "description" and isinstance(value, str):
            yield " ".join(value.split())
        elif key not in DATA:
            yield from _told([*value.values()] if key == "properties" else value)


def pairs() -> Iterator[tuple[str, str, str]]:
    """Every text with what it says in English, and where it stands."""
    for operation in operations():
        english = operation["description"]
        yield operation["operationId"], english, chinese.about_operation(operation, "zh")
    for kind in ("answers", "scopes", "parameters", "fields", "models", "document", "names"):
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
    used = said_by_document()
    faults = {kind: differing(said, set(chinese.terms()[kind])) for kind, said in used.items()}
    assert not any(faults.values()), listed([one for found in faults.values() for one in found])


@pytest.mark.parametrize("kind", ["fields", "models"])
def test_a_field_or_model_is_said_in_one_part_only(kind: str) -> None:
    said = Counter(one for part in chinese.parts().values() for one in getattr(part, kind))
    twice = sorted(one for one, times in said.items() if times > 1)
    assert not twice, listed(twice)


def test_what_is_said_is_chinese_to_its_end() -> None:
    faults = []
    for place, english, text in pairs():
        prose = PROSE.search(CODE.sub("", text)) is not None
        untold = PROSE.search(CODE.sub("", english)) is not None and not HAN.search(text)
        # Who sees what is a note in a line of notes, and a name is none; all else are sentences.
        unended = not place.startswith(("scopes", "names")) and not text.endswith("。")
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


def test_the_document_in_chinese_is_of_the_same_form() -> None:
    assert without_words(in_chinese(document())) == without_words(document())


def test_the_document_in_chinese_says_everything_in_chinese() -> None:
    told = in_chinese(document())
    assert told["info"]["title"] == "制创"
    faults = [
        f"{place} -> {text}"
        for place, text in _words(told)
        if not HAN.search(text) and PROSE.search(CODE.sub("", text))
    ]
    assert not faults, listed(faults)


def test_the_document_in_chinese_has_a_heading_for_each_operation() -> None:
    told = in_chinese(document())
    for _, _, operation in operations_of(told):
        assert operation["description"].startswith(operation["summary"])
        assert 4 <= len(operation["summary"]) <= 60, operation["summary"]


def _words(node: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text that people read, wherever it stands; an example holds data."""
    for key, one in node.items() if isinstance(node, dict) else enumerate(node):
        if key in {"description", "summary", "tenant"} and isinstance(one, str):
            yield f"{place}/{key}", one
        elif isinstance(one, (dict, list)) and key not in {"value", *(DATA - {"examples"})}:
            yield from _words(one, f"{place}/{key}")


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
