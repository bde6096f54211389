"""Agreement against figures of krippendorff and pingouin, which are no part of the product.

`oracle.json` says what made it: 200 tables of 3-12 subjects and 2-7 seats, normal scores round
subject and seat means, cut to 0-100 and two places, every fourth without gaps, the others with up
to 35 % of seats missing; drawn by numpy's `default_rng(20260101)`.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.agreement import statistics
from evaluation.agreement.statistics import Scored

ORACLE = json.loads((Path(__file__).parent / "oracle.json").read_text(encoding="utf-8"))


def table_of(rows: list[list[float | None]]) -> statistics.Table:
    return np.array([[np.nan if one is None else one for one in row] for row in rows], dtype=float)


def test_the_oracle_has_two_hundred_tables_with_and_without_gaps() -> None:
    gaps = sum(
        any(one is None for row in each["table"] for one in row) for each in ORACLE["tables"]
    )
    assert (len(ORACLE["tables"]), gaps > 100, gaps < 200) == (200, True, True)


@pytest.mark.parametrize("each", ORACLE["tables"], ids=[str(n) for n in range(200)])
def test_alpha_and_icc_equal_the_oracles(each: dict[str, Any]) -> None:
    table = table_of(each["table"])
    assert statistics.interval_alpha(table) == pytest.approx(each["alpha"], abs=1e-9)
    if each["icc_complete_rows"] is not None:
        found = statistics.intraclass(table)
        assert found == pytest.approx(tuple(each["icc_complete_rows"]), abs=1e-9)


def test_what_does_not_vary_or_pair_has_no_figure() -> None:
    assert statistics.interval_alpha(np.full((3, 3), 80.0)) is None
    assert statistics.interval_alpha(np.array([[1.0, np.nan], [np.nan, 2.0]])) is None
    assert statistics.intraclass(np.array([[1.0, 2.0]])) is None
    assert statistics.intraclass(np.full((3, 3), 80.0)) is None


def test_a_bootstrap_is_the_same_for_the_same_seed_and_holds_the_figure() -> None:
    table = table_of(ORACLE["tables"][0]["table"])
    first = statistics.bootstrap(table, statistics.interval_alpha, 7, 200)
    assert first == statistics.bootstrap(table, statistics.interval_alpha, 7, 200)
    assert first != statistics.bootstrap(table, statistics.interval_alpha, 8, 200)
    assert first is not None
    assert first[0] < ORACLE["tables"][0]["alpha"] < first[1]


def sheets(scores: dict[str, dict[str, float]]) -> list[Scored]:
    return [
        Scored(case, expert, f"{case}-{expert}", score)
        for case, given in scores.items()
        for expert, score in given.items()
    ]


def test_a_strict_expert_leans_below_zero_and_few_sheets_are_shrunken_more() -> None:
    dice = np.random.default_rng(3)
    # "s" sits on every panel and scores ten lower; "t" does the same on one only.
    given = {
        f"c{n}": {f"e{m}": 80 + dice.normal(0, 2) for m in range(5)} | {"s": 70 + dice.normal(0, 2)}
        for n in range(12)
    }
    given["c0"]["t"] = 70.0
    found = {one.expert_id: one for one in statistics.effects(sheets(given))}
    assert found["s"].effect < -5
    assert found["s"].effect < found["t"].effect < 0
    assert all(abs(found[f"e{m}"].effect) < 4 for m in range(5))


def test_a_sheet_far_from_its_neighbours_is_flagged_and_no_other() -> None:
    dice = np.random.default_rng(4)
    given = {f"c{n}": {f"e{m}": 80 + dice.normal(0, 2) for m in range(5)} for n in range(10)}
    given["c3"]["e2"] = 40.0
    assert "c3-e2" in statistics.outlying(sheets(given))
    assert all(one.startswith("c3-") for one in statistics.outlying(sheets(given)))
    assert statistics.outlying(sheets({"c": {"a": 80.0, "b": 80.0}})) == []


@pytest.mark.parametrize(
    ("last", "flagged"), [("20", True), ("77.5", True), ("77.7", False), ("80", False)]
)
def test_one_sheet_beside_others_that_agree_to_the_point_stands_apart(
    last: str, flagged: bool
) -> None:
    # The others are drawn down by a quarter of what it lacks: 1.25 times as far in all, of 3.
    given = {"c": {"a": 80.0, "b": 80.0, "d": 80.0, "e": 80.0, "f": float(last)}}
    assert statistics.outlying(sheets(given)) == (["c-f"] if flagged else [])


def test_panels_that_share_nobody_are_apart() -> None:
    given = {"c1": {"a": 1.0, "b": 1.0}, "c2": {"b": 1.0}, "c3": {"d": 1.0}}
    assert statistics.components(sheets(given)) == [["c1", "c2"], ["c3"]]
