"""What the reference says in Chinese, where the published document says it in English.

Each part of the API is a file (`in_chinese/parts`): its name, what each operation does, and what
the fields and models mean that first appear in it. What else is said (who may call, what is seen,
what a parameter means) is in `in_chinese/terms.json`. An operation is found by its name, everything
else by its English text, so that a changed text asks for its Chinese anew: `tests/form` holds both
against the document. What nobody has said in Chinese yet is shown as the document says it, because
a service may be newer than the gateway.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

PLACE: Final = files("gateway.portal").joinpath("in_chinese")
LANGUAGE: Final = "zh"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the API: its name, a sentence about it, its operations, fields and models."""

    title: str
    about: str
    operations: Mapping[str, str]
    fields: Mapping[str, str]
    models: Mapping[str, str]


@cache
def parts() -> Mapping[str, Part]:
    """Read every part, by its tag."""
    found = sorted(PLACE.joinpath("parts").iterdir(), key=lambda one: one.name)
    return {
        one.name.removesuffix(".json"): Part(**json.loads(one.read_text(encoding="utf-8")))
        for one in found
    }


@cache
def terms() -> Mapping[str, Mapping[str, str]]:
    """Read the words beside the operations, by what they are about and their English text."""
    told: dict[str, dict[str, str]] = json.loads(
        PLACE.joinpath("terms.json").read_text(encoding="utf-8")
    )
    fields = {english: text for part in parts().values() for english, text in part.fields.items()}
    models = {english: text for part in parts().values() for english, text in part.models.items()}
    return {**told, "fields": fields, "models": models}


def title_of(tag: str, language: str) -> str:
    """Name a part of the API; programs know it by its tag, which stays beside its name."""
    part = _part(tag, language)
    return f"{part.title}（{tag}）" if part else tag


def about_part(tag: str, english: str, language: str) -> str:
    """Say what a part of the API is about."""
    part = _part(tag, language)
    return part.about if part else english


def about_operation(operation: Mapping[str, Any], language: str) -> str:
    """Say what an operation does."""
    english: str = operation.get("description", operation.get("summary", ""))
    part = _part(operation["tags"][0], language)
    return part.operations.get(operation["operationId"], english) if part else english


def said(kind: str, english: str, language: str) -> str:
    """Say one of the words beside an operation."""
    if language != LANGUAGE:
        return english
    # A sentence of the document may stand in several lines.
    return terms()[kind].get(" ".join(english.split()), english)


def _part(tag: str, language: str) -> Part | None:
    return parts().get(tag) if language == LANGUAGE else None
