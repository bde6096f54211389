"""What a scheme must be before it is stored, and how its queries count."""

import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.results import rules as results
from evaluation.schemes import counting_rules, figure_rules, rules, weight_rules
from evaluation.schemes.column_rules import Records
from evaluation.schemes.counting_rules import Period
from evaluation.schemes.rules import Aggregate, FactQuery, Part, Source, Weighting
from evaluation.schemes.schemas import IndicatorSchemeIn
from ip_ledger.facts.rules import LedgerFactKind as LedgerKind
from registry.facts.rules import FactKind as RegistryKind
from shared.rules import failed_codes
from tests.evaluation.results import vector

PERIOD = Period("2027-01-01", "2027-12-31")


def content() -> dict[str, Any]:
    return copy.deepcopy(vector.DATA["scheme"]["content"])


def leaf(scheme: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for part in scheme["criteria"] for one in part["leaves"] if one["code"] == code)


def problems(scheme: dict[str, Any]) -> list[str]:
    checks = rules.scheme_checks(rules.scheme_from(scheme))
    return [str(one.params.get("problem", one.code)) for one in checks if not one.passed]


@pytest.mark.requirement("A126", "A127", "A130")
def test_the_shipped_scheme_holds_and_has_24_leaves_of_which_experts_score_five() -> None:
    scheme = rules.scheme_from(content())
    assert failed_codes(rules.scheme_checks(scheme)) == []
    assert len(scheme.leaves()) == 24
    assert scheme.expert_codes() == ("A4", "B6", "C5", "D4", "E3")
    experts = [one.max_points for one in scheme.leaves() if one.code in scheme.expert_codes()]
    assert sum(experts) == 21
    assert scheme.weights() == vector.PROFILES["default"]


@pytest.mark.requirement("A130")
def test_the_shipped_scheme_is_what_the_api_would_store() -> None:
    heading = {"code": "annual", "title": "年度"}
    body = IndicatorSchemeIn.model_validate({**heading, **content()})
    kept = rules.scheme_from(body.content())
    assert kept.criteria == rules.scheme_from(content()).criteria


@pytest.mark.requirement("A132")
@pytest.mark.refusing
def test_points_that_do_not_make_100_are_refused() -> None:
    scheme = content()
    leaf(scheme, "A1")["max"] = "6.01"
    assert problems(scheme) == ["WEIGHTS_NOT_100"]


@pytest.mark.requirement("A127")
@pytest.mark.refusing
@pytest.mark.parametrize("code", ["B1", "B2", "B3", "B4"])
def test_a_scheme_counts_every_metric_that_the_plan_names(code: str) -> None:
    scheme = content()
    one = leaf(scheme, code)
    one["calc"] = "expert"
    del one["query"]
    assert problems(scheme) == ["metric_missing"]


@pytest.mark.requirement("A126")
@pytest.mark.refusing
def test_a_scheme_has_the_five_criteria_of_the_plan() -> None:
    scheme = content()
    scheme["criteria"][3]["leaves"] += scheme["criteria"][4]["leaves"]
    del scheme["criteria"][4]
    assert problems(scheme) == ["criteria", "leaf_elsewhere"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "expression",
    [
        "fact.",
        "1 +",
        "secret == 1",
        "fact.kind == 'x' && launch()",
        "fact.a.matches('(a+)+')",
        "[1, 2].map(x, x)",
        "fact.a == '" + "a" * 500 + "'",
    ],
)
def test_an_expression_that_is_no_filter_is_refused(expression: str) -> None:
    scheme = content()
    leaf(scheme, "A3")["query"]["filter"] = expression
    assert problems(scheme) == ["expression"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("A6", {"low": "0.3", "high": "0.1"}),
        ("A1", {"minimum": "-1"}),
        ("D3", {"query": {"source": "registry", "kind": "training", "aggregate": "sum"}}),
        ("A3", {"query": None}),
    ],
)
def test_a_leaf_that_cannot_be_computed_is_refused(code: str, change: dict[str, Any]) -> None:
    scheme = content()
    leaf(scheme, code).update(change)
    assert problems(scheme) == ["leaf"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
def test_grades_rise() -> None:
    scheme = content()
    scheme["parameters"]["good_from"] = "90"
    assert problems(scheme) == ["grades"]


@pytest.mark.requirement("A126", "A132")
@pytest.mark.refusing
def test_a_leaf_stands_under_the_criterion_of_its_letter() -> None:
    """Under another one it would be weighed by that one, and shown under its own."""
    scheme = content()
    moved = scheme["criteria"][0]["leaves"].pop(0)
    scheme["criteria"][1]["leaves"].append(moved)
    assert problems(scheme) == ["leaf_elsewhere"]
    told = [one for one in rules.scheme_checks(rules.scheme_from(scheme)) if not one.passed]
    assert told[0].params["codes"] == ["A1"]


@pytest.mark.requirement("A126", "A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("band", "expected"),
    [("-0.01", ["band"]), ("0", []), ("0.5", []), ("100", []), ("100.01", ["band"])],
)
def test_no_scheme_does_away_with_the_second_reading(band: str, expected: list[str]) -> None:
    scheme = content()
    scheme["parameters"]["second_reading_band"] = band
    assert problems(scheme) == expected


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize("side", ["numerator", "denominator"])
def test_a_side_of_a_ratio_that_adds_up_nothing_is_refused(side: str) -> None:
    scheme = content()
    sides = {"numerator": {"aggregate": "count"}, "denominator": {"aggregate": "count"}}
    query = {"source": "registry", "kind": "service", "aggregate": "ratio"}
    leaf(scheme, "E1")["query"] = {**query, **sides}
    assert problems(scheme) == []
    leaf(scheme, "E1")["query"] = {**query, **sides, side: {"aggregate": "sum"}}
    assert problems(scheme) == ["leaf"]


@pytest.mark.requirement("A132")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "weights",
    [
        ("28", "32", "15", "15", "9.99"),
        ("28", "32", "15", "15", "11"),
        ("100", "0", "0", "0", "0"),
        ("110", "-10", "0", "0", "0"),
    ],
)
def test_a_profile_sums_to_100_and_leaves_no_criterion_out(weights: tuple[str, ...]) -> None:
    given = {code: Fraction(text) for code, text in zip("ABCDE", weights, strict=True)}
    assert failed_codes(weight_rules.weight_checks(given)) == ["WEIGHTS_NOT_100"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
def test_a_frozen_scheme_is_not_edited() -> None:
    assert failed_codes(rules.edit_checks(rules.SchemeState.FROZEN)) == ["SCHEME_FROZEN"]
    assert failed_codes(rules.edit_checks(rules.SchemeState.DRAFT)) == []
    assert failed_codes(weight_rules.profile_edit_checks(locked=True)) == ["SCHEME_FROZEN"]


# --- counting -------------------------------------------------------------------------------


def query(aggregate: Aggregate, **more: Any) -> FactQuery:
    return FactQuery(Source.REGISTRY, "training", aggregate, **more)


FACTS = [
    vector.fact(1, "training", person_times=10, group="a"),
    vector.fact(2, "training", person_times="2.5", group="b"),
    vector.fact(3, "training", person_times=None, group="a"),
    vector.fact(4, "service", person_times=99, group="c"),
]


@pytest.mark.parametrize(
    ("asked", "raw"),
    [
        (query(Aggregate.COUNT), "3"),
        (query(Aggregate.SUM, path="payload.person_times"), "12.5"),
        (query(Aggregate.DISTINCT, path="payload.group"), "2"),
        (
            query(
                Aggregate.WEIGHTED_SUM,
                weights=(Weighting("payload.group", {"a": Fraction(1, 2)}),),
            ),
            "1",
        ),
        (query(Aggregate.COUNT, filter="fact.payload.group == 'a'"), "2"),
        (
            query(
                Aggregate.RATIO,
                numerator=Part(Aggregate.COUNT, filter="fact.payload.group == 'b'"),
                denominator=Part(Aggregate.COUNT),
            ),
            "0.333333",
        ),
    ],
)
def test_a_query_reads_facts_of_its_kind_only(asked: FactQuery, raw: str) -> None:
    found = counting_rules.measure(asked, FACTS, PERIOD)
    assert found.raw is not None
    assert figure_rules.decimal_text(found.raw) == raw


def test_nothing_to_divide_by_measures_nothing() -> None:
    asked = query(
        Aggregate.RATIO,
        numerator=Part(Aggregate.COUNT),
        denominator=Part(Aggregate.SUM, "payload.absent"),
    )
    assert counting_rules.measure(asked, FACTS, PERIOD).raw is None


def test_a_fact_without_the_field_that_a_filter_reads_does_not_match() -> None:
    asked = query(Aggregate.COUNT, filter="fact.payload.verified_by == 'x'")
    assert counting_rules.measure(asked, FACTS, PERIOD) == counting_rules.Measured(Fraction(0), ())


@pytest.mark.requirement("A127")
@pytest.mark.parametrize("value", [1.5, True, "1e9", "٣", None, [], {"amount": 1.0}])
def test_what_is_no_exact_number_is_none(value: object) -> None:
    facts = [{"id": "", "payload": {"figure": value}}]
    assert Records(facts).numbers("payload.figure") == [None]


@given(st.fractions(min_value=0, max_value=1000))
def test_a_half_is_rounded_up_and_nothing_else_moves_by_more_than_a_half(value: Fraction) -> None:
    rounded = figure_rules.half_up(value)
    assert abs(value - rounded) <= Fraction(1, 200)
    assert Fraction(figure_rules.points_text(value)) == rounded


@pytest.mark.parametrize(
    ("value", "text"), [("5.525", "5.53"), ("5.5249999", "5.52"), ("0", "0.00"), ("100", "100.00")]
)
def test_points_have_two_decimals(value: str, text: str) -> None:
    assert figure_rules.points_text(Fraction(value)) == text


@pytest.mark.requirement("X13")
def test_the_canonical_form_does_not_know_the_order_of_keys() -> None:
    assert rules.digest({"b": "中", "a": [1, None]}) == rules.digest({"a": [1, None], "b": "中"})
    assert rules.canonical({"b": "中", "a": 1}) == '{"a":1,"b":"中"}'.encode()


# --- gates, kinds, and filters that would not end -------------------------------------------

GATE = {
    "code": "E9", "calc": "gate", "name": "服务收入门槛", "max": "0", "clause": "四(四)",
    "unit": "count", "low": "3", "cap": "qualified",
    "query": {"source": "registry", "kind": "service", "aggregate": "count"},
}  # fmt: skip


def with_gate(**over: Any) -> dict[str, Any]:
    scheme = content()
    scheme["criteria"][4]["leaves"].append({**GATE, **over})
    return scheme


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(("low", "rating", "gates"), [
    ("100", "good", []), ("101", "qualified", ["leaf_gate"]),
])  # fmt: skip
def test_a_gate_caps_the_grade_below_its_line_and_earns_nothing(
    low: str, rating: str, gates: list[str]
) -> None:
    scheme = rules.scheme_from(with_gate(low=low))
    assert failed_codes(rules.scheme_checks(scheme)) == []
    outcome = results.compute(replace(vector.inputs(), scheme=scheme))
    told = outcome.document
    assert (told["total"], told["score_rating"]) == ("82.98", "good")
    assert (told["rating"], told["gates"]) == (rating, gates)
    assert told["leaves"][-1]["points"] == "0.00"


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize("over", [{"max": "1"}, {"low": "0"}, {"cap": None}, {"query": None}])
def test_a_gate_that_is_not_whole_is_refused(over: dict[str, Any]) -> None:
    assert problems(with_gate(**over)) in (["leaf"], ["WEIGHTS_NOT_100", "leaf"])


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("source", "kind"),
    [("registry", "nonsense"), ("registry", "asset"), ("ip_ledger", "service")],
)
def test_a_kind_that_its_source_does_not_tell_is_refused(source: str, kind: str) -> None:
    scheme = content()
    leaf(scheme, "E1")["query"].update(source=source, kind=kind)
    assert problems(scheme) == ["kind"]


@pytest.mark.requirement("A130")
def test_every_kind_that_can_be_counted_is_one_that_a_neighbour_tells() -> None:
    assert set(rules.KINDS[Source.REGISTRY]) <= {kind.value for kind in RegistryKind}
    assert set(rules.KINDS[Source.IP_LEDGER]) <= {kind.value for kind in LedgerKind}


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "text",
    [
        "1 / 0 == 1", "1 % 0 == 1", "[1, 2].all(x, x > 0)", "[1].map(x, [1].map(y, y)) == []",
        "fact.list.exists(fact, fact.list.exists(fact, true))", "'a'.matches('(a+)+$')",
        "fact.n + 1 > 2", "other == 1", "((((", "true" + " " * 500, "timestamp(fact.a) > 1",
        "(" * 200 + "true" + ")" * 200,
    ],
)  # fmt: skip
def test_a_filter_that_could_divide_loop_or_grow_is_refused(text: str) -> None:
    scheme = content()
    leaf(scheme, "E1")["query"]["filter"] = text
    assert problems(scheme) == ["expression"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
@pytest.mark.parametrize("field", ["baseline", "minimum"])
def test_a_negative_target_of_the_scheme_is_refused(field: str) -> None:
    scheme = content()
    leaf(scheme, "E1")[field] = "-1"
    assert problems(scheme) == ["leaf"]


@pytest.mark.requirement("A130")
@pytest.mark.refusing
def test_a_tree_that_names_a_leaf_twice_is_refused() -> None:
    # A tree is nested, so that a cycle in it could only be a leaf that stands under itself.
    scheme = content()
    scheme["criteria"][0]["leaves"].append(leaf(scheme, "A1"))
    assert "code_twice" in problems(scheme)


def test_a_shut_gate_alone_makes_no_rating_hinge_on_a_sheet() -> None:
    scheme = rules.scheme_from(with_gate(low="101"))
    told = results.compute(replace(vector.inputs(), scheme=scheme)).document
    assert (told["rating"], told["hinges_on_sheet"]) == ("qualified", False)


def _counting(code: str, **query: Any) -> dict[str, Any]:
    scheme = content()
    leaf(scheme, code)["query"] = {"source": "registry", "aggregate": "count", **query}
    return scheme


@pytest.mark.requirement("A044")
def test_exchange_abroad_is_a_family_whose_leaves_count_any_record_of_it() -> None:
    for kind in ("cooperation_event", "international_progress", "overseas_acquisition"):
        assert problems(_counting("E2", kind=kind)) == []
    family = next(one for one in content()["criteria"] if one["code"] == "E")
    assert sum(int(one["max"]) for one in family["leaves"]) == 10


@pytest.mark.requirement("A044")
@pytest.mark.refusing
def test_a_scheme_without_exchange_abroad_or_with_confidential_records_of_it_is_refused() -> None:
    scheme = content()
    scheme["criteria"][0]["leaves"] += scheme["criteria"].pop()["leaves"]
    assert problems(scheme) == ["criteria", "leaf_elsewhere"]
    assert problems(_counting("E2", kind="intelligence_report")) == ["kind"]


@pytest.mark.requirement("A060")
def test_a_scheme_may_count_the_partners_that_a_centre_pulled_along() -> None:
    query = {"kind": "adoption", "aggregate": "distinct", "path": "payload.adopter_uscc"}
    assert problems(_counting("A3", **query)) == []
