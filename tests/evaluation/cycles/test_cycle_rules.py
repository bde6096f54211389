"""Years, profiles, rounds and targets of a cycle on both sides of every boundary; no database."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from evaluation.cycles import rules
from evaluation.cycles.rules import CaseState, Target, TargetBasis, Way
from evaluation.schemes.rules import Leaf, LeafCalc
from shared.rules import failed_codes

MONEY = Leaf("B2", "金额", LeafCalc.RATIO, Fraction(7), "四(四)", "fen")
SHARE = Leaf("B3", "占比", LeafCalc.RATIO, Fraction(7), "四(四)", "ratio")


@pytest.mark.requirement("A124")
def test_a_cycle_judges_a_year_from_its_first_day_to_its_last() -> None:
    assert rules.period_of(2027) == (date(2027, 1, 1), date(2027, 12, 31))


@pytest.mark.requirement("A132")
def test_a_profile_that_is_not_there_is_told_and_not_at_any_length() -> None:
    (check,) = rules.profile_checks("甲" * 65, found=False)
    assert (check.passed, check.params["given"]) == (False, "甲" * 64)
    assert failed_codes(rules.profile_checks("default", found=True)) == []


@pytest.mark.requirement("A132")
def test_every_profile_of_a_single_centre_is_known_and_five_strangers_are_told() -> None:
    (fine,) = rules.center_profile_checks({"c1": "p1", "c2": "p1"}, ["p1", "p2"])
    assert (fine.passed, fine.params["given"]) == (True, [])
    many = {f"c{number}": f"x{number}" for number in range(6)}
    (strange,) = rules.center_profile_checks({**many, "c9": "p1"}, ["p1"])
    assert strange.params["given"] == ["x0", "x1", "x2", "x3", "x4"]
    assert not strange.passed


OLDER = {"scored": ["C1"], "reported": ["C3"]}
NEWEST = {"counted": ["B1"], "scored": ["C2"]}


@pytest.mark.requirement("A121")
@pytest.mark.parametrize("state", list(CaseState))
def test_leaves_wait_in_a_reopened_case_for_what_the_last_objection_asked(state: CaseState) -> None:
    reopened = state is CaseState.REOPENED
    for way, leaves in ((Way.SCORED, ["C2"]), (Way.COUNTED, ["B1"]), (Way.REPORTED, [])):
        assert list(rules.waiting(state, [OLDER, NEWEST], way)) == (leaves if reopened else [])
    assert list(rules.waiting(state, [], Way.SCORED)) == []


@pytest.mark.requirement("A121")
@pytest.mark.parametrize("state", list(CaseState))
def test_a_panel_is_formed_at_first_or_for_leaves_that_are_scored_anew(state: CaseState) -> None:
    forming = state in {CaseState.COLLECTING, CaseState.SNAPSHOT_FROZEN}
    for reopenings, anew in (([], False), ([OLDER], True), ([OLDER, {"counted": ["B1"]}], False)):
        may = forming or (anew and state is CaseState.REOPENED)
        checks = rules.panel_checks(state, reopenings)
        assert failed_codes(checks) == ([] if may else ["STATE_CONFLICT"])


@pytest.mark.requirement("A121")
@pytest.mark.parametrize(
    ("reopenings", "number", "codes"),
    [
        ([OLDER], 2, []),
        ([OLDER], 1, ["STATE_CONFLICT"]),
        ([OLDER, NEWEST], 3, []),
        ([OLDER, NEWEST], 2, ["STATE_CONFLICT"]),
        ([{"counted": ["B1"]}], 2, ["STATE_CONFLICT"]),
    ],
)
def test_a_sheet_is_of_the_round_that_is_scored_now(
    reopenings: list[dict[str, list[str]]], number: int, codes: list[str]
) -> None:
    assert failed_codes(rules.score_checks(CaseState.REOPENED, reopenings, number)) == codes


@pytest.mark.requirement("A083")
@pytest.mark.parametrize(
    ("leaf", "unit", "value", "figure"),
    [
        (MONEY, "亿元", "1.5", "15000000000"),
        (MONEY, " 元 ", "2", "200"),
        (MONEY, "港元", "2", "2"),
        # A share of one is all, and what is more can only be percent.
        (SHARE, "占比", "1", "1"),
        (SHARE, "占比", "1.5", "0.015"),
        (SHARE, "占比", "2", "0.02"),
        (SHARE, "％", "1", "0.01"),
    ],
)
def test_a_figure_in_free_words_is_read_by_its_unit_or_its_size(
    leaf: Leaf, unit: str, value: str, figure: str
) -> None:
    target = Target(leaf.code, unit, Fraction(value))
    assert rules.in_leaf_unit(leaf, target) == Fraction(figure)


@pytest.mark.requirement("A083")
def test_targets_are_read_as_they_were_filed() -> None:
    filed = [{"metric_code": "B2", "unit": "万元", "value": "12.5"}]
    assert rules.targets_of({"targets": filed}) == [Target("B2", "万元", Fraction("12.5"))]


@pytest.mark.requirement("A083", "A129")
@pytest.mark.parametrize(
    ("planned", "minimum", "baseline", "target", "basis"),
    [
        (5, None, None, 5, TargetBasis.PLAN),
        (5, 4, 3, 5, TargetBasis.PLAN),
        (4, 4, 3, 4, TargetBasis.PLAN),
        (3, 4, None, 4, TargetBasis.MINIMUM),
        # A target of nothing is none.
        (0, 4, 3, 3, TargetBasis.BASELINE),
        (None, None, 3, 3, TargetBasis.BASELINE),
        (None, 4, 0, None, TargetBasis.NONE),
        (None, None, None, None, TargetBasis.NONE),
    ],
)
def test_a_leafs_target_is_the_plans_and_not_below_the_minimum(
    planned: int | None, minimum: int | None, baseline: int | None, target: int | None,
    basis: TargetBasis,
) -> None:  # fmt: skip
    leaf = replace(
        MONEY,
        minimum=None if minimum is None else Fraction(minimum),
        baseline=None if baseline is None else Fraction(baseline),
    )
    of_plan = None if planned is None else Target("B2", "fen", Fraction(planned))
    expected = None if target is None else Fraction(target)
    assert rules.target_of(leaf, of_plan) == (expected, basis)
