"""Dashboards and alerts name only figures that a process gives."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from shared.services import PACKAGES

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "observability"
NAMED = re.compile(r"\b(?:zhichuang|gateway|process|python)_[a-z0-9_]+")


def figures() -> set[str]:
    for package in PACKAGES:
        importlib.import_module(f"{package}.app")
    told = {name for family in REGISTRY.collect() for name in _names(family)}
    return {name for name in told if not name.endswith("_created")}


def _names(family: Any) -> Iterator[str]:
    yield family.name
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    for suffix in suffixes.get(family.type, ()):
        yield family.name + suffix


def rules() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    return [rule for group in loaded["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.dashboard.json")), ids=lambda path: path.stem
)
def test_every_panel_shows_a_figure_that_exists(path: Path) -> None:
    board = json.loads(path.read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert expressions
    for expression in expressions:
        named = set(NAMED.findall(expression))
        assert named, expression
        assert named <= figures(), named - figures()


def test_every_alert_looks_at_figures_that_exist_and_names_its_page() -> None:
    headings = {
        line.removeprefix("## ").lower().replace(" ", "-")
        for line in (ROOT / "docs" / "runbook.md").read_text().splitlines()
        if line.startswith("## ")
    }
    for rule in rules():
        named = set(NAMED.findall(rule["expr"]))
        assert named, rule["alert"]
        assert named <= figures(), named - figures()
        file, _, heading = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / file).exists()
        assert heading in headings, rule["alert"]


def test_every_figure_of_what_waits_is_watched_by_an_alert() -> None:
    watched = " ".join(rule["expr"] for rule in rules())
    late = {name for name in figures() if name.endswith("_lag_seconds")}
    assert len(late) == 4
    assert {name for name in late if name not in watched} == set()
