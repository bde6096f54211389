"""What a rating and a rank rest on: weights, the mean, single sheets, single indicators.

Nothing here changes a result. Weights are drawn; means, sheets and indicators are tried one by
one, all of them. The figures are not mixed into one: each says what the rating hangs on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np

from evaluation.results.replay_rules import weights_in
from evaluation.results.rules import ORDER, rating_for
from evaluation.robustness import draw_rules as draws
from evaluation.robustness.draw_rules import Figure, Whole
from evaluation.schemes.figure_rules import decimal_text, points_text
from evaluation.schemes.rules import CRITERION_CODES, LeafCalc, Parameters, Rating, Scheme, digest
from evaluation.schemes.weight_rules import reweighed
from evaluation.sheets.rules import expert_mean
from shared.rules import Check, Kind, Rule, Said

FORMAT: Final = 1
PURPOSE: Final = "zhichuang-robustness-1"
# What a case's rank is tried against.
MOVEMENTS: Final = ("weights", "geometric", "sheets", "indicators")
STEADY: Final = Rule("A126", "四(四)")
PLACE: Final[Mapping[str, int]] = {code: at for at, code in enumerate(CRITERION_CODES)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A leaf of a result: its points under the scheme and what it earned of them, exactly."""

    criterion: str
    code: str
    max_points: Fraction
    share: Fraction
    applies: bool
    is_expert: bool


@dataclass(frozen=True, slots=True)
class Stance:
    """A result with what it can be moved by. `cap` is the best grade that its gates leave."""

    case_id: str
    result_hash: str
    weights: Mapping[str, Fraction]
    leaves: tuple[Standing, ...]
    cap: Rating
    parameters: Parameters
    sheets: tuple[Mapping[str, Fraction], ...]
    trim_from: int
    in_grey_zone: bool
    hinges_on_sheet: bool

    def figure(self) -> Figure:
        """Give what its total is made of; leaves that do not apply leave theirs to siblings."""
        alive = dict.fromkeys(CRITERION_CODES, Fraction(0))
        for leaf in self.leaves:
            alive[leaf.criterion] += leaf.max_points if leaf.applies else Fraction(0)
        standing = [code for code in CRITERION_CODES if alive[code]]
        return Figure(
            tuple((PLACE[code], self.weights[code]) for code in standing),
            tuple(
                (PLACE[leaf.criterion], leaf.max_points / alive[leaf.criterion] * leaf.share)
                for leaf in self.leaves
                if leaf.applies and alive[leaf.criterion]
            ),
        )

    def rating(self, total: Fraction) -> Rating:
        """Give the grade of a total under its gates."""
        return min(rating_for(total, self.parameters), self.cap, key=ORDER.index)


def stance(
    *,
    case_id: str,
    result_hash: str,
    document: Mapping[str, Any],
    exact: Mapping[str, Any],
    scheme: Scheme,
    sheets: Iterable[Mapping[str, Any]],
) -> Stance:
    """Read a result's document, its exact shares and its sheets."""
    shares = {one["code"]: one for one in exact["leaves"]}
    weights, indicators = weights_in(document)
    scheme = reweighed(scheme, weights, indicators)
    return Stance(
        case_id=case_id,
        result_hash=result_hash,
        weights=weights,
        leaves=tuple(
            Standing(
                criterion.code, leaf.code, leaf.max_points, Fraction(shares[leaf.code]["share"]),
                shares[leaf.code]["applies"], leaf.calc is LeafCalc.EXPERT,
            )
            for criterion in scheme.criteria for leaf in criterion.leaves
            if leaf.calc is not LeafCalc.GATE
        ),
        cap=Rating(exact["cap"]),
        parameters=scheme.parameters,
        sheets=tuple(
            {code: Fraction(score) for code, score in one["scores"].items()} for one in sheets
        ),
        trim_from=document["trim_from"],
        in_grey_zone=document["near_boundary"] or document["hinges_on_sheet"],
        hinges_on_sheet=document["hinges_on_sheet"],
    )  # fmt: skip


# --- one at a time --------------------------------------------------------------------------


def rounded_total(figure: Figure) -> Fraction:
    """Give the total as it would be published: each leaf rounded, at most 100."""
    whole = sum((weight for _, weight in figure.weights), Fraction(0))
    weights = dict(figure.weights)
    hundredths = sum(_hundredths(part, weights[place], whole) for place, part in figure.leaves)
    return Fraction(min(hundredths, draws.HUNDREDTHS), 100)


def _hundredths(part: Fraction, weight: Fraction, whole: Fraction) -> int:
    """Round part * weight / whole * 100 half up to 0.01, in integers: thousands are asked for."""
    above = part.numerator * weight.numerator * whole.denominator * draws.HUNDREDTHS
    below = part.denominator * weight.denominator * whole.numerator
    return (2 * above + below) // (2 * below)


def without_sheet(given: Stance, place: int) -> Stance:
    """Give the result with one sheet left out; what facts decided stands."""
    rest = [*given.sheets[:place], *given.sheets[place + 1 :]]
    scores = {
        one.code: [sheet[one.code] for sheet in rest if one.code in sheet]
        for one in given.leaves
        if one.is_expert
    }
    leaves = (
        replace(one, share=expert_mean(scores[one.code], given.trim_from) / 100)
        if scores.get(one.code)
        else one
        for one in given.leaves
    )
    return replace(given, leaves=tuple(leaves))


def without_leaf(given: Stance, code: str) -> Stance:
    """Give the result with one indicator left out; its siblings share its points."""
    leaves = (replace(one, applies=False) if one.code == code else one for one in given.leaves)
    return replace(given, leaves=tuple(leaves))


def sheets_left_out(given: Stance) -> list[Stance]:
    """Leave out each sheet in turn; with two sheets or fewer there is nothing to try."""
    if len(given.sheets) < 3:
        return []
    return [without_sheet(given, place) for place in range(len(given.sheets))]


# --- a document -----------------------------------------------------------------------------


def inputs_hash(stances: Iterable[Stance]) -> str:
    """Hash what is tried: the results by case. The seed follows from it, so nobody picks one."""
    return digest(sorted([one.case_id, one.result_hash] for one in stances))


def seed_of(hashed: str) -> str:
    """Give the seed that goes with inputs."""
    return digest([PURPOSE, hashed])


def anything_checks(count: int) -> list[Check]:
    """Check that there is a result to try."""
    none = Said("no result", "没有结果")
    return [STEADY.check("STATE_CONFLICT", Kind.STATE, passed=count > 0, state=none)]


def fresh_checks(measured: str, standing: str) -> list[Check]:
    """Check that the results are still those that were tried."""
    return [STEADY.check("STALE_INPUT", Kind.STATE, passed=measured == standing)]


def grouped(stances: Sequence[Stance], groups: Sequence[Sequence[str]]) -> list[list[Stance]]:
    """Put results into groups that can be ranked, by their first case; one in none is its own."""
    named = {one.case_id: one for one in stances}
    shared = [[named[case] for case in sorted(group) if case in named] for group in groups]
    alone = set(named) - {case for group in groups for case in group}
    found = [*(group for group in shared if group), *([named[case]] for case in alone)]
    return sorted(found, key=lambda group: group[0].case_id)


def document(
    cycle_id: str,
    stances: Sequence[Stance],
    groups: Sequence[Sequence[str]],
    count: int,
    one_more: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Try everything on the results of a cycle; ranks are within groups that share experts.

    `one_more` is called after each case.
    """
    ordered = sorted(stances, key=lambda one: one.case_id)
    hashed = inputs_hash(ordered)
    drawn = draws.factors(seed_of(hashed), len(CRITERION_CODES), count)
    whole = grouped(ordered, groups)
    return {
        "format": FORMAT,
        "cycle_id": cycle_id,
        "inputs_hash": hashed,
        "seed": seed_of(hashed),
        "draws": count,
        "noise": decimal_text(draws.NOISE),
        "cases": [
            row
            for at, group in enumerate(whole, start=1)
            for row in _group(at, group, drawn, one_more)
        ],
    }


def case_document(given: Stance, count: int) -> dict[str, Any]:
    """Try everything on one result, kept or not; there is no rank without the others."""
    drawn = draws.factors(seed_of(inputs_hash([given])), len(CRITERION_CODES), count)
    return {**_case(_moved(given), drawn), "draws": count, "seed": seed_of(inputs_hash([given]))}


@dataclass(frozen=True, slots=True)
class _Moved:
    """A result with everything that is left out of it in turn, each worked out once."""

    stance: Stance
    figure: Figure
    sheets: Sequence[Figure]
    indicators: Mapping[str, Figure]


def _moved(given: Stance) -> _Moved:
    return _Moved(
        given,
        given.figure(),
        [one.figure() for one in sheets_left_out(given)],
        {leaf.code: without_leaf(given, leaf.code).figure() for leaf in given.leaves},
    )


def _group(
    at: int, group: Sequence[Stance], drawn: Whole, one_more: Callable[[], None]
) -> list[dict[str, Any]]:
    every = [_moved(one) for one in group]
    figures = [one.figure for one in every]
    exact = [draws.exact_total(one) for one in figures]
    ranks = draws.exact_ranks(exact)
    plain = draws.rank_intervals(figures, drawn)
    geometric = draws.rank_intervals(figures, drawn, geometric=True)
    dropped = _dropped_ranks(every)
    rows = []
    for place, one in enumerate(every):
        row = _case(one, drawn)
        by_sheet = [
            # The others stand where they are.
            1 + sum(value > moved for index, value in enumerate(exact) if index != place)
            for moved in map(draws.exact_total, one.sheets)
        ]
        row |= {"group": at, "of": len(group), "rank": ranks[place]}
        row["weights"] |= _ranked(plain[place])
        row["geometric"] |= _ranked(geometric[place])
        row["sheets"] |= _ranked((min(by_sheet), max(by_sheet)) if by_sheet else None)
        row["indicators"] |= _ranked((min(dropped[place]), max(dropped[place])))
        rows.append(row)
        one_more()
    return rows


def _dropped_ranks(every: Sequence[_Moved]) -> list[list[int]]:
    """Rank the group without each indicator in turn, of all centres alike."""
    found: list[list[int]] = [[] for _ in every]
    for code in every[0].indicators:
        exact = [draws.exact_total(one.indicators[code]) for one in every]
        for place, rank in enumerate(draws.exact_ranks(exact)):
            found[place].append(rank)
    return found


def _ranked(interval: tuple[int, int] | None) -> dict[str, int | None]:
    low, high = interval or (None, None)
    return {"rank_low": low, "rank_high": high}


def _case(moved: _Moved, drawn: Whole) -> dict[str, Any]:
    given, figure = moved.stance, moved.figure
    total = rounded_total(figure)
    rating = given.rating(total)
    own = np.full((1, len(CRITERION_CODES)), draws.MILLION, dtype=np.int64)
    geometric = Fraction(int(draws.geometric_totals(figure, own)[0]), 100)
    sheets = {str(at): one for at, one in enumerate(moved.sheets)}
    return {
        "case_id": given.case_id,
        "result_hash": given.result_hash,
        "total": points_text(total),
        "unrounded": decimal_text(draws.exact_total(figure), 12),
        "rating": rating.value,
        "in_grey_zone": given.in_grey_zone,
        "hinges_on_sheet": given.hinges_on_sheet,
        "weights": _drawn(given, rating, draws.totals(figure, drawn)),
        "geometric": {
            **_drawn(given, rating, draws.geometric_totals(figure, drawn)),
            "total": points_text(geometric), "rating": given.rating(geometric).value,
        },
        "sheets": _tried(given, rating, sheets, named=False),
        "indicators": _tried(given, rating, moved.indicators, named=True),
    }  # fmt: skip


def _drawn(given: Stance, rating: Rating, hundredths: Whole) -> dict[str, Any]:
    bounds = given.parameters
    lines = (bounds.qualified_from, bounds.good_from, bounds.excellent_from)
    counted = draws.grades(hundredths, lines, ORDER.index(given.cap))
    low, high = draws.interval(hundredths)
    ratings = {one.value: count for one, count in zip(ORDER, counted, strict=True)}
    return _movement(rating, ratings, (Fraction(low, 100), Fraction(high, 100)))


def _tried(
    given: Stance, rating: Rating, others: Mapping[str, Figure], *, named: bool
) -> dict[str, Any]:
    totals = {name: rounded_total(one) for name, one in others.items()}
    found = {name: given.rating(total) for name, total in totals.items()}
    ratings = {one.value: sum(x is one for x in found.values()) for one in ORDER}
    span = (min(totals.values()), max(totals.values())) if totals else None
    decisive = sorted(name for name, one in found.items() if one is not rating)
    return {**_movement(rating, ratings, span), "decisive": decisive if named else []}


def _movement(
    rating: Rating, ratings: Mapping[str, int], span: tuple[Fraction, Fraction] | None
) -> dict[str, Any]:
    tried = sum(ratings.values())
    low, high = (None, None) if span is None else map(points_text, span)
    return {
        "tried": tried, "ratings": dict(ratings), "changed": tried - ratings[rating.value],
        "total_low": low, "total_high": high, "rank_low": None, "rank_high": None, "decisive": [],
    }  # fmt: skip


def probabilities(ratings: Mapping[str, int]) -> dict[str, str]:
    """Give the share of each grade among what was tried, to four places."""
    tried = sum(ratings.values()) or 1
    return {name: decimal_text(Fraction(count, tried), 4) for name, count in ratings.items()}


def seen_rows(
    rows: Sequence[Mapping[str, Any]], hidden: Collection[str]
) -> list[Mapping[str, Any]]:
    """Give the rows of a run without some cases, and without what tells of these (A121).

    A group with a hidden case is ranked anew by the others' totals; how their ranks move rests on
    the hidden one, too, and is left out. Groups are counted from 1 again.
    """
    kept = [row for row in rows if row["case_id"] not in hidden]
    touched = {row["group"] for row in rows if row["case_id"] in hidden}
    number = {group: at for at, group in enumerate(sorted({row["group"] for row in kept}), start=1)}
    found: list[Mapping[str, Any]] = []
    for row in kept:
        told = {**row, "group": number[row["group"]]}
        if row["group"] in touched:
            totals = [Fraction(one["unrounded"]) for one in kept if one["group"] == row["group"]]
            own = Fraction(row["unrounded"])
            told |= {"of": len(totals), "rank": 1 + sum(total > own for total in totals)}
            told |= {name: {**row[name], "rank_low": None, "rank_high": None} for name in MOVEMENTS}
        found.append(told)
    return found
