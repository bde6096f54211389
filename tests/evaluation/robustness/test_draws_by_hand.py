"""Totals, means and ranks of a few draws that can be worked out on paper."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from evaluation.robustness import draw_rules as draws
from evaluation.robustness import rules
from evaluation.robustness.draw_rules import Figure
from tests.evaluation.results import vector
from tests.evaluation.robustness import stances

EVEN, LEFT, RIGHT = (1_000_000, 1_000_000), (1_250_000, 750_000), (750_000, 1_250_000)


def figure(*rates: Fraction | int, weights: Sequence[int] = (20, 20)) -> Figure:
    """Two criteria, each with one leaf."""
    own = tuple((at, Fraction(weight)) for at, weight in enumerate(weights))
    return Figure(own, tuple((at, Fraction(rate)) for at, rate in enumerate(rates)))


F = Fraction
HALF, LOW = figure(F(1, 2), F(1, 2)), figure(F(1, 5), F(1, 5))
TILTED = figure(F(3, 5), F(2, 5))
# Above the tilted one by less than a double can tell.
NEAR = figure(F(3, 5) + F(1, 10**25), F(2, 5))
PART, ZERO, EMPTY = figure(1, 0), figure(0, 0), Figure((), ())
# The root of a quarter is a half.
QUARTER = figure(F(1, 4), 1)


def ranked(row: Sequence[int], figures: Sequence[Figure], *, geometric: bool = False) -> list[int]:
    found = draws.rank_intervals(figures, np.array([row]), geometric=geometric)
    assert all(low == high for low, high in found), "one draw has one rank"
    return [low for low, _ in found]


@pytest.mark.parametrize(
    ("row", "figures", "ranks"),
    [
        (EVEN, [HALF, TILTED, LOW], [1, 1, 3]),
        (EVEN, [HALF, TILTED], [1, 1]),
        (LEFT, [HALF, TILTED, LOW], [2, 1, 3]),
        (RIGHT, [HALF, TILTED, LOW], [1, 2, 3]),
        # Equal ones are counted once each: three share the first rank, and the next is the fourth.
        (EVEN, [HALF, HALF, TILTED, LOW], [1, 1, 1, 4]),
        (EVEN, [LOW, HALF, LOW, TILTED], [3, 1, 3, 1]),
        (LEFT, [HALF, LOW, HALF, TILTED, LOW], [2, 4, 2, 1, 4]),
        (EVEN, [HALF, NEAR, LOW], [2, 1, 3]),
        (EVEN, [NEAR, HALF, TILTED], [1, 2, 2]),
        (RIGHT, [NEAR, TILTED], [1, 2]),
        # What has nothing, and what has no criterion at all, is nothing.
        (EVEN, [EMPTY, ZERO, LOW], [2, 2, 1]),
        (LEFT, [ZERO, PART, EMPTY], [2, 1, 2]),
        (EVEN, [figure(F(3, 5), F(2, 5), weights=(30, 10)), TILTED, HALF], [1, 2, 2]),
    ],
)
def test_means_are_ranked_as_on_paper(
    row: Sequence[int], figures: Sequence[Figure], ranks: list[int]
) -> None:
    assert ranked(row, figures) == ranks


@pytest.mark.parametrize(
    ("row", "figures", "ranks"),
    [
        # √0.24 is below a half; with five parts of eight on the better one it is above.
        (EVEN, [HALF, TILTED, LOW], [1, 2, 3]),
        (LEFT, [HALF, TILTED, LOW], [2, 1, 3]),
        (EVEN, [QUARTER, HALF, TILTED], [1, 1, 3]),
        (LEFT, [QUARTER, HALF, TILTED], [3, 2, 1]),
        (RIGHT, [QUARTER, HALF, TILTED], [1, 2, 3]),
        (EVEN, [NEAR, TILTED, QUARTER, HALF], [3, 4, 1, 1]),
        # Nothing in one criterion is nothing as a whole.
        (EVEN, [LOW, EMPTY, ZERO, PART], [1, 2, 2, 2]),
        (LEFT, [PART, LOW, HALF], [3, 2, 1]),
        (EVEN, [ZERO, LOW], [2, 1]),
    ],
)
def test_geometric_means_are_ranked_as_on_paper(
    row: Sequence[int], figures: Sequence[Figure], ranks: list[int]
) -> None:
    assert ranked(row, figures, geometric=True) == ranks


def test_ranks_of_many_draws_are_those_of_each() -> None:
    """More draws than are ranked at a time: a third of them each way, from first to second."""
    rows = [EVEN, LEFT, RIGHT] * 401
    [half, tilted, low] = draws.rank_intervals([HALF, TILTED, LOW], np.array(rows))
    assert (half, tilted, low) == ((1, 2), (1, 2), (3, 3))
    mostly = np.array([LEFT] * 1_150 + [RIGHT] * 50)
    [half, tilted] = draws.rank_intervals([HALF, TILTED], mostly)
    assert (half, tilted) == ((2, 2), (1, 1)), "one in twenty is outside the interval"


@pytest.mark.parametrize(
    ("of", "row", "total", "geometric"),
    [
        (TILTED, EVEN, 5000, 4899),
        (TILTED, LEFT, 5250, 5154),
        # 16.67 and 7.14: each leaf is rounded for itself.
        (figure(F(1, 3), F(1, 7)), EVEN, 2381, 2182),
        (figure(1, 1), RIGHT, 10_000, 10_000),
        (PART, LEFT, 6250, 0),
        (ZERO, EVEN, 0, 0),
        (EMPTY, EVEN, 0, 0),
    ],
)
def test_totals_are_those_on_paper(
    of: Figure, row: Sequence[int], total: int, geometric: int
) -> None:
    drawn = np.array([row])
    assert draws.totals(of, drawn).tolist() == [total]
    assert draws.geometric_totals(of, drawn).tolist() == [geometric]


@pytest.mark.parametrize(
    ("of", "mean", "nothing"),
    [
        (TILTED, F(1, 2), False), (figure(F(3, 5), F(2, 5), weights=(30, 10)), F(11, 20), False),
        (PART, F(1, 2), True), (EMPTY, 0, True),
    ],
)  # fmt: skip
def test_exact_means_are_fractions(of: Figure, mean: Fraction | int, nothing: bool) -> None:
    row = np.array(EVEN)
    assert draws._exact_mean(of, row) == mean
    assert draws.exact_total(of) == mean * 100
    assert draws._exact_log_or_none(of, row).is_infinite() is nothing


def test_the_noise_that_is_told_is_the_one_that_is_drawn() -> None:
    lowest, highest = F(draws.LOWEST, draws.MILLION), F(draws.LOWEST + draws.WIDTH - 1, 1_000_000)
    assert (1 - lowest, highest - 1) == (draws.NOISE, draws.NOISE)
    assert F(1, 4) == draws.NOISE


# --- one result -------------------------------------------------------------------------------


def result(**over: object) -> rules.Stance:
    stance = stances.stance_of(vector.inputs("default", stressed=False), "case")
    return replace(stance, **over)  # type: ignore[arg-type]  # fields of a stance


@pytest.mark.parametrize(("count", "tried"), [(0, 0), (2, 0), (3, 3), (4, 4)])
def test_of_two_sheets_none_can_be_left_out(count: int, tried: int) -> None:
    assert len(rules.sheets_left_out(result(sheets=result().sheets[:count]))) == tried


def test_one_result_is_something_to_try() -> None:
    assert not [one for one in rules.anything_checks(1) if one.refuses]


@pytest.mark.parametrize(
    ("ratings", "shares"),
    [
        ({"good": 1, "excellent": 2}, {"good": "0.3333", "excellent": "0.6667"}),
        ({"good": 0, "excellent": 1}, {"good": "0", "excellent": "1"}),
        ({"good": 0, "excellent": 0}, {"good": "0", "excellent": "0"}),
    ],
)
def test_chances_are_told_to_four_places_at_most(
    ratings: dict[str, int], shares: dict[str, str]
) -> None:
    assert rules.probabilities(ratings) == shares


def test_what_one_sheet_decides_is_told_by_count_and_an_indicator_by_name() -> None:
    """Points just above the bound of a rating: every leaf that is left out may move it."""
    given = result()
    row = rules.case_document(replace(given, parameters=replace(
        given.parameters, good_from=F("82.98"),
    )), 20)  # fmt: skip
    assert (row["total"], row["rating"]) == ("82.98", "good")
    moved = row["indicators"]
    assert len(moved["decisive"]) == moved["changed"] > 0
    assert moved["decisive"] == sorted(moved["decisive"])
    assert row["sheets"]["decisive"] == []
    assert row["sheets"]["changed"] == row["sheets"]["ratings"]["qualified"]


def test_a_group_begins_with_its_first_case_and_ranks_those_it_knows() -> None:
    three = [replace(result(), case_id=name) for name in ("a", "b", "c")]
    found = rules.grouped(three, [["c", "a", "gone"], ["lost"]])
    assert [[one.case_id for one in group] for group in found] == [["a", "c"], ["b"]]
