"""What the portal says to do about a code: for each, in two languages, with figures that it has.

That the calls exist which it names is held in `tests/form`, where the published documents are made.
"""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from gateway.portal.problems import MENDING, mending
from shared.http.words import CODES
from tests.form.source import SERVICES, listed, modules

CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
CALL: Final = re.compile(r"(?:GET|PUT|POST|PATCH|DELETE) /[^\s`]*")
QUOTED: Final = re.compile(r'"([A-Z][A-Z0-9_]+)"')
FIGURE: Final = re.compile(r"params\.([a-z_]+)")
LANGUAGES: Final = ("zh", "en")


def test_each_code_has_its_advice_beside_its_words() -> None:
    assert mending().keys() == CODES.keys()
    # A code stands in the file of the package that says what it means.
    for name in MENDING:
        words = importlib.import_module(f"shared.http.words.{name}").CODES
        assert list(words) == [code for code in mending() if code in words], name


def test_both_texts_are_sentences_in_their_language() -> None:
    faults = [
        f"{code}: {language}"
        for code, texts in mending().items()
        for language in LANGUAGES
        if set(texts) != set(LANGUAGES)
        or (language == "zh") != bool(CHINESE.search(texts[language]))
        or not texts[language].endswith({"zh": "。", "en": "."}[language])
        or texts[language].count("`") % 2
    ]
    assert not faults, listed(faults)


def test_no_two_codes_share_their_advice() -> None:
    by_text = defaultdict(list)
    for code, texts in mending().items():
        for text in texts.values():
            by_text[text].append(code)
    assert not [codes for codes in by_text.values() if len(codes) > 1]


def test_an_advice_says_more_than_its_code_means() -> None:
    faults = [
        code
        for code, texts in mending().items()
        if len(texts["zh"]) < 25 or len(texts["en"]) < 60 or texts["zh"].startswith(CODES[code].zh)
    ]
    assert not faults, listed(faults)


@pytest.mark.parametrize("pattern", [CALL, FIGURE])
def test_both_languages_name_the_same_calls_and_figures(pattern: re.Pattern[str]) -> None:
    faults = [
        code
        for code, texts in mending().items()
        if set(pattern.findall(texts["zh"])) != set(pattern.findall(texts["en"]))
    ]
    assert not faults, listed(faults)


def test_each_figure_that_is_named_is_one_that_the_code_comes_with() -> None:
    carried = figures()
    faults = [
        f"{code}: {figure}"
        for code, texts in mending().items()
        for figure in sorted(set(FIGURE.findall(texts["en"])) - carried[code])
    ]
    assert not faults, listed(faults)


def figures() -> dict[str, set[str]]:
    """Read from the code with which figures each code is said: keywords, or keys of a mapping.

    A call that passes a mapping on (`**told`) may say what its function puts into one; where a
    module hands codes to a helper of its own, it is read as a whole.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for module in modules(*SERVICES, "shared"):
        if CODES.keys().isdisjoint(QUOTED.findall(module.text)):
            continue
        if any(_is_told_its_code(node) for node in module.nodes):
            names = _keywords(module.nodes) | _keys(module.nodes)
            for code in _codes(module.nodes):
                found[code] |= names
        else:
            for scope in module.nodes:
                if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                    for code, names in _figures_in(list(ast.walk(scope))):
                        found[code] |= names
    return found


def _is_told_its_code(node: ast.AST) -> bool:
    """Tell whether this is a check whose code is a name: `rule.check(code, …)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
    )


def _figures_in(nodes: list[ast.AST]) -> Iterator[tuple[str, set[str]]]:
    keys = _keys(nodes)
    for node in nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        said = _codes(ast.walk(node.args[0]))
        if said:
            mapped = any(isinstance(one.value, ast.Dict | ast.Name) for one in node.keywords)
            names = _keywords([node]) | (keys if mapped else set())
            yield from ((code, names) for code in said)


def _codes(nodes: Iterable[ast.AST]) -> set[str]:
    return {one for one in _texts(nodes) if one in CODES}


def _keys(nodes: Iterable[ast.AST]) -> set[str]:
    dicts = [node for node in nodes if isinstance(node, ast.Dict)]
    return {one for found in dicts for one in _texts(key for key in found.keys if key)}


def _keywords(nodes: Iterable[ast.AST]) -> set[str]:
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return {one.arg for call in calls for one in call.keywords if one.arg is not None}


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
