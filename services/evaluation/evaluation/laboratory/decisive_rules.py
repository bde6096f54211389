"""Which changes bring a new grade together: the smallest sets, each of which does it by itself.

Where any two of three changes would do, none of them is decisive alone, and each pair is named. A
set is irreducible: without any of its changes the new grade is not there. Sets are looked for from
small to large, so that no part of one that is named brings the grade either. The search has bounds,
and says how far it came.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Generic, TypeVar

LARGEST_SET: Final = 4
MOST_SETS: Final = 10
# About 0.2 s a case, where a page has fifty.
MOST_TRIES: Final = 200

Change = TypeVar("Change")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far is searched: changes in a set, sets that are named, and combinations tried."""

    size: int = LARGEST_SET
    sets: int = MOST_SETS
    tries: int = MOST_TRIES


@dataclass(frozen=True, slots=True)
class Decisive(Generic[Change]):
    """Irreducible sets, smaller ones first.

    `searched_to` is the size up to which every set is there; `cut` tells that there may be more.
    """

    sets: tuple[frozenset[Change], ...]
    searched_to: int
    cut: bool


def decisive_sets(
    changes: Sequence[Change],
    brings: Callable[[frozenset[Change]], bool],
    bounds: Bounds | None = None,
) -> Decisive[Change]:
    """Find the smallest sets of changes that bring the new grade; all changes together do.

    Where none is within the bounds, one is made of all changes by leaving out what is not needed.
    """
    found, searched_to, whole = _searched(changes, brings, bounds or Bounds())
    if not found and not whole:
        found = [_shrunk(changes, brings)]
    return Decisive(tuple(found), searched_to, cut=not whole)


def _searched(
    changes: Sequence[Change], brings: Callable[[frozenset[Change]], bool], bounds: Bounds
) -> tuple[list[frozenset[Change]], int, bool]:
    """Give sets by size, the size that was gone through, and whether nothing was left out."""
    found: list[frozenset[Change]] = []
    tries = 0
    for size in range(1, len(changes) + 1):
        if not _any_left(changes, found, size):
            return found, len(changes), True
        if size > bounds.size:
            return found, size - 1, False
        for one in _untold(changes, found, size):
            if tries == bounds.tries or len(found) == bounds.sets:
                return found, size - 1, False
            tries += 1
            if brings(one):
                found.append(one)
    return found, len(changes), True


def _untold(
    changes: Sequence[Change], found: Sequence[frozenset[Change]], size: int
) -> Iterator[frozenset[Change]]:
    """Go through the sets of a size that hold none that was found; `found` may grow meanwhile."""
    for chosen in combinations(changes, size):
        one = frozenset(chosen)
        if not any(known <= one for known in found):
            yield one


def _any_left(changes: Sequence[Change], found: Sequence[frozenset[Change]], size: int) -> bool:
    return next(_untold(changes, found, size), None) is not None


def _shrunk(
    changes: Sequence[Change], brings: Callable[[frozenset[Change]], bool]
) -> frozenset[Change]:
    """Leave out of all changes one after the other, as long as the new grade stays.

    Again from the start after each: what was needed beside a change may not be without it.
    """
    kept = frozenset(changes)
    while True:
        smaller = next(
            (less for one in changes if one in kept and brings(less := kept - {one})), None
        )
        if smaller is None:
            return kept
        kept = smaller
