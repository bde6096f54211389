"""A result from its leaves, on both sides of each bound; and what has to hold around it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from evaluation.cycles.rules import Target
from evaluation.results import leaf_rules, rules
from evaluation.results.leaf_rules import Amendment, Inputs, LeafResult, RatingGate, Sheet
from evaluation.schemes.rules import Criterion, LeafCalc, Rating, digest
from shared.rules import failed_codes
from tests.evaluation.results import vector

GIVEN = vector.inputs()
NONE = Fraction(0)


def scored(*percents: int, **over: Any) -> Inputs:
    """The vector's year, of which experts say the same of every leaf."""
    codes = vector.SCHEME.expert_codes()
    sheets = [
        Sheet(f"s{at}", dict.fromkeys(codes, Decimal(percent)))
        for at, percent in enumerate(percents)
    ]
    return replace(GIVEN, sheets=sheets, **over)


def judged_of(given: Inputs) -> list[tuple[Criterion, list[LeafResult]]]:
    return [
        (one, [leaf_rules.judge(leaf, given) for leaf in one.leaves])
        for one in given.scheme.criteria
    ]


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(
    ("percents", "total", "hinges"),
    [
        # What facts earn is 65.72; a sheet alone is nobody's majority, and two can be.
        ((100,), "86.72", False), ((0, 100), "76.22", True),
        # Just above and just below the bound, where no sheet changes anything.
        ((45, 45, 45), "75.17", False), ((42, 42, 42), "74.54", False),
    ],
)  # fmt: skip
def test_a_rating_hinges_on_a_sheet_only_where_leaving_it_out_makes_another(
    percents: tuple[int, ...], total: str, *, hinges: bool
) -> None:
    document = rules.compute(scored(*percents)).document
    assert (document["total"], document["hinges_on_sheet"]) == (total, hinges)


@pytest.mark.requirement("A126", "A128")
@pytest.mark.parametrize("gate", [RatingGate.REPORT_MISSING, RatingGate.REPORT_FALSIFIED])
def test_what_a_gate_decides_hinges_on_no_sheet(gate: RatingGate) -> None:
    outcome = rules.compute(scored(0, 100, gates=frozenset({gate})))
    assert (outcome.rating, outcome.document["hinges_on_sheet"]) == (Rating.UNQUALIFIED, False)


@pytest.mark.requirement("A126")
def test_total_and_grade_are_those_of_the_whole_document() -> None:
    outcome = rules.compute(GIVEN)
    assert rules.rate(judged_of(GIVEN), GIVEN) == (outcome.total, outcome.rating)
    low = replace(vector.SCHEME.leaves()[0], calc=LeafCalc.GATE, cap=Rating.QUALIFIED)
    shut = replace(judged_of(GIVEN)[0][1][0], leaf=low, notes=(leaf_rules.LeafNote.GATE_SHUT,))
    first, *others = judged_of(GIVEN)
    capped = [(first[0], [shut, *first[1][1:]]), *others]
    assert rules.rate(capped, GIVEN)[1] is Rating.QUALIFIED


@pytest.mark.requirement("A083", "A132")
def test_points_of_what_does_not_apply_go_to_its_siblings_and_then_to_other_criteria() -> None:
    given = replace(GIVEN, targets=(), facts={}, sheets=vector.sheets())
    first, *others = judged_of(given)
    parts = [replace(one, applicable=False) for one in first[1]]
    assert [one.max_points for one in rules.spread(parts)] == [0] * len(parts)
    half = [*parts[:-1], replace(parts[-1], applicable=True)]
    assert rules.spread(half)[-1].max_points == sum(one.max_points for one in parts)
    weighed = rules.weigh([(first[0], parts), *others], GIVEN.weights)
    assert sum(leaf.max_points for leaves in weighed for leaf in leaves) == 100
    nobody = rules.weigh([(first[0], parts)], GIVEN.weights)
    assert sum(leaf.max_points for leaves in nobody for leaf in leaves) == 0


def test_a_criterion_of_gates_alone_has_nothing_to_scale() -> None:
    gate = replace(vector.SCHEME.leaves()[0], calc=LeafCalc.GATE, max_points=NONE)
    result = LeafResult(gate, None, None, NONE, NONE, NONE, (), ())
    weighed = rules.weigh([(Criterion("A", "a", (gate,)), [result])], GIVEN.weights)
    assert weighed == [[result]]


@pytest.mark.requirement("X13")
def test_exact_figures_stand_beside_the_rounded_ones() -> None:
    outcome = rules.compute(GIVEN)
    leaves = [leaf for part in rules.weigh(judged_of(GIVEN), GIVEN.weights) for leaf in part]
    assert outcome.exact == {
        "total": str(sum((one.points for one in leaves), NONE)), "cap": "excellent",
        "leaves": [
            {"code": one.leaf.code, "share": str(one.share), "applies": one.applicable}
            for one in leaves
        ],
    }  # fmt: skip
    assert len(leaves) == 24


AGAIN = Amendment("h", frozenset({"D4", "A4"}), {}, [Sheet("n", {"A4": Decimal(1)})])


@pytest.mark.requirement("X09", "X13")
def test_a_document_names_what_counted_for_reopened_leaves() -> None:
    whole = replace(AGAIN, sheets=[Sheet("n", {"A4": Decimal(1), "D4": Decimal(1)})])
    document = rules.compute(replace(GIVEN, amendments=[whole])).document
    assert document["amendments"] == [{"hash": "h", "codes": ["A4", "D4"]}]
    assert document["format"] == 1


def test_the_hash_of_all_scoring_is_the_first_ones_until_leaves_are_scored_again() -> None:
    assert rules.scoring_hash("a", []) == "a"
    assert rules.scoring_hash("a", ["b", "c"]) == digest(["a", "b", "c"])


@pytest.mark.requirement("A121", "X09")
@pytest.mark.refusing
def test_sheets_of_a_new_scoring_are_whole_for_its_own_leaves() -> None:
    assert failed_codes(rules.input_checks(GIVEN)) == []
    _, check = rules.input_checks(replace(GIVEN, amendments=[AGAIN]))
    assert (check.code, check.passed, check.params["missing"]) == ("SHEET_INCOMPLETE", False, ["n"])
    whole = replace(AGAIN, codes=frozenset({"A4"}))
    assert failed_codes(rules.input_checks(replace(GIVEN, amendments=[whole]))) == []


@pytest.mark.requirement("A127")
@pytest.mark.refusing
@pytest.mark.parametrize(("value", "named"), [(-1, ["target B1"]), (0, []), (1, [])])
def test_a_target_below_zero_is_named(value: int, named: list[str]) -> None:
    given = replace(GIVEN, targets=[Target("B1", "count", Fraction(value))])
    assert rules.negatives(given) == named
    halves = replace(GIVEN, targets=[Target("B1", "count", Fraction(-1, 2))])
    assert rules.negatives(halves) == ["target B1"]


@pytest.mark.requirement("X13", "A132", "X09")
@pytest.mark.refusing
def test_what_is_stored_is_what_is_judged() -> None:
    for checks, codes in (
        (rules.integrity_checks("a", "a"), []),
        (rules.integrity_checks("a", "b"), ["SNAPSHOT_CHANGED"]),
        (rules.snapshot_checks(has_snapshot=True), []),
        (rules.snapshot_checks(has_snapshot=False), ["SNAPSHOT_MISSING"]),
        (rules.waiting_checks([]), []), (rules.waiting_checks(["B", "A"]), ["LEAF_WAITING"]),
        (rules.profile_checks(None, "default"), []),
        (rules.profile_checks("default", "default"), []),
        (rules.profile_checks("platform", "default"), ["SCHEME_FROZEN"]),
        (rules.freshness_checks("a", "a"), []), (rules.freshness_checks("a", "b"), ["STALE_INPUT"]),
    ):  # fmt: skip
        assert failed_codes(checks) == codes
    assert rules.waiting_checks(["B", "A"])[0].params["leaves"] == ["A", "B"]


def test_leaves_are_read_from_a_stored_document_by_their_codes() -> None:
    leaves = [{"code": "A1", "raw": "1"}, {"code": "B1", "raw": "2"}]
    assert rules.leaves_of(json.dumps({"leaves": leaves}).encode()) == {
        "A1": leaves[0], "B1": leaves[1],
    }  # fmt: skip


BEFORE: Mapping[str, Mapping[str, Any]] = {
    "A1": {"raw": "1", "target": "2", "fact_ids": [], "points": "3"},
    "B1": {"raw": "1", "target": "2", "fact_ids": [], "points": "3"},
}


@pytest.mark.requirement("X09", "X13")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("change", "reopened", "others"),
    [
        ({}, [], []), ({"points": "9"}, [], []), ({"raw": "9"}, ["A1"], []),
        ({"raw": "9"}, ["B1"], ["A1"]), ({"target": None}, [], ["A1"]),
        ({"fact_ids": ["x"]}, [], ["A1"]),
    ],
)  # fmt: skip
def test_only_reopened_leaves_measure_otherwise(
    change: dict[str, Any], reopened: list[str], others: list[str]
) -> None:
    after = {**BEFORE, "A1": {**BEFORE["A1"], **change}}
    (check,) = rules.reopened_checks(BEFORE, after, reopened)
    assert (check.passed, check.params["leaves"]) == (not others, others)
    (gone,) = rules.reopened_checks(BEFORE, {"A1": BEFORE["A1"]}, [])
    assert gone.params["leaves"] == ["B1"]
