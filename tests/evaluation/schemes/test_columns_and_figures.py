"""Columns of facts, what filters read of them, and figures: values in, values out."""

from fractions import Fraction
from typing import Any

import pytest

from evaluation.schemes import column_rules, counting_rules, filter_rules
from evaluation.schemes.column_rules import Facts, Gone, Records
from evaluation.schemes.counting_rules import Period, Sifted, below_zero, measure, sift
from evaluation.schemes.figure_rules import decimal_text
from evaluation.schemes.filter_rules import Clause, Filter, cut_down
from evaluation.schemes.rules import Aggregate, FactQuery, Part, Source

PERIOD = Period("2027-01-01", "2027-12-31")
DAYS = ("2027-01-01", "2027-12-31")


def records(*payloads: Any) -> Records:
    return Records({"id": f"{at:02}", "payload": one} for at, one in enumerate(payloads))


def query(aggregate: Aggregate, **more: Any) -> FactQuery:
    return FactQuery(Source.REGISTRY, "training", aggregate, **more)


def facts(*payloads: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"id": f"{at:02}", "kind": "training", "payload": one} for at, one in enumerate(payloads)
    ]


# --- columns --------------------------------------------------------------------------------


def test_facts_stand_in_the_order_of_their_ids() -> None:
    given = [{"id": name, "n": name} for name in ("b", "c", "a")]
    for order in (given, given[::-1], sorted(given, key=lambda one: one["id"])):
        found = Records(order)
        assert (found.ids, found.values("n")) == (["a", "b", "c"], ["a", "b", "c"])


def test_a_path_that_ends_early_has_no_value_however_deep_it_is() -> None:
    found = records({"a": {"b": 1}}, {"a": 5}, {"a": None}, {}, {"a": "x"})
    assert found.values("payload.a.b") == [1, None, None, None, None]
    assert found.values("payload.a.b.c") == [None] * 5
    assert found.values(".".join(["payload", *(["a"] * 70)])) == [None] * 5


@pytest.mark.parametrize(
    "payloads",
    [
        [{"a": 1}, {"a": 1.0}, {"a": True}], [{"a": 1}, {"a": "1"}, {"a": None}],
        [{"a": {"b": 1}}, {"a": 5}, {}], [{"a": 5}, {"a": "5"}, {"a": {}}],
    ],
)  # fmt: skip
def test_what_differs_is_remembered_by_different_keys(payloads: list[Any]) -> None:
    for path in (("payload", "a"), ("payload", "a", "b")):
        found = records(*payloads, *payloads)
        keys = found.keys(path)
        assert keys[:3] == keys[3:]
    keys = records(*payloads).keys(("payload", "a"))
    assert len({*map(str, keys)}) == 3


def test_keys_of_one_type_are_told_at_once_and_texts_tell_themselves() -> None:
    path = ("payload", "a")
    assert records({"a": 1}, {"a": 2}).keys(path) == [(int, 1), (int, 2)]
    assert records({"a": "x"}, {"a": None}).keys(path) == ["x", None]
    assert records({"a": "x"}, {"a": "y"}).keys(path) == ["x", "y"]
    assert records({"a": 1}, {"a": "x"}, {"a": 1.0}).keys(path) == [(int, 1), "x", (float, 1.0)]
    one, other, text = records({"a": 1}, {}, {"a": "x"}).keys(path)
    assert (one, text) == ((int, 1), "x")
    assert (other.__class__, other.depth, other.is_there) == (Gone, 1, False)
    deep = records({"a": 5}, {"a": "x"}, {}).keys(("payload", "a", "b"))
    assert deep[:2] == [(2, int, 5), (2, str, "x")]
    assert deep[2].depth == 1


def test_types_tell_what_is_there_and_where_a_path_ended() -> None:
    found = records({"a": 1}, {"a": "x"}, {"a": None}).types(("payload", "a"))
    assert found == [int, str, type(None)]
    there, gone = records({"a": 1}, {}).types(("payload", "a"))
    assert (there, gone.depth) == (int, 1)
    assert records({"a": {"b": 1}}, {"a": 5}).types(("payload", "a", "b")) == [int, (2, int, 5)]


@pytest.mark.parametrize(
    ("figures", "below"),
    [([], False), ([None, "x"], False), ([0], False), ([1, 2], False), (["0.5"], False),
     ([0, -1], True), (["-0.5"], True), ([{"amount": -1}], True)],
)  # fmt: skip
def test_a_figure_below_zero_is_found(figures: list[Any], *, below: bool) -> None:
    found = records(*({"n": one} for one in figures))
    assert found.has_below_zero("payload.n") is below


def test_facts_are_kept_as_they_came_and_by_kind() -> None:
    given = [{"id": "b", "kind": "x"}, {"id": "a", "kind": "y"}]
    found = Facts(given)
    assert (len(found), list(found), found[1], found[:1]) == (2, given, given[1], (given[0],))
    assert Facts.of(found) is found
    assert [found.of_kind(kind).ids for kind in ("x", "y", "z")] == [["b"], ["a"], []]
    assert column_rules.steps_of("a.b") == ("a", "b")


# --- counting -------------------------------------------------------------------------------

THREE = facts({"n": 1, "group": "a"}, {"n": 2, "group": "b"}, {"n": 4})


@pytest.mark.requirement("A127", "A130")
def test_a_filter_sifts_facts_into_three() -> None:
    asked = query(Aggregate.COUNT, filter="fact.payload.group == 'a'")
    assert sift(asked, THREE, PERIOD) == Sifted(("00",), ("01",), ("02",))
    assert sift(query(Aggregate.COUNT), THREE, PERIOD) == Sifted(("00", "01", "02"), (), ())


@pytest.mark.requirement("A127")
def test_a_ratio_divides_what_its_parts_add_up() -> None:
    one = Part(Aggregate.COUNT, filter="fact.payload.n == 1")
    whole = Part(Aggregate.SUM, "payload.n")
    found = measure(query(Aggregate.RATIO, numerator=whole, denominator=one), THREE, PERIOD)
    assert found.raw == 7
    none = Part(Aggregate.COUNT, filter="fact.payload.n == 9")
    for denominator in (none, None):
        asked = query(Aggregate.RATIO, numerator=whole, denominator=denominator)
        assert measure(asked, THREE, PERIOD).raw is None
    assert measure(query(Aggregate.RATIO, denominator=one), THREE, PERIOD).raw == Fraction(0)
    parts = counting_rules.parts_of(
        query(Aggregate.RATIO, numerator=whole, denominator=one, filter="fact.payload.n < 4"),
        THREE, PERIOD,
    )  # fmt: skip
    assert parts == (Fraction(3), Fraction(1))


def test_a_weighted_sum_without_weights_is_a_sum() -> None:
    assert measure(query(Aggregate.WEIGHTED_SUM, path="payload.n"), THREE, PERIOD).raw == 7
    assert measure(query(Aggregate.WEIGHTED_SUM), THREE, PERIOD).raw == 3


@pytest.mark.requirement("A127")
@pytest.mark.refusing
def test_facts_with_a_figure_below_zero_are_named() -> None:
    given = facts(
        {"n": 1}, {"n": -1, "m": 0}, {"n": 0, "m": -3}, {"n": None, "m": 5}, {"n": "-0.5"}
    )
    assert below_zero(query(Aggregate.SUM, path="payload.n"), given) == ["01", "04"]
    n, m = Part(Aggregate.SUM, "payload.n"), Part(Aggregate.SUM, "payload.m")
    ratio = query(Aggregate.RATIO, numerator=n, denominator=m)
    assert below_zero(ratio, given) == ["01", "02", "04"]
    assert below_zero(query(Aggregate.DISTINCT, path="payload.n"), given) == []
    assert counting_rules.paths_of(ratio) == ["payload.n", "payload.m"]
    assert counting_rules.paths_of(query(Aggregate.COUNT)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [("-1/2", "-0.5"), ("1/2", "0.5"), ("-3", "-3"), ("0", "0"), ("-1/10000000", "0"),
     ("1999999/2000000", "1"), ("1/3", "0.333333"), ("-2/3", "-0.666667"), ("10", "10")],
)  # fmt: skip
def test_a_fraction_is_written_without_trailing_zeros(value: str, text: str) -> None:
    assert decimal_text(Fraction(value)) == text


# --- filters --------------------------------------------------------------------------------


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("payload", "verdict"),
    [
        ({"a": 1, "b": 2}, True), ({"a": 1, "b": 3}, False), ({"a": 2, "b": 2}, False),
        # What decides is said though another part cannot be; what lacks it is not.
        ({"a": 2}, False), ({"b": 3}, False), ({"a": 1}, None), ({}, None),
    ],
)  # fmt: skip
def test_a_conjunction_says_what_its_clauses_say_together(
    payload: dict[str, Any], verdict: bool | None
) -> None:
    one = Filter("fact.payload.a == 1 && fact.payload.b == 2")
    assert len(one.clauses) == 2
    # Among others and alone: what one fact lacks changes nothing for another.
    beside = [{"a": 1, "b": 2}, payload, {}]
    assert list(one.verdicts(records(*beside), DAYS)) == [True, verdict, None]
    told = one.says({"payload": payload}, {"from_on": DAYS[0], "until_on": DAYS[1]})
    assert told == one.whole.verdicts(records(payload), DAYS)[0]


def test_a_clause_that_is_no_truth_says_nothing_and_a_whole_filter_no() -> None:
    for is_whole, verdict in ((True, False), (False, None)):
        one = Clause("fact.payload.a", is_whole=is_whole)
        assert one.verdicts(records({"a": "text"}), DAYS) == [verdict]
        assert one.verdicts(records({"a": True}), DAYS) == [True]
        assert one.verdicts(records({"a": False}), DAYS) == [False]
        assert one.verdicts(records({}), DAYS) == [None]


def test_a_filter_of_one_clause_has_no_parts_and_those_of_one_path_stay_together() -> None:
    assert Filter("fact.payload.a == 1").clauses == []
    assert Filter("fact.payload.a > 1 && fact.payload.a < 3").clauses == []
    three = "fact.payload.a > 1 && fact.payload.a < 3 && fact.payload.b == 1"
    assert filter_rules.grouped(filter_rules.clauses_in(three)) == [
        "fact.payload.a > 1 && fact.payload.a < 3", "fact.payload.b == 1",
    ]  # fmt: skip
    assert len(Filter(three).clauses) == 2


def test_a_filter_reads_the_days_that_are_judged() -> None:
    one = Filter("fact.payload.on >= period.from_on && fact.payload.on <= period.until_on")
    row = records({"on": "2027-06-01"})
    assert list(one.verdicts(row, DAYS)) == [True]
    assert list(one.verdicts(row, ("2028-01-01", "2028-12-31"))) == [False]
    assert list(one.verdicts(row, ("2027-01-01", "2027-03-31"))) == [False]


def test_a_filter_that_reads_nothing_is_asked_once_for_all() -> None:
    one = Clause("period.from_on == '2027-01-01'", is_whole=True)
    assert list(one.verdicts(records({}, {}, {}), DAYS)) == [True] * 3
    assert one.remembered == 1


@pytest.mark.parametrize(
    ("paths", "cut"),
    [
        ((), {}), (((),), {"a": {"b": {"c": 1, "d": 2}}, "e": 5, "l": [1]}),
        ((("a", "b", "c"),), {"a": {"b": {"c": 1}}}),
        ((("a", "b", "c"), ("a", "b", "d"), ("e",)), {"a": {"b": {"c": 1, "d": 2}}, "e": 5}),
        # What is missing is left out from there on; what is no map ends the path there.
        ((("a", "x", "c"),), {"a": {}}), ((("x", "b"),), {}),
        # Nothing is looked for where its path does not lead.
        ((("x", "a"),), {}), ((("e", "a"),), {"e": 5}),
        ((("e", "b", "c"),), {"e": 5}), ((("l", "b"),), {"l": [1]}),
        ((("a",),), {"a": {"b": {"c": 1, "d": 2}}}),
    ],
)  # fmt: skip
def test_a_fact_is_cut_down_to_what_is_read(paths: tuple[tuple[str, ...], ...], cut: Any) -> None:
    assert cut_down({"a": {"b": {"c": 1, "d": 2}}, "e": 5, "l": [1]}, paths) == cut


@pytest.mark.parametrize(
    ("path", "expression", "only"),
    [
        (("payload", "a"), "has(fact.payload.a)", True),
        (("payload", "a"), "has(fact.payload.a) && fact.payload.b == 1", True),
        (("payload", "a"), "fact.payload.a == 1", False),
        (("payload", "a"), "has(fact.payload.a) && size(fact.payload) > 1", False),
        (("payload",), "has(fact.payload.a) && fact.payload.a.b == 1", False),
    ],
)
def test_what_is_only_asked_for_is_told_by_its_type(
    path: tuple[str, ...], expression: str, *, only: bool
) -> None:
    assert filter_rules.is_asked_for_only(path, expression) is only
