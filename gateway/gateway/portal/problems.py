"""The error catalogue: a page for every code, with its rule and clause and what to do about it."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from markupsafe import Markup

from gateway.portal.frame import breakable, link, prose
from gateway.portal.words import WORDS
from shared.documents.pages import listing, table
from shared.http.problem import EVERYWHERE, text_of
from shared.http.words import CODES

METHODS: Final = ("get", "put", "post", "patch", "delete")
# What to do about a code stands in a file for each package of `shared.http.words`.
MENDING: Final = ("edge", "gateway", "registry", "evaluation", "ledger")


@cache
def catalogue() -> dict[str, Any]:
    """Read which rules speak with which code, and which events there are.

    `tests/gateway/portal` holds the file against the code.
    """
    text = files("gateway.portal").joinpath("catalogue.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def warnings() -> dict[str, list[str]]:
    """Read which codes only ever warn, and in the answers of which operations.

    `make check ONLY=documents` holds the file against the code.
    """
    text = files("gateway.portal").joinpath("warnings.json").read_text(encoding="utf-8")
    read: dict[str, list[str]] = json.loads(text)
    return read


@cache
def mending() -> dict[str, dict[str, str]]:
    """Read what to do about each code, by language; the page alone tells it."""
    folder = files("gateway.portal").joinpath("mending")
    return {
        code: texts
        for name in MENDING
        for code, texts in tomllib.loads(
            folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")
        ).items()
    }


def operations_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give each operation of an OpenAPI document with its method and path."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def answering(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, str]]]:
    """Name the operations that declare a code: pairs of call and tag, by code."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for method, path, operation in operations_of(document):
        for answer in operation.get("responses", {}).values():
            for media in answer.get("content", {}).values():
                for code in media.get("examples", {}):
                    if code in CODES:
                        call = f"{method.upper()} {path}"
                        found[code].append((call, operation["tags"][0], operation["operationId"]))
    return found


def problem_list(language: str) -> list[Markup]:
    """List all codes with status and meaning."""
    words = WORDS[language]
    rows = [
        (link(f"/problems/{code}", code, language), CODES[code].status, _meaning(code, language))
        for code in sorted(CODES)
    ]
    return [
        Markup("<p class='none'>{}</p>").format(words["count"].format(count=len(rows))),
        table(words["problems"], (words["code"], words["status"], words["meaning"]), rows),
    ]


def problem_page(code: str, document: Mapping[str, Any], language: str) -> list[Markup]:
    """Say what a code means, by which rules, how it is mended, and which operations answer it."""
    words = WORDS[language]
    status = CODES[code].status
    pairs = [
        (words["meaning"], _meaning(code, language)),
        (words["status"], str(status)),
        (words["mend"], _advice(mending()[code][language], document, language)),
    ]
    rules = table(
        words["rule"], (words["rule"], words["clause"]), catalogue()["problems"].get(code, []),
        language=language,
    )  # fmt: skip
    calls = [
        (
            Markup("<a href='/reference/{}?lang={}#{}'>{}</a>").format(
                tag, language, name, breakable(call)
            ),
        )
        for call, tag, name in answering(document).get(code, [])
    ]
    parts = [listing(pairs), rules]
    if calls:
        parts.append(table(words["operations"], (words["operation"],), calls))
    if code in warnings():
        parts.append(_warning_in(warnings()[code], document, words))
    elif not calls:
        said = "everywhere" if code in EVERYWHERE else "elsewhere"
        parts.append(Markup("<p>{}</p>").format(words[said]))
    return parts


def _advice(text: str, document: Mapping[str, Any], language: str) -> Markup:
    """Show what to do; each operation that it names leads to its form in the reference."""
    forms = {
        f"{method.upper()} {path}": (
            f"/reference/{operation['tags'][0]}?lang={language}#{operation['operationId']}"
        )
        for method, path, operation in operations_of(document)
    }
    return prose(text, forms)


def _warning_in(
    names: Sequence[str], document: Mapping[str, Any], words: Mapping[str, str]
) -> Markup:
    """Name the operations whose answers bear a code that refuses nothing."""
    shown = [
        (breakable(f"{method.upper()} {path}"),)
        for method, path, operation in operations_of(document)
        if operation.get("operationId") in names
    ]
    sentence = Markup("<p>{}</p>").format(words["warns"])
    return sentence + table(words["operations"], (words["operation"],), shown)


def _meaning(code: str, language: str) -> str:
    """Give the code's sentence with its figures named instead of filled."""
    words = CODES[code]
    sentence = words.zh if language == "zh" else words.en
    return (
        sentence.replace("|", "").replace("{", "‹").replace("}", "›")
        or text_of(code, {}, language)[0]
    )
