"""From facts to a rating: vector C7-1, its boundaries, and what no order may change."""

import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.cycles.rules import Target, target_of
from evaluation.results import leaf_rules, rules
from evaluation.results.leaf_rules import LeafNote, RatingGate
from evaluation.schemes.rules import Parameters, Rating, Scheme, Source, ThresholdReading
from evaluation.schemes.weight_rules import fitting_checks, fractions, indicator_checks
from shared.rules import failed_codes
from tests.evaluation.results import vector

POINTS = {
    "A1": "5.52", "A2": "1.50", "A3": "4.00", "A4": "5.20", "A5": "2.50", "A6": "2.00",
    "B1": "4.00", "B2": "6.07", "B3": "7.00", "B4": "3.33", "B5": "4.00", "B6": "1.68",
    "C1": "4.00", "C2": "2.40", "C3": "1.50", "C4": "2.50", "C5": "4.92",
    "D1": "5.40", "D2": "3.00", "D3": "3.00", "D4": "2.47",
    "E1": "3.00", "E2": "1.00", "E3": "2.99",
}  # fmt: skip


def leaf(outcome: rules.Outcome, code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in outcome.document["leaves"] if one["code"] == code)
    return found


def with_parameters(scheme: Scheme, **changes: Any) -> Scheme:
    return replace(scheme, parameters=replace(scheme.parameters, **changes))


@pytest.mark.requirement("A126", "A127", "A129")
def test_the_vector_year_comes_to_82_98_leaf_by_leaf() -> None:
    outcome = rules.compute(vector.inputs())

    assert {one["code"]: one["points"] for one in outcome.document["leaves"]} == POINTS
    assert outcome.document["total"] == "82.98"
    assert outcome.rating is Rating.GOOD


@pytest.mark.requirement("A132", "A067")
@pytest.mark.parametrize(
    ("profile", "total"),
    [("default", "82.98"), ("enterprise", "83.39"), ("institute", "82.77"), ("platform", "81.90")],
)
def test_each_profile_scales_unrounded_points(profile: str, total: str) -> None:
    assert rules.compute(vector.inputs(profile)).document["total"] == total


@pytest.mark.requirement("A067")
def test_the_institute_profile_stresses_standards_and_services() -> None:
    plain, institute = (
        {one["code"]: Fraction(one["max"]) for one in rules.compute(given).document["leaves"]}
        for given in (vector.inputs(), vector.inputs("institute"))
    )
    # 行业标准的创制能力 and 专业服务的供给能力 weigh more than the criteria alone would let them.
    assert (institute["A5"], institute["C1"]) == (Fraction("6.4"), Fraction(6))
    assert institute["A5"] > plain["A5"] * Fraction(30, 25)
    assert institute["C1"] > plain["C1"]
    assert sum(institute.values()) == 100
    for code, weight in vector.PROFILES["institute"].items():
        assert sum(most for leaf, most in institute.items() if leaf[0] == code) == weight


@pytest.mark.requirement("A067", "A132")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("indicators", "codes"),
    [
        ({"A5": "25"}, []), ({"A5": "25.01"}, ["WEIGHTS_NOT_100"]),
        ({"A5": "12.5", "A6": "12.5", "B1": "0"}, []),
        ({"A5": "12.5", "A6": "12.51"}, ["WEIGHTS_NOT_100"]),
        ({"A5": "-1", "A6": "3"}, ["VALUE_NEGATIVE"]),
    ],
)  # fmt: skip
def test_indicators_take_no_more_than_their_criterion_has(
    indicators: dict[str, str], codes: list[str]
) -> None:
    weights = vector.PROFILES["default"]
    assert failed_codes(indicator_checks(weights, fractions(indicators))) == codes


@pytest.mark.requirement("A067", "A132")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("indicators", "codes"),
    [
        ({"E1": "4", "E2": "2"}, []), ({"E1": "4", "E2": "2", "E3": "4"}, []),
        ({"E1": "4", "E2": "2", "E3": "3.99"}, ["WEIGHTS_NOT_100"]),
        ({"E9": "1"}, ["FIELD_INVALID"]),
    ],
)  # fmt: skip
def test_indicators_are_the_schemes_and_all_of_a_criterions_fill_it(
    indicators: dict[str, str], codes: list[str]
) -> None:
    weights = vector.PROFILES["default"]
    assert failed_codes(fitting_checks(vector.SCHEME, weights, fractions(indicators))) == codes


@pytest.mark.requirement("A130")
def test_the_other_reading_of_proportion_takes_the_upper_bound() -> None:
    given = vector.inputs()
    scheme = with_parameters(given.scheme, reading=ThresholdReading.PROPORTION)
    outcome = rules.compute(replace(given, scheme=scheme))

    assert [leaf(outcome, code)["points"] for code in ("C2", "C3", "D1")] == [
        "2.52", "1.80", "5.52",
    ]  # fmt: skip


@pytest.mark.parametrize("reading", list(ThresholdReading))
@pytest.mark.parametrize(
    ("actual", "interpolated"), [("0.0999", 0), ("0.1", 0), ("0.3", 1), ("0.31", 1)]
)
def test_thresholds_pay_nothing_below_and_all_from_the_upper_bound(
    reading: ThresholdReading, actual: str, interpolated: int
) -> None:
    share = leaf_rules.threshold_share(Fraction(actual), Fraction("0.1"), Fraction("0.3"), reading)
    at_low = reading is ThresholdReading.PROPORTION and actual == "0.1"
    assert share == (Fraction(1, 3) if at_low else interpolated)


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(
    ("total", "rating"),
    [
        ("90.00", Rating.EXCELLENT), ("89.99", Rating.GOOD), ("75.00", Rating.GOOD),
        ("74.99", Rating.QUALIFIED), ("60.00", Rating.QUALIFIED), ("59.99", Rating.UNQUALIFIED),
        ("0", Rating.UNQUALIFIED), ("100", Rating.EXCELLENT),
    ],
)  # fmt: skip
def test_each_lower_bound_belongs_to_its_grade(total: str, rating: Rating) -> None:
    assert rules.rating_for(Fraction(total), vector.SCHEME.parameters) is rating


@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("gate", "rating", "graded"),
    [
        (RatingGate.REPORT_MISSING, Rating.EXCELLENT, Rating.UNQUALIFIED),
        (RatingGate.REPORT_FALSIFIED, Rating.GOOD, Rating.UNQUALIFIED),
        (RatingGate.REPORT_LATE, Rating.EXCELLENT, Rating.GOOD),
        (RatingGate.REPORT_LATE, Rating.QUALIFIED, Rating.QUALIFIED),
    ],
)
def test_a_gate_decides_over_the_score(gate: RatingGate, rating: Rating, graded: Rating) -> None:
    assert rules.gated(rating, {gate}, vector.SCHEME.parameters) is graded


@pytest.mark.requirement("A127")
def test_a_named_metric_without_records_scores_nothing_though_no_target_was_filed() -> None:
    given = vector.without_target(vector.inputs(), "B1", "B2", "B3", "B4")
    registry = [one for one in given.facts[Source.REGISTRY] if one["kind"] != "incubation"]
    facts = {**given.facts, Source.IP_LEDGER: (), Source.REGISTRY: tuple(registry)}
    outcome = rules.compute(replace(given, facts=facts))

    for code, maximum in [("B1", "5.00"), ("B2", "7.00"), ("B3", "7.00"), ("B4", "5.00")]:
        assert leaf(outcome, code)["points"] == "0.00"
        assert leaf(outcome, code)["max"] == maximum
        assert LeafNote.NO_EVIDENCE in leaf(outcome, code)["notes"]


@pytest.mark.requirement("A083", "A129")
@pytest.mark.parametrize("filed", [None, "0"])
def test_a_leaf_without_target_is_spread_over_its_siblings(filed: str | None) -> None:
    given = vector.without_target(vector.inputs(), "E2")
    if filed is not None:
        given = replace(given, targets=(*given.targets, Target("E2", "count", Fraction(filed))))
    outcome = rules.compute(given)

    assert leaf(outcome, "E2")["max"] == "0.00"
    assert (leaf(outcome, "E1")["max"], leaf(outcome, "E3")["max"]) == ("5.00", "5.00")
    assert (leaf(outcome, "E1")["points"], leaf(outcome, "E3")["points"]) == ("3.75", "3.74")


@pytest.mark.requirement("A083")
@pytest.mark.parametrize(
    ("minimum", "baseline", "filed", "target"),
    [
        (None, None, "30", "30"), ("40", None, "30", "40"), ("30", None, "30", "30"),
        ("20", "10", None, "10"), (None, None, None, None), (None, "0", None, None),
    ],
)  # fmt: skip
def test_the_target_is_the_plans_not_below_the_minimum_else_the_baseline(
    minimum: str | None, baseline: str | None, filed: str | None, target: str | None
) -> None:
    one = replace(
        next(leaf for leaf in vector.SCHEME.leaves() if leaf.code == "B1"),
        minimum=None if minimum is None else Fraction(minimum),
        baseline=None if baseline is None else Fraction(baseline),
    )
    planned = None if filed is None else Target("B1", "count", Fraction(filed))
    found, _ = target_of(one, planned)
    assert found == (None if target is None else Fraction(target))


@pytest.mark.requirement("A127")
def test_only_registered_amounts_count_as_transactions() -> None:
    given = vector.inputs()
    contracts = [
        {**one, "payload": {**one["payload"], "registration_no": None, "registered_on": None}}
        if one["kind"] == "tech_contract" and index % 2
        else one
        for index, one in enumerate(given.facts[Source.IP_LEDGER])
    ]
    outcome = rules.compute(
        replace(given, facts={**given.facts, Source.IP_LEDGER: tuple(contracts)})
    )
    assert leaf(outcome, "B1")["raw"] == "24"
    assert leaf(outcome, "B2")["raw"] == "5200000000"
    assert int(str(leaf(outcome, "B3")["raw"])) < 4_100_000_000


@pytest.mark.requirement("A041")
def test_whether_a_client_is_an_sme_comes_from_the_register_not_from_the_payload() -> None:
    given = vector.inputs()
    lying = [
        {**one, "payload": {**one["payload"], "is_sme": True, "is_member": False}}
        for one in given.facts[Source.REGISTRY]
    ]
    facts = {**given.facts, Source.REGISTRY: tuple(lying)}
    assert rules.compute(replace(given, facts=facts)).document["total"] == "82.98"


@pytest.mark.requirement("A127")
@pytest.mark.refusing
def test_negative_figures_are_rejected() -> None:
    given = vector.inputs()
    bad = vector.fact(900, "training", person_times=-1)
    facts = {**given.facts, Source.REGISTRY: (*given.facts[Source.REGISTRY], bad)}
    assert failed_codes(rules.input_checks(replace(given, facts=facts))) == ["VALUE_NEGATIVE"]


@pytest.mark.requirement("A121")
@pytest.mark.refusing
def test_a_sheet_with_a_blank_leaf_is_incomplete() -> None:
    given = vector.inputs()
    first = replace(given.sheets[0], scores={"A4": Decimal(80)})
    sheets = (first, *given.sheets[1:])
    assert failed_codes(rules.input_checks(replace(given, sheets=sheets))) == ["SHEET_INCOMPLETE"]


@pytest.mark.requirement("X13")
def test_no_order_of_facts_targets_or_sheets_changes_the_hash() -> None:
    given = vector.inputs()
    expected = rules.compute(given).result_hash
    shuffle = random.Random(7)
    for _ in range(3):
        facts = {
            source: tuple(shuffle.sample(list(rows), len(rows)))
            for source, rows in given.facts.items()
        }
        mixed = replace(
            given,
            facts=facts,
            targets=tuple(shuffle.sample(given.targets, len(given.targets))),
            sheets=tuple(shuffle.sample(given.sheets, len(given.sheets))),
        )
        assert rules.compute(mixed).result_hash == expected


@pytest.mark.requirement("X13")
def test_one_score_more_makes_another_hash() -> None:
    given = vector.inputs()
    changed = replace(given.sheets[0], scores={**given.sheets[0].scores, "A4": Decimal("85.01")})
    other = rules.compute(replace(given, sheets=(changed, *given.sheets[1:])))
    assert other.result_hash != rules.compute(given).result_hash


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(
    ("total", "near"),
    [("74.49", False), ("74.50", True), ("75.50", True), ("75.51", False), ("82.98", False)],
)
def test_the_band_around_a_bound_includes_its_ends(total: str, near: bool) -> None:
    assert rules.is_near_boundary(Fraction(total), vector.SCHEME.parameters) is near


@pytest.mark.requirement("A126")
@pytest.mark.refusing
def test_a_near_total_without_second_reading_is_refused() -> None:
    checks = rules.second_reading_checks(needed=True, readings=0)
    assert failed_codes(checks) == ["SECOND_READING_MISSING"]
    assert failed_codes(rules.second_reading_checks(needed=True, readings=1)) == []
    assert failed_codes(rules.second_reading_checks(needed=False, readings=0)) == []


def _three_sheets(*percents: int) -> leaf_rules.Inputs:
    codes = vector.SCHEME.expert_codes()
    sheets = [
        leaf_rules.Sheet(f"s{index}", dict.fromkeys(codes, Decimal(percent)))
        for index, percent in enumerate(percents)
    ]
    return replace(vector.inputs(), sheets=sheets)


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(
    ("percents", "hinges"), [((0, 80, 100), True), ((100, 100, 90), False), ((90, 80, 85), False)]
)
def test_a_rating_that_one_sheet_decides_is_in_the_grey_zone(
    percents: tuple[int, ...], hinges: bool
) -> None:
    document = rules.compute(_three_sheets(*percents)).document
    assert (document["hinges_on_sheet"], document["near_boundary"]) == (hinges, False)


# --- properties -----------------------------------------------------------------------------

amounts = st.integers(min_value=0, max_value=10**6)
plans = st.dictionaries(
    st.sampled_from([code for code, _, _ in vector.TARGETS]),
    st.fractions(min_value=0, max_value=10**5, max_denominator=100),
)
profiles = st.sampled_from(sorted(vector.PROFILES))


def planned(targets: dict[str, Fraction], profile: str) -> leaf_rules.Inputs:
    rows = tuple(Target(code, "count", value) for code, value in targets.items())
    return replace(vector.inputs(profile), targets=rows)


@given(plans, profiles)
def test_a_total_lies_between_0_and_100_and_is_the_sum_of_its_leaves(
    targets: dict[str, Fraction], profile: str
) -> None:
    document = rules.compute(planned(targets, profile)).document
    total = sum((Fraction(one["points"]) for one in document["leaves"]), Fraction(0))
    assert 0 <= Fraction(document["total"]) <= 100
    assert total + Fraction(document["rounding"]) == Fraction(document["total"])


@given(plans, profiles)
def test_spreading_what_does_not_apply_keeps_the_sum_at_100(
    targets: dict[str, Fraction], profile: str
) -> None:
    given = planned(targets, profile)
    judged = [
        (criterion, [leaf_rules.judge(leaf, given) for leaf in criterion.leaves])
        for criterion in given.scheme.criteria
    ]
    weighed = rules.weigh(judged, given.weights)
    assert sum(leaf.max_points for leaves in weighed for leaf in leaves) == 100
    for (criterion, _), leaves in zip(judged, weighed, strict=True):
        assert sum(leaf.max_points for leaf in leaves) == given.weights[criterion.code]


@given(amounts, amounts)
def test_more_training_never_earns_less(fewer: int, more: int) -> None:
    def total(person_times: int) -> Fraction:
        given = vector.inputs()
        rows = [one for one in given.facts[Source.REGISTRY] if one["kind"] != "training"]
        rows.append(vector.fact(520, "training", person_times=person_times))
        facts = {**given.facts, Source.REGISTRY: tuple(rows)}
        return rules.compute(replace(given, facts=facts)).total

    low, high = sorted((fewer, more))
    assert total(low) <= total(high)


@given(
    st.fractions(min_value=0, max_value=2),
    st.fractions(min_value=0, max_value=2),
    st.sampled_from(list(ThresholdReading)),
)
def test_a_threshold_share_never_falls(
    one: Fraction, two: Fraction, reading: ThresholdReading
) -> None:
    low, high = sorted((one, two))
    bounds = (Fraction(1, 10), Fraction(1, 2), reading)
    assert (
        0
        <= leaf_rules.threshold_share(low, *bounds)
        <= leaf_rules.threshold_share(high, *bounds)
        <= 1
    )


def test_a_grade_cannot_be_bought_by_rounding_twice() -> None:
    parameters: Parameters = vector.SCHEME.parameters
    assert rules.rating_for(Fraction("89.995"), parameters) is Rating.GOOD


@pytest.mark.requirement("A126")
def test_full_marks_come_to_100_though_rounded_leaves_add_up_to_more() -> None:
    given = vector.inputs()
    clients = {"is_sme": True, "is_member": False}
    report = vector.report_fact()
    report["payload"]["accounts"]["rd_staff"] = 60
    # With A2 and B5 not applicable, their siblings' points round up by 0.02 in all.
    outcome = rules.compute(
        replace(
            given,
            facts={
                **given.facts,
                Source.REGISTRY: [{**one, "derived": clients} for one in vector.registry_facts()],
                Source.REPORT: [report],
            },
            targets=[
                Target(code, "ratio", Fraction(1, 10))
                for code, _, _ in vector.TARGETS
                if code not in ("A2", "B5")
            ],
            sheets=[
                replace(sheet, scores=dict.fromkeys(sheet.scores, Decimal(100)))
                for sheet in given.sheets
            ],
        )
    )
    assert (outcome.document["total"], outcome.document["rounding"]) == ("100.00", "-0.02")
    assert outcome.rating is Rating.EXCELLENT
