"""The smallest sets of changes that bring a new grade, beside every set gone through."""

from collections.abc import Callable
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.laboratory.decisive_rules import Bounds, decisive_sets

Chosen = frozenset[int]


def subsets(items: list[int]) -> list[Chosen]:
    sizes = (combinations(items, size) for size in range(len(items) + 1))
    return [frozenset(one) for one in chain.from_iterable(sizes)]


def at_least(count: int) -> Callable[[Chosen], bool]:
    return lambda chosen: len(chosen) >= count


@pytest.mark.requirement("A130")
def test_any_two_of_three_are_three_pairs() -> None:
    found = decisive_sets([1, 2, 3], at_least(2))

    assert found.sets == (frozenset({1, 2}), frozenset({1, 3}), frozenset({2, 3}))
    assert (found.searched_to, found.cut) == (3, False)


@st.composite
def verdicts(draw: st.DrawFn) -> tuple[list[int], set[Chosen]]:
    """Up to five changes and whatever combinations bring the grade; none does not, all do."""
    items = list(range(draw(st.integers(1, 5))))
    every = subsets(items)[1:]
    return items, {one for one in every if draw(st.booleans())} | {frozenset(items)}


@given(told=verdicts())
def test_within_the_bounds_every_set_no_part_of_which_does_it_is_named_and_no_other(
    told: tuple[list[int], set[Chosen]],
) -> None:
    items, bringing = told
    found = decisive_sets(items, bringing.__contains__, Bounds(size=5, sets=32, tries=32))

    least = {one for one in bringing if not any(other < one for other in bringing)}
    assert set(found.sets) == least
    assert len(found.sets) == len(least)
    assert (found.searched_to, found.cut) == (len(items), False)


@given(told=verdicts(), size=st.integers(1, 3), sets=st.integers(1, 3), tries=st.integers(1, 9))
def test_at_its_bounds_it_says_so_and_still_names_a_set_that_loses_nothing(
    told: tuple[list[int], set[Chosen]], size: int, sets: int, tries: int
) -> None:
    items, bringing = told
    asked: list[Chosen] = []

    def brings(chosen: Chosen) -> bool:
        asked.append(chosen)
        return chosen in bringing

    found = decisive_sets(items, brings, Bounds(size, sets, tries))

    assert 1 <= len(found.sets) <= sets
    for one in found.sets:
        assert one in bringing
        assert not any(one - {left} in bringing for left in one)
    least = {one for one in bringing if not any(other < one for other in bringing)}
    small = {one for one in least if len(one) <= found.searched_to}
    assert small <= set(found.sets)
    if not found.cut:
        assert set(found.sets) == least
    assert len(asked) <= tries + len(items) ** 2


def test_what_only_many_changes_bring_is_made_of_all_of_them() -> None:
    found = decisive_sets(list(range(40)), at_least(7))

    assert [len(one) for one in found.sets] == [7]
    assert (found.searched_to, found.cut) == (1, True)


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("bounds", "sets", "searched_to", "cut"),
    [
        # Of four changes any two bring it: four tries of one, six of two, six sets.
        (Bounds(2, 6, 10), 6, 4, False),
        (Bounds(1, 6, 10), 1, 1, True),
        (Bounds(2, 5, 10), 5, 1, True),
        (Bounds(2, 6, 9), 5, 1, True),
        (Bounds(2, 6, 4), 1, 1, True),
        (Bounds(2, 6, 3), 1, 0, True),
    ],
)
def test_each_bound_is_kept_and_told(
    bounds: Bounds, sets: int, searched_to: int, *, cut: bool
) -> None:
    found = decisive_sets([1, 2, 3, 4], at_least(2), bounds)

    assert [len(one) for one in found.sets] == [2] * sets
    assert (found.searched_to, found.cut) == (searched_to, cut)


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("changes", "least", "sets", "searched_to", "cut"),
    [
        # Sets of up to four are gone through, of five no more.
        (5, 4, 5, 5, False),
        (6, 5, 1, 4, True),
        # Ten sets are named.
        (10, 1, 10, 10, False),
        (11, 1, 10, 0, True),
        # Two hundred combinations are tried.
        (200, 2, 1, 1, True),
        (201, 2, 1, 0, True),
    ],
)
def test_without_bounds_the_usual_ones_hold(
    changes: int, least: int, sets: int, searched_to: int, *, cut: bool
) -> None:
    found = decisive_sets(list(range(changes)), at_least(least))

    assert [len(one) for one in found.sets] == [least] * sets
    assert (found.searched_to, found.cut) == (searched_to, cut)
