"""The diagrams of the features are those of their tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import registry
from registry.applications.rules import MOVES as APPLICATION_MOVES
from registry.centers.rules import MOVES as STAGE_MOVES
from registry.governance.rules import PLAN_MOVES
from registry.memberships.rules import MOVES as MEMBERSHIP_MOVES
from registry.notices.rules import DECIDED

PACKAGE = Path(registry.__file__).parent


def drawn(feature: str) -> set[str]:
    text = (PACKAGE / feature / "README.md").read_text()
    diagram = text.split("```mermaid\n")[1].split("```")[0]
    return {line.strip() for line in diagram.splitlines()[1:] if line.strip()}


@pytest.mark.parametrize(
    ("feature", "moves"),
    [
        ("applications", APPLICATION_MOVES),
        ("memberships", MEMBERSHIP_MOVES),
        ("governance", PLAN_MOVES),
        ("notices", DECIDED),
    ],
)
def test_a_diagram_shows_every_move_and_no_other(
    feature: str, moves: Mapping[tuple[Any, Any], Any]
) -> None:
    expected = {f"{state} --> {to}: {event}" for (state, event), to in moves.items()}
    assert drawn(feature) == expected


def test_the_diagram_of_stages_shows_every_step_and_no_other() -> None:
    expected = {f"{stage} --> {to}" for stage, following in STAGE_MOVES.items() for to in following}
    assert drawn("centers") == expected
