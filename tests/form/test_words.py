"""Every code that can reach a caller has its two texts, and every text has a code."""

import ast
import re
import string

from shared.http.words import CODES
from tests.form.source import SERVICES, listed, modules

CARRIERS = {"check", "problems", "Failure", "failed"}
PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|INTERNAL|UNAVAILABLE|UNAUTHENTICATED")


def used_codes() -> dict[str, str]:
    """Every code in the code that a check, a failure or an operation's problems names."""
    return {
        argument.value: module.at(call)
        for module in modules(*SERVICES, "shared")
        for call, name in module.calls()
        if name in CARRIERS
        for argument in (call.args if name == "problems" else call.args[:1])
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and CODE.fullmatch(argument.value)
    }


def test_every_code_has_its_texts() -> None:
    faults = [f"{place} {code}" for code, place in used_codes().items() if code not in CODES]
    assert not faults, listed(faults)


def test_every_text_has_a_code_that_something_answers() -> None:
    answered = {
        node.value
        for module in modules(*SERVICES, "shared")
        if "http/words/" not in module.path.as_posix()
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not set(CODES) - answered, listed(sorted(set(CODES) - answered))


def test_both_texts_are_there_and_in_their_language() -> None:
    faults = [
        code
        for code, words in CODES.items()
        if not re.search(r"[\u4e00-\u9fff]", words.zh)
        or re.search(r"[\u4e00-\u9fff]", words.en)
        or not words.en[:1].strip()
    ]
    assert not faults, listed(faults)


def test_both_texts_show_the_same_figures() -> None:
    def figures(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    faults = [code for code, words in CODES.items() if figures(words.zh) != figures(words.en)]
    assert not faults, listed(faults)


def test_every_status_is_one_that_the_api_promises() -> None:
    promised = {
        400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 422, 428, 429, 431, 500,
        501, 502, 503, 504,
    }  # fmt: skip
    assert {words.status for words in CODES.values()} <= promised


def _prose(node: ast.expr) -> bool:
    """Whether a value holds English words that are not said in Chinese beside them."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Said":
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and PROSE.search(node.value) is not None
    return any(_prose(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr))


def test_a_figure_in_words_is_said_in_both_languages() -> None:
    """Figures stand in the texts that callers read, in whichever language they asked for."""
    faults = [
        f"{module.at(call)} {keyword.arg}"
        for module in modules(*SERVICES, "shared")
        for call, name in module.calls()
        if name in CARRIERS | {"Failure"}
        for keyword in call.keywords
        if _prose(keyword.value)
    ]
    assert not faults, listed(faults)
