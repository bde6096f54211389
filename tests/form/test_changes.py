"""The list of changes says the same in both languages, entry by entry."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.form.source import ROOT, listed

HEADING = re.compile(r"## .+|\*\*[^*]+\*\*")
CODE = re.compile(r"`([^`]+)`")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Entry(NamedTuple):
    """One change: the heading that it stands under, by its number, and its words."""

    heading: int
    text: str

    @property
    def codes(self) -> Counter[str]:
        """What callers type is the same in both languages."""
        return Counter(CODE.findall(self.text))


def entries(text: str) -> Iterator[Entry]:
    heading, parts = 0, list[str]()
    for line in [*text.splitlines(), "## end"]:
        if line.startswith("  ") and parts:
            parts.append(line.strip())
            continue
        if parts:
            yield Entry(heading, " ".join(parts))
        parts = [line[2:]] if line.startswith("- ") else []
        heading += HEADING.fullmatch(line) is not None


def differences(chinese: str, english: str) -> list[str]:
    pairs = itertools.zip_longest(entries(chinese), entries(english))
    return [
        f"{theirs.text if theirs else None}\n    {ours.text if ours else None}"
        for ours, theirs in pairs
        if ours is None
        or theirs is None
        or (ours.heading, ours.codes) != (theirs.heading, theirs.codes)
    ]


def both() -> tuple[str, str]:
    names = ("CHANGELOG.zh.md", "CHANGELOG.md")
    chinese, english = ((ROOT / name).read_text(encoding="utf-8") for name in names)
    return chinese, english


def test_every_change_is_told_in_both_languages() -> None:
    chinese, english = both()
    assert not differences(chinese, english), listed(differences(chinese, english))
    assert sum(1 for _ in entries(english)) > 60
    assert all(CHINESE.search(one.text) for one in entries(chinese))
    assert not any(CHINESE.search(one.text) for one in entries(english))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- **Before", "- Another.\n- **Before"),
        ("`SHEETS_WAITING`", "`SHEETS_MISSING`"),
        ("**New: 28 November, evening**\n", ""),
    ],
)
def test_a_change_in_one_language_alone_is_noticed(before: str, after: str) -> None:
    chinese, english = both()
    bent = english.replace(before, after, 1) if before in english else f"{english}\n- One more.\n"
    assert differences(chinese, bent)
