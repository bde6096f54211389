"""What `make mutants` changes, and that a change reaches whoever imported the function by name.

What it explains away has to be there: an explanation of what nobody finds any more hides nothing.
"""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.prove.changes import Source
from tests.prove.living import Living, Unfit, changed_functions, make_again
from tests.prove.near import is_near
from tests.prove.verdicts import ROOT, reason_of, reasons

TEXT = '''
from dataclasses import dataclass
from functools import cache

LIMIT: int = 3
TWICE = LIMIT * 2

@cache
def within(value: int) -> bool:
    """Tell whether it is."""
    return value < TWICE or not value

@dataclass(frozen=True)
class Term:
    days: int = 5
'''


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "changed_by_a_test.py"
    path.write_text(TEXT, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("changed_by_a_test", path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules["changed_by_a_test"] = made
    spec.loader.exec_module(made)
    yield made
    del sys.modules["changed_by_a_test"]


def test_every_change_is_made_once_and_annotations_and_decorators_are_left_alone(
    module: ModuleType,
) -> None:
    assert [change.text for change in Source(Path(str(module.__file__))).changes] == [
        "3 → 4", "3 → 2",
        "LIMIT * 2 → LIMIT // 2", "2 → 3", "2 → 1",
        "value < TWICE or not value → value < TWICE and (not value)",
        "value < TWICE → value <= TWICE", "value < TWICE → value >= TWICE",
        "not value → value",
        "5 → 6", "5 → 4",
    ]  # fmt: skip


def test_a_function_runs_the_changed_code_under_the_name_that_others_hold(
    module: ModuleType,
) -> None:
    within, source = module.within, Source(Path(str(module.__file__)))
    living = Living([str(module.__file__)])
    assert not within(6)
    with source.changed(source.changes[6]):
        living.swap(list(changed_functions(source.before, source.compiled())))
    living.forget()
    assert within(6)
    assert source.compiled() == source.before


def test_a_constant_is_made_again_with_what_is_made_of_it(module: ModuleType) -> None:
    within, term, source = module.within, module.Term, Source(Path(str(module.__file__)))
    for number in (0, 9):
        change = source.changes[number]
        with source.changed(change):
            with pytest.raises(Unfit):
                list(changed_functions(source.before, source.compiled()))
            make_again(module, source.tree, change.statement)
    assert (module.LIMIT, module.TWICE, within(7), term().days) == (4, 8, True, 6)


def test_every_explanation_is_of_a_change_that_can_be_made() -> None:
    explained = set(reasons())
    sources = {path: Source(ROOT / path) for path in sorted({one.path for one in explained})}
    there = {
        reason_of(path, source, change)
        for path, source in sources.items()
        for change in source.changes
    }
    assert explained - there == set()


def test_a_constant_is_asked_about_where_it_is_used_or_what_is_made_of_it(
    module: ModuleType,
) -> None:
    source = Source(Path(str(module.__file__)))
    lines = TEXT.splitlines()
    assert [lines[at - 1].strip() for at in sorted(source.used_at(source.changes[0]))] == [
        "TWICE = LIMIT * 2",
        "return value < TWICE or not value",
    ]


def test_a_change_is_named_by_what_is_around_it_and_by_the_text_of_its_line(
    module: ModuleType,
) -> None:
    source = Source(Path(str(module.__file__)))
    named = [reason_of("a.py", source, source.changes[place]) for place in (0, 7, 9)]
    assert [(one.within, one.line) for one in named] == [
        ("LIMIT", "LIMIT: int = 3"),
        ("within", "return value < TWICE or not value"),
        ("Term", "days: int = 5"),
    ]


@pytest.mark.parametrize(
    ("file", "module", "near"),
    [
        ("tests/shared/shares/test_allocating.py", "shared.shares", True),
        ("tests/shared/shares/test_allocating.py", "shared.calendar", False),
        ("tests/ip_ledger/log/test_verifying.py", "shared.verifier", True),
        # By its folder, and by what its helper imports.
        ("tests/ip_ledger/benefits/test_rules.py", "ip_ledger.benefits.rules", True),
        ("tests/evaluation/results/test_computing.py", "evaluation.schemes.rules", True),
        ("tests/evaluation/results/test_computing.py", "evaluation.trends.rules", False),
    ],
)
def test_files_that_know_nothing_of_a_rule_are_not_asked(
    file: str, module: str, *, near: bool
) -> None:
    assert is_near(ROOT / file, module) is near
