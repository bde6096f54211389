"""A filter reads what it names, says what the expression says, and remembers nothing else."""

from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.schemes.column_rules import Records
from evaluation.schemes.counting_rules import Period, measure
from evaluation.schemes.filter_rules import (
    REMEMBERED,
    Filter,
    clauses_in,
    is_asked_for_only,
    paths_in,
)
from evaluation.schemes.rules import Aggregate, FactQuery, Source
from tests.evaluation.results import vector

DAYS = {"from_on": "2027-01-01", "until_on": "2027-12-31"}
ODD = (
    "fact.payload == {} || has(fact.payload.a)",
    "!has(fact.derived.x)",
    "!(has(fact.derived.x) && fact.derived.x == true)",
    "fact.payload['a'] == 1",
    "size(fact.payload) > 1",
    "'a' in fact.payload",
    "fact . payload . a == 1 // fact.payload.b\n",
    "fact.payload.a.startsWith('9') && 'fact.derived' != fact.payload.b",
    "fact.payload.a in [1, 2] || fact.payload.b == 1.0",
    "has(fact.payload.a) ? fact.payload.a.b == 'c' : period.from_on == '2027-01-01'",
    "fact.payload.a",
    "fact.payload.a == 1 && fact.payload.b == 'c' && !fact.payload.x",
    "fact.payload.a && fact.payload.b",
    "has(fact.payload.a) && fact.payload.a != null && 1 / fact.payload.b == 1",
    "1 / fact.payload.a == null && fact.payload.b != null && has(fact.derived.x)",
    "fact.payload.a.b != null && fact.payload.a != null && fact.payload.b == fact.payload.a",
    "fact.payload.a in ['(', '9'] && fact.payload.b != '&& ?' && (fact.derived.x == 1 || false)",
    "fact.payload.a == 1 && fact.payload.b == 1 || fact.derived.x == 1 && true",
    "fact.payload.b == 'c' && fact.payload.a == 1 ? fact.derived.x == 1 : fact.payload.x != null",
)
EVERY = (*ODD, *sorted({text for leaf in vector.SCHEME.leaves() if leaf.query
                        for text in leaf.query.filters()}))  # fmt: skip
values = st.one_of(
    st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["", "9", "2027-06-01", "c"]),
    st.floats(0, 2), st.lists(st.integers(0, 2), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["c", 1]), max_size=2),
)  # fmt: skip
NAMES = sorted({path[-1] for text in EVERY for path in paths_in(text) if path} | {"a", "b", "x"})
maps = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
facts = st.fixed_dictionaries(
    {}, optional={"payload": maps | values, "derived": maps | values, "occurred_on": values}
)


def plain(expression: str, fact: dict[str, Any]) -> bool | None:
    try:
        return cel.compile(expression).execute({"fact": fact, "period": DAYS}) is True
    except (ValueError, KeyError, TypeError, RuntimeError):
        return None


@pytest.mark.requirement("A130")
@given(rows=st.lists(facts, min_size=1, max_size=6))
@pytest.mark.parametrize("expression", EVERY)
def test_a_fact_cut_down_and_remembered_gets_the_same_verdict(
    expression: str, rows: list[dict[str, Any]]
) -> None:
    one = Filter(expression)
    for fact in [*rows, *rows]:
        assert one.says(fact, DAYS) is plain(expression, fact)


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("true", ()),
        ("fact == null", ((),)),
        ("fact.payload['a'] == fact.payload.b", (("payload",),)),
        ("fact.payload.a.startsWith('x')", (("payload", "a"),)),
        ("fact.payload.a == artifact.b", (("payload", "a"),)),
        ("fact.?payload.a == 1", ((),)),
    ],
)
def test_more_is_read_rather_than_less(expression: str, paths: tuple[Any, ...]) -> None:
    assert paths_in(expression) == paths


def test_one_and_true_are_told_apart_and_so_are_periods() -> None:
    one = Filter("fact.payload.a == 1 && period.from_on == '2027-01-01'")
    said = [one.says({"payload": {"a": value}}, DAYS) for value in (True, 1, True)]
    assert said == [plain("fact.payload.a == 1", {"payload": {"a": x}}) for x in (True, 1, True)]
    assert one.says({"payload": {"a": 1}}, {**DAYS, "from_on": "2026-01-01"}) is False


def test_what_is_remembered_is_bounded() -> None:
    one = Filter("fact.payload.a == 1")
    for number in range(REMEMBERED + 10):
        one.says({"payload": {"a": number}}, DAYS)
    assert one.whole.remembered <= REMEMBERED
    assert one.says({"payload": {"a": 1}}, DAYS) is True


@pytest.mark.parametrize(
    ("expression", "clauses"),
    [
        ("a && b", ("a", "b")),
        ("a && (b && c) && d[e && f]", ("a", "(b && c)", "d[e && f]")),
        ("a && '&& ?' == b", ("a", "'&& ?' == b")),
        ("a && b || c", ("a && b || c",)),
        ("a && b ? c : d", ("a && b ? c : d",)),
        ("a && b // && c", ("a && b // && c",)),
        (r"a && '\'' == b && c", (r"a && '\'' == b && c",)),
    ],
)
def test_only_a_conjunction_is_cut_into_clauses(expression: str, clauses: tuple[str, ...]) -> None:
    assert clauses_in(expression) == clauses


@pytest.mark.parametrize(
    ("expression", "is_by_type"),
    [
        ("has(fact.payload.a) && fact.payload.a != null", True),
        ("!(has(fact.payload.a) && fact.payload.a == null)", True),
        ("has(fact.payload.a) && fact.payload.a == 'x'", False),
        ("1 / fact.payload.a == null", False),
        ("fact.payload.a != null && size(fact.payload) > 1", False),
        ("fact.payload.a != null && fact.payload.a.b == 1", False),
    ],
)
def test_what_is_only_asked_for_is_remembered_by_its_type(
    expression: str, is_by_type: bool
) -> None:
    assert is_asked_for_only(("payload", "a"), expression) is is_by_type


def test_numbers_that_differ_for_each_fact_cost_one_evaluation_where_none_is_read() -> None:
    one = Filter("has(fact.payload.a) && fact.payload.a != null")
    rows = [{"id": str(at), "payload": {"a": f"no. {at}"}} for at in range(50)]
    assert one.verdicts(Records(rows), ("", "")) == [True] * 50
    assert one.whole.remembered == 1


def test_a_sum_of_whole_and_broken_figures_is_exact() -> None:
    rows = [
        {"id": str(at), "kind": "training", "payload": {"n": text}}
        for at, text in enumerate(["0.1", "0.2", "3", 4, None, "x", True])
    ]
    query = FactQuery(Source.REGISTRY, "training", Aggregate.SUM, path="payload.n")
    assert str(measure(query, rows, Period("", "")).raw) == "73/10"
