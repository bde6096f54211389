from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    MAX_FEN,
    WHOLE_PPM,
    ceiling,
    half_up,
    largest_remainder,
    rate_of,
    whole_units,
)

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=1_000_000)


@given(fractions)
def test_rounding_up_gives_the_least_whole_number_that_is_not_smaller(value: Fraction) -> None:
    assert ceiling(value) - 1 < value <= ceiling(value)


@given(fractions)
def test_half_up_is_never_more_than_half_a_unit_away(value: Fraction) -> None:
    assert Fraction(-1, 2) < half_up(value) - value <= Fraction(1, 2)


def test_a_half_goes_up() -> None:
    assert half_up(Fraction(5, 2)) == 3
    assert half_up(Fraction(-5, 2)) == -2


def test_a_rate_is_exact_before_it_is_rounded() -> None:
    assert rate_of(37_872_641, 200_000) == Fraction(75_745_282, 10)


def test_a_total_below_zero_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="below zero"):
        largest_remainder(-1, [Fraction(-1)], [0])


def test_units_without_a_party_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nobody"):
        largest_remainder(1, [], [])


def test_a_party_paid_ahead_waits_and_never_pays_back() -> None:
    quotas = [Fraction(-9, 10), Fraction(-9, 10), Fraction(14, 10), Fraction(14, 10)]
    assert largest_remainder(1, quotas, range(4)) == [0, 0, 1, 0]


def test_money_stays_within_what_every_json_reader_holds() -> None:
    assert (MAX_FEN, WHOLE_PPM) == (9_007_199_254_740_991, 1_000_000)


@pytest.mark.parametrize(
    ("value", "up", "nearest"),
    [(Fraction(3), 3, 3), (Fraction(7, 3), 3, 2), (Fraction(8, 3), 3, 3), (Fraction(1, 2), 1, 1),
     (Fraction(499, 1000), 1, 0), (Fraction(0), 0, 0), (Fraction(-7, 3), -2, -2),
     (Fraction(-1, 2), 0, 0), (Fraction(-501, 1000), 0, -1)],
)  # fmt: skip
def test_both_sides_of_a_whole_and_of_a_half(value: Fraction, up: int, nearest: int) -> None:
    assert (ceiling(value), half_up(value)) == (up, nearest)


@pytest.mark.parametrize(
    ("total", "scaled", "scale", "ranks", "units"),
    [
        (0, [], 10, [], []),
        (0, [4], 10, [0], [0]),
        (1, [5, 5], 10, [1, 0], [0, 1]),
        (1, [6, 4], 10, [1, 0], [1, 0]),
        # More is left than there are parties: a round for everybody, then the rest in order.
        (7, [0, 0], 10, [0, 1], [4, 3]),
        (10, [20, 20, 20], 10, [2, 1, 0], [3, 3, 4]),
        (6, [20, 20], 10, [0, 1], [3, 3]),
        (7, [0], 10, [0], [7]),
        # Who has less than one unit has no claim before a larger remainder.
        (3, [26, 4], 10, [0, 1], [3, 0]),
        # Too much went out: it is taken back from the smallest remainders, never below zero.
        (3, [25, 21, -9], 10, [0, 1, 2], [2, 1, 0]),
        (1, [21, 25, 0], 10, [0, 1, 2], [0, 1, 0]),
        (0, [35, 12], 10, [0, 1], [0, 0]),
        (2, [30, 30], 10, [0, 1], [1, 1]),
    ],
)  # fmt: skip
def test_units_are_handed_out_and_taken_back_in_the_order_of_the_remainders(
    total: int, scaled: list[int], scale: int, ranks: list[int], units: list[int]
) -> None:
    assert whole_units(total, scaled, scale, ranks) == units


@pytest.mark.parametrize(("total", "ranks"), [(-1, [0, 1]), (1, [0, 0]), (1, [0]), (1, [0, 1, 2])])
def test_parties_have_to_be_told_apart(total: int, ranks: list[int]) -> None:
    with pytest.raises(ValueError, match="tell the parties apart"):
        whole_units(total, [5, 5], 10, ranks)
