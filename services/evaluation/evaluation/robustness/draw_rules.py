"""Draws of weights, and what they make of totals, grades and ranks.

The dice are SHAKE-256 over the seed's text, which every language has and no version changes.
Floats only sort the plain from the close: whatever comes near a rounding, a bound or a tie is
decided in integers, so that grades and ranks are exact and the same on every machine.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from math import log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

DRAWS: Final = 10_000
# Each weight is multiplied by a factor from 0.75 to 1.25, both included, in millionths.
NOISE: Final = Fraction(1, 4)
LOWEST: Final = 750_000
WIDTH: Final = 500_001
MILLION: Final = 1_000_000
HUNDREDTHS: Final = 10_000
# Far above what ten operations on doubles can be wrong by, far below what rounding turns on.
CLOSE: Final = 1e-7
ZERO_LOG: Final = -1e9
EXACT: Final = Context(prec=70)
EXACT_PLACES: Final = Decimal(1).scaleb(-45)
# Rows of the rank table at a time, so that a thousand centres take megabytes.
ROWS: Final = 500


@dataclass(frozen=True)
class Figure:
    """What a centre's total is made of, exactly: weight, rate and leaves of each criterion.

    Only criteria that stand are in it. `leaves` are parts of the criterion's points, earned.
    """

    weights: tuple[tuple[int, Fraction], ...]
    leaves: tuple[tuple[int, Fraction], ...]

    @cached_property
    def rates(self) -> dict[int, Fraction]:
        """Give what each criterion earned of its points, 0 to 1."""
        rates = {place: Fraction(0) for place, _ in self.weights}
        for place, part in self.leaves:
            rates[place] += part
        return rates


def factors(seed: str, places: int, draws: int = DRAWS) -> Whole:
    """Draw the factors of the weights in millionths, a row each draw: the same for a seed."""
    stream = hashlib.shake_256(seed.encode()).digest(draws * places * 4)
    words = np.frombuffer(stream, dtype=">u4").astype(np.uint64)
    drawn = (words * np.uint64(WIDTH)) >> np.uint64(32)
    return (drawn.astype(np.int64) + LOWEST).reshape(draws, places)


# --- totals ---------------------------------------------------------------------------------


def totals(figure: Figure, drawn: Whole) -> Whole:
    """Give the total of each draw in hundredths, each leaf rounded half up as the scheme says."""
    shares = _shares(figure, drawn)
    whole = np.zeros(len(drawn), dtype=np.int64)
    for place, part in figure.leaves:
        points = shares[place] * (float(part) * HUNDREDTHS)
        rounded = np.floor(points + 0.5)
        for row in _close(points + 0.5):
            rounded[row] = _rounded(_exact_share(figure, drawn[row], place) * part * HUNDREDTHS)
        whole += rounded.astype(np.int64)
    return np.minimum(whole, HUNDREDTHS)


def geometric_totals(figure: Figure, drawn: Whole) -> Whole:
    """Give the weighted geometric mean of the criteria's rates in hundredths of 100 points."""
    if any(rate == 0 for rate in figure.rates.values()) or not figure.weights:
        return np.zeros(len(drawn), dtype=np.int64)
    points = np.exp(_logs(figure, drawn)) * HUNDREDTHS
    rounded = np.floor(points + 0.5)
    for row in _close(points + 0.5):
        mean = EXACT.exp(_exact_log(figure, drawn[row]))
        half_up = EXACT.add(EXACT.multiply(mean, Decimal(HUNDREDTHS)), Decimal("0.5"))
        # What lies on the line but for the last places of the logarithms lies on it.
        rounded[row] = int(half_up.quantize(EXACT_PLACES, context=EXACT))
    return np.minimum(rounded.astype(np.int64), HUNDREDTHS)


def exact_total(figure: Figure) -> Fraction:
    """Give the unrounded total under the profile's own weights."""
    whole = sum((weight for _, weight in figure.weights), Fraction(0))
    rates = figure.rates
    earned = sum((weight * rates[place] for place, weight in figure.weights), Fraction(0))
    return earned / whole * 100 if whole else Fraction(0)


def _shares(figure: Figure, drawn: Whole) -> dict[int, Real]:
    """Give each criterion's part of the points, draw by draw."""
    parts = {place: drawn[:, place] * float(weight) for place, weight in figure.weights}
    whole = sum(parts.values(), np.zeros(len(drawn)))
    return {place: part / whole for place, part in parts.items()}


def _exact_share(figure: Figure, row: Whole, place: int) -> Fraction:
    parts = {at: weight * int(row[at]) for at, weight in figure.weights}
    return parts[place] / sum(parts.values(), Fraction(0))


def _logs(figure: Figure, drawn: Whole) -> Real:
    shares, rates = _shares(figure, drawn), figure.rates
    return sum(
        (shares[place] * log(rates[place]) for place, _ in figure.weights), np.zeros(len(drawn))
    )


def _exact_log(figure: Figure, row: Whole) -> Decimal:
    rates = figure.rates
    total = Decimal(0)
    for place, _ in figure.weights:
        share = _exact_share(figure, row, place)
        part = EXACT.multiply(_decimal(share), EXACT.ln(_decimal(rates[place])))
        total = EXACT.add(total, part)
    return total


def _decimal(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def _close(values: Real) -> list[int]:
    """Name the rows whose value is so near a whole number that a double cannot tell the side."""
    return [int(row) for row in np.flatnonzero(np.abs(values - np.rint(values)) < CLOSE)]


# --- grades ---------------------------------------------------------------------------------


def grades(totals_in_hundredths: Whole, bounds: Sequence[Fraction], cap: int) -> list[int]:
    """Count the draws of each grade, worst first; `bounds` ascend, no grade is above `cap`."""
    steps = [-(-bound.numerator * 100 // bound.denominator) for bound in bounds]
    reached = sum((totals_in_hundredths >= step).astype(np.int64) for step in steps)
    counted = np.bincount(np.minimum(reached, cap), minlength=len(bounds) + 1)
    return [int(count) for count in counted]


def interval(values: Whole) -> tuple[int, int]:
    """Give the 90 % interval: at most one draw in twenty lies below it, and as many above."""
    ordered, beyond = np.sort(values), len(values) * 5 // 100
    return int(ordered[beyond]), int(ordered[len(values) - 1 - beyond])


# --- ranks ----------------------------------------------------------------------------------

Key = Callable[[Figure, Whole], Any]


def rank_intervals(
    figures: Sequence[Figure], drawn: Whole, *, geometric: bool = False
) -> list[tuple[int, int]]:
    """Give each figure's 90 % interval of ranks, by unrounded values; equal ones share a rank."""
    kinds: dict[Any, list[int]] = {}
    for at, figure in enumerate(figures):
        kinds.setdefault(_kind(figure, geometric=geometric), []).append(at)
    members = list(kinds.values())
    chosen = [figures[one[0]] for one in members]
    ranks = _ranks(chosen, [len(one) for one in members], drawn, geometric=geometric)
    found: list[tuple[int, int]] = [(0, 0)] * len(figures)
    for column, own in enumerate(members):
        for at in own:
            found[at] = interval(ranks[:, column])
    return found


def exact_ranks(values: Sequence[Fraction]) -> list[int]:
    """Rank exact values, the greatest first; equal ones share a rank, and the next is left out."""
    ordered = sorted(values, reverse=True)
    places: dict[Fraction, int] = {}
    for at, value in enumerate(ordered, start=1):
        places.setdefault(value, at)
    return [places[value] for value in values]


def _kind(figure: Figure, *, geometric: bool) -> Any:  # noqa: ANN401 - any hashable value
    """Name figures that tie in every draw alike, so that no draw need decide it."""
    rates = set(figure.rates.values())
    if geometric and (0 in rates or not rates):
        return "zero"
    if len(rates) < 2:
        return ("flat", *rates)
    return (figure.weights, tuple(sorted(figure.rates.items())))


def _ranks(
    figures: Sequence[Figure], times: Sequence[int], drawn: Whole, *, geometric: bool
) -> Whole:
    many = np.array(times, dtype=np.int64)
    ranks = np.empty((len(drawn), len(figures)), dtype=np.int32)
    exact: Key = _exact_log_or_none if geometric else _exact_mean
    for start in range(0, len(drawn), ROWS):
        rows = drawn[start : start + ROWS]
        values = _log_table(figures, rows) if geometric else _mean_table(figures, rows)
        order = np.argsort(-values, axis=1, kind="stable")
        ordered = np.take_along_axis(values, order, axis=1)
        before = np.cumsum(many[order], axis=1) - many[order]
        tied = np.flatnonzero((ordered[:, :-1] - ordered[:, 1:] < CLOSE).any(axis=1))
        for row in tied:
            order[row], before[row] = _settled(figures, many, rows[row], order[row], exact)
        np.put_along_axis(ranks[start : start + ROWS], order, (before + 1).astype(np.int32), axis=1)
    return ranks.astype(np.int64)


def _settled(
    figures: Sequence[Figure], many: Whole, row: Whole, order: Whole, exact: Key
) -> tuple[Whole, Whole]:
    """Order one draw exactly, because some of its values were too near to tell."""
    values = {int(at): exact(figures[at], row) for at in order}
    settled = sorted(values, key=lambda at: values[at], reverse=True)
    before: list[int] = []
    passed = 0
    for place, at in enumerate(settled):
        same = place > 0 and values[settled[place - 1]] == values[at]
        before.append(before[-1] if same else passed)
        passed += int(many[at])
    return np.array(settled, dtype=np.int64), np.array(before, dtype=np.int64)


def _table(
    figures: Sequence[Figure], drawn: Whole, value: Mapping[int, Real], nothing: float
) -> Real:
    """Average each figure's values by its drawn weights: a row a draw, a column a figure.

    A figure without any criterion has `nothing`.
    """
    places = drawn.shape[1]
    weights = np.zeros((places, len(figures)))
    for column, figure in enumerate(figures):
        for place, weight in figure.weights:
            weights[place, column] = float(weight)
    table = np.array([value[column] for column in range(len(figures))]).T
    rows = drawn.astype(np.float64)
    whole = rows @ weights
    found: Real = np.divide(
        rows @ (weights * table), whole, out=np.full_like(whole, nothing), where=whole > 0
    )
    return found


def _mean_table(figures: Sequence[Figure], drawn: Whole) -> Real:
    rates = {
        column: np.array([float(figure.rates.get(at, 0)) for at in range(drawn.shape[1])])
        for column, figure in enumerate(figures)
    }
    return _table(figures, drawn, rates, 0.0) * 100


def _log_table(figures: Sequence[Figure], drawn: Whole) -> Real:
    logs = {}
    for column, figure in enumerate(figures):
        rates = figure.rates
        nothing = any(rate == 0 for rate in rates.values())
        # A figure with nothing in a criterion is nothing as a whole, whatever the weights.
        logs[column] = np.array(
            [
                ZERO_LOG if nothing else log(rates[at]) if at in rates else 0.0
                for at in range(drawn.shape[1])
            ]
        )
    return _table(figures, drawn, logs, ZERO_LOG)


def _exact_mean(figure: Figure, row: Whole) -> Fraction:
    rates = figure.rates
    parts = {place: weight * int(row[place]) for place, weight in figure.weights}
    whole = sum(parts.values(), Fraction(0))
    return sum((part * rates[at] for at, part in parts.items()), Fraction(0)) / (whole or 1)


def _exact_log_or_none(figure: Figure, row: Whole) -> Decimal:
    if not figure.weights or any(rate == 0 for rate in figure.rates.values()):
        return Decimal("-Infinity")
    return _exact_log(figure, row).quantize(EXACT_PLACES, context=EXACT)
