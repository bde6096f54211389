"""Changing a figure of the policy changes a verdict: every figure is read by some rule (A001)."""

import re
from pathlib import Path

import pytest

from registry.programme.reference import PARAMETERS

ROOT = Path(__file__).parents[3]
CODE = [
    path.read_text()
    for folder in ("services", "gateway", "shared")
    for path in (ROOT / folder).rglob("*.py")
    if "versions" not in path.parts and not path.name.startswith("reference")
]
# Names that a rule takes from a table of its own, beside the row that it judges by.
BY_TABLE = {
    "reminder_days",
    "min_projects",
    "min_platforms",
    "min_talents",
    "ordinary_review_working_days",
    "expert_review_working_days",
}


def readers(row: str, name: str) -> int:
    named = re.compile(rf'"{row}",\s*"{name}"')
    chosen = re.compile(rf'"{row}",\s*\(?\s*"[a-z_]+" if [^"]+ else "{name}"')
    first = re.compile(rf'"{row}",\s*\(?\s*"{name}" if')
    by_table = re.compile(rf'"{name}"') if name in BY_TABLE else None
    patterns = [one for one in (named, chosen, first, by_table) if one is not None]
    return sum(any(one.search(text) for one in patterns) for text in CODE)


@pytest.mark.requirement("A001")
def test_every_figure_of_the_policy_is_read_by_a_rule() -> None:
    unread = [
        f"{row}.{name}"
        for row, values in PARAMETERS.items()
        for name in values
        if not readers(row, name)
    ]
    assert unread == []
