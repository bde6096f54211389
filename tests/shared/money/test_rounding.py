from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import ceiling, half_up, largest_remainder, rate_of

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
