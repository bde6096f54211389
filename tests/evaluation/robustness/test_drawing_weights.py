"""Draws of weights: the same everywhere, exact where a grade or a rank is decided."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.results import rules as computing
from evaluation.results.rules import ORDER
from evaluation.robustness import draw_rules as draws
from evaluation.robustness import rules
from evaluation.robustness.draw_rules import Figure
from evaluation.schemes.rules import Rating, digest
from tests.evaluation.results import vector
from tests.evaluation.robustness import stances

SEEDS = st.integers(0, 2**40)
# What 200 draws on the vector's year come to; no version of Python or numpy may change it.
KNOWN = "9c3831ea16004ccd0d43b1ad4ae82c3dc6bd79f028bcacac3ab87f88e9141270"
FIRST = [[983_169, 1_237_133, 1_218_892, 1_046_632, 956_553]]


def test_factors_are_even_bounded_and_follow_from_the_seed() -> None:
    drawn = draws.factors("seed", 5)
    assert drawn.shape == (10_000, 5)
    assert (drawn.min(), drawn.max()) >= (750_000, 1_000_000)
    assert drawn.max() <= 1_250_000
    assert abs(float(drawn.mean()) - 1_000_000) < 3_000
    assert np.array_equal(drawn, draws.factors("seed", 5))
    assert not np.array_equal(drawn, draws.factors("other", 5))
    assert draws.factors("zhichuang", 5, 1).tolist() == FIRST


@pytest.mark.requirement("A126")
@given(seed=SEEDS)
def test_every_draw_gives_the_total_that_the_computation_itself_gives(seed: int) -> None:
    inputs = stances.random_inputs(seed)
    stance = stances.stance_of(inputs)
    drawn = draws.factors(str(seed), 5, 4)
    found = draws.totals(stance.figure(), drawn)

    for at, row in enumerate(drawn):
        outcome = stances.under(inputs, row)
        assert Fraction(int(found[at]), 100) == outcome.total
        assert stance.rating(outcome.total) is outcome.rating
    own = np.full((1, 5), draws.MILLION)
    assert Fraction(int(draws.totals(stance.figure(), own)[0]), 100) == rules.rounded_total(
        stance.figure()
    )


@given(seed=SEEDS)
def test_a_geometric_mean_is_rounded_as_at_two_hundred_digits(seed: int) -> None:
    figure = stances.stance_of(stances.random_inputs(seed)).figure()
    drawn = draws.factors(str(seed), 5, 3)
    for row, found in zip(drawn, draws.geometric_totals(figure, drawn), strict=True):
        slow = stances.geometric(figure, row)
        assert int(found) == min(int(slow * 100 + Decimal("0.5")), 10_000)


def flat(*rates: Fraction) -> Figure:
    """Criteria that weigh the same, each with one leaf."""
    places = range(len(rates))
    return Figure(
        tuple((at, Fraction(20)) for at in places), tuple(zip(places, rates, strict=True))
    )


def test_what_lies_on_the_half_is_decided_exactly() -> None:
    """A rate of 0.123450 is 12.345 points: half up 12.35, though no double says so."""
    rate = Fraction("0.12345")
    drawn = draws.factors("half", 5, 50)
    assert set(draws.geometric_totals(flat(*[rate] * 5), drawn).tolist()) == {1235}
    one = Figure(((0, Fraction(100)),), ((0, rate),))
    assert set(draws.totals(one, drawn).tolist()) == {1235}
    less = replace(one, leaves=((0, rate - Fraction(1, 10**30)),))
    assert set(draws.totals(less, drawn).tolist()) == {1234}


@pytest.mark.requirement("A126")
def test_a_grade_begins_with_its_bound_and_no_cap_is_passed() -> None:
    bounds = [Fraction(60), Fraction(75), Fraction("89.995")]
    totals = np.array([5999, 6000, 7499, 7500, 8999, 9000])
    assert draws.grades(totals, bounds, 3) == [1, 2, 2, 1]
    assert draws.grades(totals, bounds, 1) == [1, 5, 0, 0]


def test_the_interval_leaves_a_twentieth_on_either_side() -> None:
    assert draws.interval(np.arange(1, 10_001)) == (501, 9_500)
    assert draws.interval(np.array([3])) == (3, 3)


@given(seed=SEEDS)
def test_ranks_are_those_of_exact_values(seed: int) -> None:
    figures = [stances.stance_of(stances.random_inputs(seed + at)).figure() for at in range(4)]
    # One twice, one that differs by less than a double can tell, one that is nothing.
    near = replace(
        figures[0],
        leaves=(*figures[0].leaves[1:], (figures[0].leaves[0][0],
                figures[0].leaves[0][1] + Fraction(1, 10**25))),
    )  # fmt: skip
    figures += [figures[1], near, flat(*[Fraction(0)] * 5), flat(*[Fraction(1, 2)] * 5)]
    drawn = draws.factors(str(seed), 5, 21)
    for geometric in (False, True):
        found = draws.rank_intervals(figures, drawn, geometric=geometric)
        value = draws._exact_log_or_none if geometric else draws._exact_mean
        rows = [[value(one, row) for one in figures] for row in drawn]
        ranks = [[1 + sum(x > y for x in row) for y in row] for row in rows]
        assert found == [
            draws.interval(np.array([row[at] for row in ranks])) for at in range(len(figures))
        ]


# --- the whole ------------------------------------------------------------------------------


def three() -> list[rules.Stance]:
    return [
        stances.stance_of(vector.inputs(profile, stressed=False), f"case{at}")
        for at, profile in enumerate(("default", "enterprise", "institute"))
    ]


GROUPS = [["case0", "case1"], ["case2"]]


@pytest.mark.requirement("A126")
def test_no_rank_goes_beyond_a_group_that_shares_experts() -> None:
    told = rules.document("cycle", three(), GROUPS, 200)
    rows = {row["case_id"]: row for row in told["cases"]}
    assert [rows[f"case{at}"]["of"] for at in range(3)] == [2, 2, 1]
    assert (rows["case1"]["rank"], rows["case0"]["rank"], rows["case2"]["rank"]) == (1, 2, 1)
    assert rows["case2"]["weights"]["rank_high"] == 1
    # A case that nobody is known to have scored stands for itself.
    alone = rules.document("cycle", three(), [], 200)
    assert Counter(row["of"] for row in alone["cases"]) == {1: 3}


@pytest.mark.requirement("A126", "X13")
def test_what_is_found_follows_from_the_results_in_any_order() -> None:
    told = rules.document("cycle", three(), GROUPS, 200)
    again = rules.document("cycle", three()[::-1], [["case2"], ["case1", "case0"]], 200)
    assert told == again
    assert told["seed"] == rules.seed_of(rules.inputs_hash(three()))
    other = replace(three()[0], result_hash="0" * 64)
    assert rules.inputs_hash([other]) != rules.inputs_hash(three()[:1])


def test_the_figures_are_those_that_every_version_of_python_gives() -> None:
    assert digest(rules.document("cycle", three(), GROUPS, 200)) == KNOWN


@pytest.mark.requirement("A126")
def test_each_sheet_and_each_indicator_is_left_out_in_turn() -> None:
    row = rules.case_document(three()[0], 100)
    assert (row["total"], row["rating"]) == ("82.98", "good")
    assert (row["sheets"]["tried"], row["sheets"]["changed"]) == (7, 0)
    assert (row["indicators"]["tried"], row["indicators"]["decisive"]) == (24, [])
    assert row["weights"]["ratings"] == {
        "unqualified": 0, "qualified": 0, "good": 100, "excellent": 0,
    }  # fmt: skip
    assert Fraction(row["geometric"]["total"]) < Fraction("82.98")
    low, high = (Fraction(row["weights"][end]) for end in ("total_low", "total_high"))
    assert low < Fraction("82.98") < high


@pytest.mark.requirement("A126")
@given(seed=SEEDS)
def test_leaving_out_is_the_computation_without_it(seed: int) -> None:
    inputs = stances.random_inputs(seed)
    stance = stances.stance_of(inputs)
    for place, moved in enumerate(rules.sheets_left_out(stance)):
        rest = [*inputs.sheets[:place], *inputs.sheets[place + 1 :]]
        outcome = computing.compute(replace(inputs, sheets=rest))
        total = rules.rounded_total(moved.figure())
        assert (total, moved.rating(total)) == (outcome.total, outcome.rating)
        assert Fraction(outcome.exact["total"]) == draws.exact_total(moved.figure())


@pytest.mark.requirement("A126")
def test_a_late_report_caps_every_draw() -> None:
    stance = replace(three()[0], cap=Rating.QUALIFIED)
    row = rules.case_document(stance, 100)
    assert row["weights"]["ratings"]["qualified"] == 100
    assert ORDER.index(Rating(row["rating"])) == 1


@pytest.mark.requirement("A126")
@pytest.mark.refusing
def test_nothing_is_tried_without_results_nor_kept_of_old_ones() -> None:
    assert [one.code for one in rules.anything_checks(0) if one.refuses] == ["STATE_CONFLICT"]
    assert [one.code for one in rules.fresh_checks("a", "b") if one.refuses] == ["STALE_INPUT"]


@pytest.mark.requirement("A121", "A126")
@pytest.mark.refusing
def test_a_hidden_case_is_told_by_no_rank_count_or_group() -> None:
    moved = {name: {"rank_low": 1, "rank_high": 3} for name in rules.MOVEMENTS}

    def row(case: str, group: int, of: int, rank: int, total: str) -> dict[str, Any]:
        return {
            "case_id": case,
            "group": group,
            "of": of,
            "rank": rank,
            "unrounded": total,
            **moved,
        }

    rows = [
        row("a", 1, 1, 1, "70"),
        row("b", 2, 3, 1, "90.5"), row("c", 2, 3, 2, "80"), row("d", 2, 3, 3, "79.999999999999"),
        row("e", 3, 1, 1, "60"),
    ]  # fmt: skip
    assert rules.seen_rows(rows, ()) == rows
    others = rules.seen_rows(rows, {"a", "b"})
    told = [(one["case_id"], one["group"], one["of"], one["rank"]) for one in others]
    # The first of two would be told by a rank of 2 of 3, and a group alone by a missing number.
    assert told == [("c", 1, 2, 1), ("d", 1, 2, 2), ("e", 2, 1, 1)]
    assert {others[0][name]["rank_low"] for name in rules.MOVEMENTS} == {None}
    assert others[2]["weights"] == {"rank_low": 1, "rank_high": 3}
    # The same total is the same rank, as everywhere.
    twins = [row("a", 1, 3, 1, "9"), row("b", 1, 3, 2, "8"), row("c", 1, 3, 2, "8")]
    assert [one["rank"] for one in rules.seen_rows(twins, {"a"})] == [1, 1]
