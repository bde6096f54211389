"""What the documentation says of a lifecycle is what the code does."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from evaluation.corrections import rules as corrections
from evaluation.findings import rules as findings
from evaluation.panels import rules as panels
from evaluation.sheets import rules as sheets
from evaluation.visits import rules as visits

Moves = Mapping[tuple[StrEnum, StrEnum], StrEnum]


@pytest.mark.parametrize("rules", [corrections, findings, panels, sheets, visits])
def test_a_feature_s_readme_shows_its_state_machine(rules: object) -> None:
    moves: Moves = rules.MOVES  # type: ignore[attr-defined]  # each of these modules has it
    text = Path(str(rules.__file__)).with_name("README.md").read_text("utf-8")  # type: ignore[attr-defined]  # a module
    table = [line for line in text.splitlines() if line.startswith("| ")]
    expected = [f"| {before} | {event} | {after} |" for (before, event), after in moves.items()]
    assert sorted(table[1:]) == sorted(expected)
