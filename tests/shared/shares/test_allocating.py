"""Golden vectors C7-3 and C7-4, and the properties of a fair division."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import WHOLE_PPM
from shared.shares import allocate

Shares = list[tuple[str, int]]


def amounts(total_fen: int, shares: Shares, **options: object) -> list[int]:
    order = [party for party, _ in shares]
    return [part.amount_fen for part in allocate(total_fen, shares, order=order, **options)]  # type: ignore[arg-type]


@st.composite
def divisions(draw: st.DrawFn) -> Shares:
    cuts = draw(st.lists(st.integers(0, WHOLE_PPM), min_size=0, max_size=7))
    edges = [0, *sorted(cuts), WHOLE_PPM]
    return [(f"P{i}", edges[i + 1] - edges[i]) for i in range(len(edges) - 1)]


THIRD = Fraction(1, 3)
HALVES: Shares = [("a", 500_000), ("b", 500_000)]
THIRDS: Shares = [("a", 333_333), ("b", 333_333), ("c", 333_334)]


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("total", "shares", "carry", "expected"),
    [
        # Of each party: amount, rank, raised, and what is carried on.
        (2, HALVES, {}, [(1, 1, False, "0"), (1, 2, False, "0")]),
        (1, HALVES, {}, [(1, 1, True, "-1/2"), (0, 2, False, "1/2")]),
        # Who has nothing to carry has nothing, not a hair more or less than who carries nothing.
        (1, HALVES, {"a": Fraction(0)}, [(1, 1, True, "-1/2"), (0, 2, False, "1/2")]),
        (1, HALVES, {"b": Fraction(0)}, [(1, 1, True, "-1/2"), (0, 2, False, "1/2")]),
        (1, HALVES, {"b": Fraction(1, 10)}, [(0, 2, False, "1/2"), (1, 1, True, "-2/5")]),
        (10, [("a", 250_000), ("b", 250_000), ("c", 500_000)], {"c": -Fraction(1, 5)},
         [(3, 2, True, "-1/2"), (2, 3, False, "1/2"), (5, 1, True, "-1/5")]),
        (11, [("a", 300_000), ("b", 400_000), ("c", 300_000)], {},
         [(3, 2, False, "3/10"), (5, 1, True, "-3/5"), (3, 3, False, "3/10")]),
        # Carries that are no whole millionths: everything is counted in a third of one.
        (10, HALVES, {"a": THIRD, "b": -THIRD}, [(5, 2, False, "1/3"), (5, 1, True, "-1/3")]),
        (11, HALVES, {"a": -THIRD, "b": THIRD}, [(5, 2, False, "1/6"), (6, 1, True, "-1/6")]),
        # Nothing to divide: who is owed waits, and who was paid ahead comes after, and got nothing.
        (0, HALVES, {"a": THIRD, "b": -THIRD}, [(0, 1, False, "1/3"), (0, 2, False, "-1/3")]),
        # A share of zero gets nothing, has no rank, and keeps its carry.
        (3, [("a", 1_000_000), ("b", 0)], {"b": THIRD}, [(3, 1, False, "0"), (0, 0, False, "1/3")]),
    ],
)  # fmt: skip
def test_each_part_tells_how_it_came_about(
    total: int,
    shares: Shares,
    carry: dict[str, Fraction],
    expected: list[tuple[int, int, bool, str]],
) -> None:
    parts = allocate(total, shares, order=[party for party, _ in shares], carry=carry)
    assert [
        (part.amount_fen, part.rank, part.raised, str(part.carry_after)) for part in parts
    ] == expected
    for part, (party, ppm) in zip(parts, shares, strict=True):
        assert (part.party, part.share_ppm) == (party, ppm)
        assert part.quota == Fraction(total * ppm, WHOLE_PPM)
        assert part.carry_before == carry.get(party, 0)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
def test_a_share_below_zero_is_refused_though_all_sum_to_the_whole() -> None:
    with pytest.raises(ValueError, match="1,000,000"):
        amounts(1, [("a", -1), ("b", 1_000_001)])


totals = st.integers(0, 2**53 - 1)
# From ten million units on, a share of one ppm has a quota of ten and nobody is paid ahead.
ample = st.lists(st.integers(10**7, 10**12), min_size=1, max_size=40)


@pytest.mark.requirement("A086", "A033")
def test_the_license_income_of_vector_three() -> None:
    shares = [("M04", 400_000), ("M09", 350_000), ("C03", 250_000)]
    assert amounts(108_207_547, shares) == [43_283_019, 37_872_641, 27_051_887]


@pytest.mark.requirement("A086")
def test_thirds_of_vector_four() -> None:
    shares = [("a", 333_333), ("b", 333_333), ("c", 333_334)]
    assert amounts(10_001, shares) == [3_334, 3_333, 3_334]


@pytest.mark.requirement("A086")
def test_a_tie_goes_by_the_agreement_and_not_by_the_request() -> None:
    shares = [("a", 500_000), ("b", 500_000)]
    one = {part.party: part.amount_fen for part in allocate(1, shares, order=["b", "a"])}
    other = {part.party: part.amount_fen for part in allocate(1, shares[::-1], order=["b", "a"])}
    assert one == other == {"b": 1, "a": 0}


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize("last", [333_333, 333_335])
def test_shares_that_miss_the_whole_are_refused_and_never_mended(last: int) -> None:
    with pytest.raises(ValueError, match="1,000,000"):
        amounts(10_001, [("a", 333_333), ("b", 333_333), ("c", last)])


@given(totals, divisions())
def test_the_parts_sum_to_the_total(total: int, shares: Shares) -> None:
    assert sum(amounts(total, shares)) == total


@given(totals, divisions())
def test_each_part_is_within_one_unit_of_its_quota(total: int, shares: Shares) -> None:
    parts = allocate(total, shares, order=[party for party, _ in shares])
    assert all(abs(part.carry_after) < 1 for part in parts)


@given(totals, divisions())
def test_a_share_of_zero_gets_nothing(total: int, shares: Shares) -> None:
    parts = allocate(total, shares, order=[party for party, _ in shares])
    assert all(part.amount_fen == 0 for part in parts if part.share_ppm == 0)


@given(totals, divisions(), st.randoms(use_true_random=False))
def test_the_order_of_the_request_changes_nothing(
    total: int, shares: Shares, random: object
) -> None:
    order = [party for party, _ in shares]
    shuffled = list(shares)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(total, shuffled, order=order) == allocate(total, shares, order=order)


def carried(runs: Sequence[int], shares: Shares) -> dict[str, Fraction]:
    carry: dict[str, Fraction] = {}
    for total in runs:
        parts = allocate(total, shares, order=[party for party, _ in shares], carry=carry)
        assert sum(part.amount_fen for part in parts) == total
        carry = {part.party: part.carry_after for part in parts}
        assert all(abs(value) < 1 for value in carry.values())
    return carry


@given(ample, divisions())
def test_over_many_runs_nobody_is_a_unit_ahead_or_behind(runs: list[int], shares: Shares) -> None:
    carry = carried(runs, shares)
    assert sum(carry.values()) == 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), divisions())
def test_tiny_runs_sum_exactly_and_pay_nobody_less_than_nothing(
    runs: list[int], shares: Shares
) -> None:
    carry: dict[str, Fraction] = {}
    paid = dict.fromkeys((party for party, _ in shares), 0)
    for total in runs:
        parts = allocate(total, shares, order=[party for party, _ in shares], carry=carry)
        assert sum(part.amount_fen for part in parts) == total
        assert all(part.amount_fen >= 0 for part in parts)
        carry = {part.party: part.carry_after for part in parts}
        for part in parts:
            paid[part.party] += part.amount_fen
    for party, ppm in shares:
        assert paid[party] + carry[party] == Fraction(sum(runs) * ppm, WHOLE_PPM)


@pytest.mark.requirement("A086")
def test_a_small_owner_is_not_starved_by_many_small_payments() -> None:
    shares = [("large", 990_000), ("small", 10_000)]
    carry: dict[str, Fraction] = {}
    paid = 0
    for _ in range(1_000):
        parts = allocate(1, shares, order=["large", "small"], carry=carry)
        carry = {part.party: part.carry_after for part in parts}
        paid += parts[1].amount_fen
    assert paid == 10
