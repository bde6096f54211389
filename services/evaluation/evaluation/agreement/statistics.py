"""Agreement of experts over a table of subjects (rows) and seats (columns); a gap is NaN.

These figures are shown to officials and change no points, so that floats are in order here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
DRAWS: Final = 1_000
LEVEL: Final = (5.0, 95.0)
# Points of 100. Experts who all say 80 differ by less than they could tell apart.
LEAST_SCALE: Final = 1.0


def interval_alpha(table: Table) -> float | None:
    """Give Krippendorff's alpha at the interval level; None where nothing can be paired or varies.

    Observed disagreement is within rows of two values or more, expected over all their values.
    """
    counts = np.sum(~np.isnan(table), axis=1)
    paired = table[counts >= 2]
    held = counts[counts >= 2]
    values = paired[~np.isnan(paired)]
    if len(values) == 0:
        return None
    spread = np.nansum((paired - np.nanmean(paired, axis=1, keepdims=True)) ** 2, axis=1)
    # The sum of squared differences of all ordered pairs of m values is 2 m times their spread.
    observed = float(np.sum(2 * held * spread / (held - 1))) / len(values)
    total = float(np.sum((values - values.mean()) ** 2))
    expected = 2 * len(values) * total / (len(values) * (len(values) - 1))
    return None if expected == 0 else 1 - observed / expected


def intraclass(table: Table) -> tuple[float, float] | None:
    """Give ICC(1,1) and ICC(1,k) over rows without gaps; None for fewer than two, or no spread."""
    whole = table[~np.isnan(table).any(axis=1)]
    rows, seats = whole.shape
    if rows < 2 or seats < 2:
        return None
    means = whole.mean(axis=1)
    between = seats * float(np.sum((means - means.mean()) ** 2)) / (rows - 1)
    within = float(np.sum((whole - means[:, None]) ** 2)) / (rows * (seats - 1))
    if between == 0 or between + (seats - 1) * within == 0:
        return None
    single = (between - within) / (between + (seats - 1) * within)
    return single, (between - within) / between


def bootstrap(
    table: Table, figure: Callable[[Table], float | None], seed: int, draws: int = DRAWS
) -> tuple[float, float] | None:
    """Give the 90 % interval of a figure over rows drawn anew, with a seed: the same each time."""
    dice = np.random.default_rng(seed)
    found = [figure(table[dice.integers(0, len(table), len(table))]) for _ in range(draws)]
    known = [one for one in found if one is not None]
    if not known:
        return None
    low, high = np.percentile(known, LEVEL)
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Scored:
    """One sheet: whose, of which case, and the mean that it gives."""

    case_id: str
    expert_id: str
    sheet_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Effect:
    """How much milder (above 0) or stricter an expert scores than those beside him, shrunken."""

    expert_id: str
    sheets: int
    effect: float


def effects(sheets: Sequence[Scored]) -> list[Effect]:
    """Estimate each expert's leaning against his panels, drawn towards zero where he has few."""
    left = residuals(sheets)
    if len(sheets) < 2:
        return []
    by_expert: dict[str, list[float]] = {}
    for sheet, value in zip(sheets, left, strict=True):
        by_expert.setdefault(sheet.expert_id, []).append(value)
    noise = float(np.var(left, ddof=1))
    means = [float(np.mean(values)) for values in by_expert.values()]
    seats = float(np.mean([len(values) for values in by_expert.values()]))
    leaning = max(float(np.var(means, ddof=1)) - noise / seats, 0.0) if len(means) > 1 else 0.0
    return [
        Effect(
            expert_id,
            len(values),
            0.0
            if leaning == 0
            else float(np.mean(values)) * leaning / (leaning + noise / len(values)),
        )
        for expert_id, values in sorted(by_expert.items())
    ]


def residuals(sheets: Sequence[Scored]) -> list[float]:
    """Give each sheet's distance from the mean of the other sheets of its case; 0 where alone."""
    by_case: dict[str, list[float]] = {}
    for sheet in sheets:
        by_case.setdefault(sheet.case_id, []).append(sheet.score)
    return [
        0.0
        if len(by_case[sheet.case_id]) == 1
        else sheet.score
        - (sum(by_case[sheet.case_id]) - sheet.score) / (len(by_case[sheet.case_id]) - 1)
        for sheet in sheets
    ]


def outlying(sheets: Sequence[Scored], factor: float = 3.0) -> list[str]:
    """Name the sheets far from those beside them: more than `factor` robust deviations.

    Where most agree to the point, a deviation is counted as `LEAST_SCALE` of them at least: one
    sheet alone stands apart then, and a point more or less is nothing.
    """
    left = np.array(residuals(sheets))
    if not len(left):
        return []
    middle = float(np.median(left))
    # The median of absolute deviations, on the scale of a standard deviation.
    scale = max(1.4826 * float(np.median(np.abs(left - middle))), LEAST_SCALE)
    far = np.abs(left - middle) > factor * scale
    return sorted(sheet.sheet_id for sheet, is_far in zip(sheets, far, strict=True) if is_far)


def means(scored: Iterable[Scored]) -> list[Scored]:
    """Join the items of each sheet into one mean of the sheet."""
    given: dict[str, list[Scored]] = {}
    for one in scored:
        given.setdefault(one.sheet_id, []).append(one)
    return [
        Scored(
            items[0].case_id,
            items[0].expert_id,
            sheet_id,
            sum(one.score for one in items) / len(items),
        )
        for sheet_id, items in given.items()
    ]


def components(sheets: Sequence[Scored]) -> list[list[str]]:
    """Give the groups of cases whose panels share experts, directly or through others.

    Across groups nothing ties one panel's scale to another's: ranks do not compare them.
    """
    group: dict[str, str] = {}

    def root(key: str) -> str:
        group.setdefault(key, key)
        while group[key] != key:
            group[key] = group[group[key]]
            key = group[key]
        return key

    for sheet in sheets:
        first, second = root(f"c{sheet.case_id}"), root(f"e{sheet.expert_id}")
        group[max(first, second)] = min(first, second)
    found: dict[str, list[str]] = {}
    for case_id in sorted({sheet.case_id for sheet in sheets}):
        found.setdefault(root(f"c{case_id}"), []).append(case_id)
    return sorted(found.values())
