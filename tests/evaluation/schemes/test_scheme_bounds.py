"""A scheme and its profiles on both sides of each bound."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from evaluation.schemes import rules, weight_rules
from evaluation.schemes.rules import Aggregate, FactQuery, Leaf, LeafCalc, Part, Rating, Source
from shared.rules import Check, failed_codes
from tests.evaluation.results import vector

SCHEME = vector.SCHEME
WEIGHTS = vector.PROFILES["default"]
COUNTED = FactQuery(Source.REGISTRY, "training", Aggregate.COUNT)


def leaf(code: str = "A1", **over: Any) -> Leaf:
    found = next(one for one in SCHEME.leaves() if one.code == code)
    return replace(found, **over)


def failed(scheme: rules.Scheme) -> dict[str, Check]:
    return {
        str(one.params.get("problem", one.code)): one
        for one in rules.scheme_checks(scheme)
        if not one.passed
    }


def graded(*bounds: str) -> rules.Scheme:
    low, middle, high = map(Fraction, bounds)
    parameters = replace(
        SCHEME.parameters, qualified_from=low, good_from=middle, excellent_from=high
    )
    return replace(SCHEME, parameters=parameters)


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("bounds", "passed"),
    [
        (("60", "75", "90"), True), (("1/2", "75", "100"), True), (("0", "75", "90"), False),
        (("-1/2", "75", "90"), False), (("75", "75", "90"), False), (("60", "90", "90"), False),
        (("60", "75", "100.01"), False), (("60", "75", "74"), False),
    ],
)  # fmt: skip
def test_grades_rise_from_above_zero_to_a_hundred_at_most(
    bounds: tuple[str, ...], *, passed: bool
) -> None:
    found = failed(graded(*bounds))
    assert list(found) == ([] if passed else ["grades"])
    if not passed:
        assert len(found["grades"].params["bounds"]) == 3


@pytest.mark.requirement("A126", "A130")
@pytest.mark.refusing
def test_a_criterion_has_points_and_codes_stand_once() -> None:
    first, second, *others = SCHEME.criteria
    empty = replace(first, leaves=(leaf(calc=LeafCalc.GATE, max_points=Fraction(0)),))
    found = failed(replace(SCHEME, criteria=(empty, second, *others)))
    assert "criterion_without_points" in found
    half = replace(first, leaves=(leaf(max_points=Fraction(1, 2)),))
    found = failed(replace(SCHEME, criteria=(half, second, *others)))
    assert "criterion_without_points" not in found
    twice = replace(first, leaves=(*first.leaves, first.leaves[2]))
    found = failed(replace(SCHEME, criteria=(twice, second, *others)))
    assert found["code_twice"].params["codes"] == [first.leaves[2].code]
    assert rules.scheme_checks(SCHEME)[2].params["codes"] == []


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "passed"),
    [
        ({}, True), ({"minimum": Fraction(0)}, True), ({"minimum": Fraction(-1, 2)}, False),
        ({"baseline": Fraction(0)}, True), ({"max_points": Fraction(-1, 2)}, False),
        ({"max_points": Fraction(0)}, False), ({"max_points": Fraction(1, 2)}, True),
        ({"max_points": Fraction(-2)}, False), ({"query": None}, False),
        ({"calc": LeafCalc.EXPERT}, False), ({"calc": LeafCalc.EXPERT, "query": None}, True),
        ({"calc": LeafCalc.THRESHOLD, "low": Fraction(1), "high": Fraction(2)}, True),
        ({"calc": LeafCalc.THRESHOLD, "low": Fraction(2), "high": Fraction(2)}, False),
        ({"calc": LeafCalc.THRESHOLD, "low": Fraction(0), "high": Fraction(2)}, True),
        ({"calc": LeafCalc.THRESHOLD, "low": Fraction(1)}, False),
        ({"calc": LeafCalc.THRESHOLD, "high": Fraction(1)}, False),
    ],
)  # fmt: skip
def test_a_leaf_has_what_its_calculation_needs(over: dict[str, Any], *, passed: bool) -> None:
    assert rules._is_whole(replace(leaf(query=COUNTED), **over)) is passed


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "passed"),
    [
        ({}, True), ({"low": Fraction(1, 2)}, True), ({"low": Fraction(0)}, False),
        ({"low": None}, False), ({"cap": None}, False), ({"max_points": Fraction(1)}, False),
    ],
)  # fmt: skip
def test_a_gate_has_a_line_above_zero_and_a_cap(over: dict[str, Any], *, passed: bool) -> None:
    gate = leaf(
        query=COUNTED, calc=LeafCalc.GATE, max_points=Fraction(0), low=Fraction(1),
        cap=Rating.QUALIFIED,
    )  # fmt: skip
    assert rules._is_whole(replace(gate, **over)) is passed


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(("length", "passed"), [(499, True), (500, True), (501, False)])
def test_a_filter_has_five_hundred_characters_at_most(length: int, *, passed: bool) -> None:
    problem = rules.expression_problem("true".ljust(length))
    assert problem == (None if passed else "longer than 500 characters")


def test_what_is_wrong_with_a_filter_is_told_in_one_short_line() -> None:
    problem = rules.expression_problem("(" * 100 + "?" * 300)
    assert problem
    assert "\n" not in problem
    assert len(problem) <= 200
    assert rules.expression_problem("b == a") == "unknown names: a, b"


def test_every_filter_of_a_query_is_judged_and_its_leaf_is_named() -> None:
    part = Part(Aggregate.COUNT, filter="1 +")
    query = replace(COUNTED, aggregate=Aggregate.RATIO, numerator=part, denominator=part)
    assert query.filters() == ["1 +", "1 +"]
    assert replace(query, filter="true").filters() == ["true", "1 +", "1 +"]
    bad = [one for one in rules._leaf_checks(leaf(query=query)) if not one.passed]
    assert [(one.pointer, one.params["problem"]) for one in bad] == [
        ("/criteria/A/leaves/A1", "expression")
    ]


def test_a_leaf_needs_no_evidence_unless_it_says_so() -> None:
    assert not leaf("A1").evidence_required
    assert leaf("B1").evidence_required


@pytest.mark.requirement("A132")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("weights", "codes"),
    [
        (("20", "20", "20", "20", "20"), []), (("1/2", "39.5", "20", "20", "20"), []),
        (("0", "40", "20", "20", "20"), ["WEIGHTS_NOT_100"]),
        (("19", "20", "20", "20", "20"), ["WEIGHTS_NOT_100"]),
        (("21", "20", "20", "20", "20"), ["WEIGHTS_NOT_100"]),
    ],
)  # fmt: skip
def test_a_profile_weighs_every_criterion_above_zero(
    weights: tuple[str, ...], codes: list[str]
) -> None:
    given = {code: Fraction(text) for code, text in zip("ABCDE", weights, strict=True)}
    checks = weight_rules.weight_checks(given)
    assert failed_codes(checks) == codes
    assert checks[0].params["sum"] == str(sum(given.values()))
    assert failed_codes(weight_rules.weight_checks({"A": Fraction(100)})) == ["SCHEME_INVALID"]


@pytest.mark.requirement("A067", "A132")
@pytest.mark.refusing
def test_an_indicator_below_zero_is_named_and_strangers_by_five() -> None:
    checks = weight_rules.indicator_checks(WEIGHTS, {"A5": Fraction(-1, 2), "A6": Fraction(1)})
    assert failed_codes(checks) == ["VALUE_NEGATIVE"]
    assert checks[-1].params["where"] == ["A5"]
    assert failed_codes(weight_rules.indicator_checks(WEIGHTS, {"A5": Fraction(0)})) == []
    strange = {f"Z{number}": Fraction(0) for number in range(7)}
    check, *_ = weight_rules.fitting_checks(SCHEME, WEIGHTS, strange)
    assert check.params["given"] == ["Z0", "Z1", "Z2", "Z3", "Z4"]


@pytest.mark.requirement("A067")
def test_indicators_get_what_they_are_given_and_the_others_share_the_rest() -> None:
    def points(scheme: rules.Scheme, weights: dict[str, Fraction], **named: str) -> list[Fraction]:
        given = {code: Fraction(text) for code, text in named.items()}
        first, *_ = weight_rules.reweighed(scheme, weights, given).criteria
        return [one.max_points for one in first.leaves]

    criterion = replace(
        SCHEME.criteria[0],
        leaves=(leaf("A1", max_points=Fraction(6)), leaf("A2", max_points=Fraction(4))),
    )
    scheme = replace(SCHEME, criteria=(criterion,))
    weights = {"A": Fraction(20), "B": Fraction(80)}
    assert points(scheme, weights) == [6, 4]
    assert points(scheme, weights, B1="5") == [6, 4]
    assert points(scheme, weights, A1="5") == [Fraction(5, 2), Fraction(15, 2)]
    assert points(scheme, weights, A1="0") == [0, 10]
    assert points(scheme, weights, A1="20") == [10, 0]
    # A draft may name all of a criterion's and not fill it: then they fill it as they stand.
    assert points(scheme, weights, A1="5", A2="5") == [5, 5]
    # Or name nothing but zeros, where nobody is left to take the points: all stays as it was.
    assert points(scheme, weights, A1="0", A2="0") == [6, 4]
    # What is left and what was taken may be the same.
    same = replace(
        SCHEME,
        criteria=(
            replace(
                criterion,
                leaves=(leaf("A1", max_points=Fraction(4)), leaf("A2", max_points=Fraction(4))),
            ),
        ),
    )
    assert points(same, {"A": Fraction(8)}, A1="4") == [4, 4]
