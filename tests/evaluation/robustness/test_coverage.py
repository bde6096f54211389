"""Rank intervals hold what they say: nine in ten of their own draws, and of draws never seen."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.robustness import draw_rules as draws
from evaluation.robustness.draw_rules import Figure, Whole
from tests.evaluation.robustness import stances

CENTERS, DRAWN, FRESH = 12, 4_000, 4_000
# Three standard deviations of a share of nine tenths, of the interval's draws and the fresh ones.
SLACK = 3 * (0.9 * 0.1 / DRAWN + 0.9 * 0.1 / FRESH) ** 0.5


def ranks(figures: list[Figure], drawn: Whole) -> NDArray[np.int64]:
    """Rank the plain way, a row each draw; random years tie in no draw."""
    columns = []
    for figure in figures:
        weights = np.array([float(weight) for _, weight in figure.weights])
        rates = np.array([float(figure.rates[place]) for place, _ in figure.weights])
        moved = drawn[:, [place for place, _ in figure.weights]] * weights
        columns.append((moved @ rates) / moved.sum(axis=1))
    totals = np.column_stack(columns)
    found: NDArray[np.int64] = 1 + (totals[:, None, :] > totals[:, :, None]).sum(axis=2)
    return found


@pytest.mark.requirement("A126")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nine_in_ten_ranks_lie_in_their_interval_and_no_interval_is_wider_than_that(
    seed: int,
) -> None:
    first = seed * 1_000
    figures = [
        stances.stance_of(stances.random_inputs(first + at)).figure() for at in range(CENTERS)
    ]
    drawn = draws.factors(f"own {seed}", 5, DRAWN)
    found = np.array(draws.rank_intervals(figures, drawn))
    low, high = found[:, 0], found[:, 1]
    assert (low < high).any()

    own = ranks(figures, drawn)
    below, above = (own < low).mean(axis=0), (own > high).mean(axis=0)
    assert (below <= 0.05).all()
    assert (above <= 0.05).all()
    # An end further in would leave out more than a twentieth.
    assert ((own <= low).mean(axis=0) > 0.05).all()
    assert ((own >= high).mean(axis=0) > 0.05).all()

    fresh = ranks(figures, draws.factors(f"fresh {seed}", 5, FRESH))
    covered = ((fresh >= low) & (fresh <= high)).mean(axis=0)
    assert (covered >= 0.9 - SLACK).all()
