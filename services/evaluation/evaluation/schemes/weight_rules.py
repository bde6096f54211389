"""What a weight profile is: how much criteria count, and single indicators within them."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from evaluation.schemes.figure_rules import decimal_text
from evaluation.schemes.rules import (
    CRITERIA,
    CRITERION_CODES,
    FULL,
    WEIGHTS,
    Criterion,
    Leaf,
    LeafCalc,
    Scheme,
)
from shared.rules import Check, Kind, Rule, Said

STRESSED: Final = Rule("A067", "三(二)2")  # what a kind of centre is for weighs more


def fractions(weights: Mapping[str, str]) -> dict[str, Fraction]:
    """Read weights that are kept as decimals in text."""
    return {code: Fraction(text) for code, text in weights.items()}


def weight_checks(weights: Mapping[str, Fraction]) -> list[Check]:
    """Check a weight profile: one weight above zero per criterion, together exactly 100 (A132)."""
    total = sum(weights.values(), Fraction(0))
    return [
        WEIGHTS.check(
            "WEIGHTS_NOT_100", Kind.CONTENT, pointer="/weights", sum=decimal_text(total),
            passed=total == FULL and all(weight > 0 for weight in weights.values()),
        ),
        CRITERIA.check(
            "SCHEME_INVALID", Kind.CONTENT, problem="criteria", pointer="/weights",
            passed=tuple(sorted(weights)) == CRITERION_CODES, wanted=list(CRITERION_CODES),
        ),
    ]  # fmt: skip


def indicator_checks(
    weights: Mapping[str, Fraction], indicators: Mapping[str, Fraction]
) -> list[Check]:
    """Check a profile's weights of single indicators: no criterion's exceed its own (A067)."""
    sums = _sums_by_criterion(indicators)
    checks = [
        _criterion_check(code, total, weights[code], passed=0 <= total <= weights[code])
        for code, total in sorted(sums.items())
    ]
    below = sorted(code for code, weight in indicators.items() if weight < 0)
    return [
        *checks,
        STRESSED.check("VALUE_NEGATIVE", Kind.CONTENT, passed=not below, where=below),
    ]


def fitting_checks(
    scheme: Scheme, weights: Mapping[str, Fraction], indicators: Mapping[str, Fraction]
) -> list[Check]:
    """Check that a profile's indicators are the scheme's, and that all of a criterion's fill it."""
    graded = {leaf.code for leaf in scheme.leaves() if leaf.calc is not LeafCalc.GATE}
    strangers = sorted(set(indicators) - graded)
    sums = _sums_by_criterion(indicators)
    whole = [
        one.code
        for one in scheme.criteria
        if one.code in sums and not any(leaf.max_points for leaf in _unnamed(one, indicators))
    ]
    return [
        STRESSED.check(
            "FIELD_INVALID", Kind.CONTENT, passed=not strangers, pointer="/weight_profile",
            field="weight_profile", given=strangers[:5],
            expected=Said("indicators of the scheme", "应为该评价方案的指标"),
        ),
        *(
            _criterion_check(code, sums[code], weights[code], passed=sums[code] == weights[code])
            for code in whole
        ),
    ]  # fmt: skip


def _criterion_check(code: str, total: Fraction, weight: Fraction, *, passed: bool) -> Check:
    return STRESSED.check(
        "WEIGHTS_NOT_100", Kind.CONTENT, pointer="/indicator_weights", passed=passed,
        criterion=code, sum=decimal_text(total), weight=decimal_text(weight),
    )  # fmt: skip


def _sums_by_criterion(indicators: Mapping[str, Fraction]) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = {}
    for code, weight in indicators.items():
        sums[code[0]] = sums.get(code[0], Fraction(0)) + weight
    return sums


def _unnamed(criterion: Criterion, indicators: Mapping[str, Fraction]) -> list[Leaf]:
    return [leaf for leaf in criterion.leaves if leaf.code not in indicators]


def reweighed(
    scheme: Scheme, weights: Mapping[str, Fraction], indicators: Mapping[str, Fraction]
) -> Scheme:
    """Split the points of each criterion as a profile does (A067): its criteria keep theirs.

    Indicators that the profile names get what it says; the others share the rest as in the scheme.
    """
    if not indicators:
        return scheme
    criteria = tuple(
        replace(one, leaves=tuple(_leaves_of(one, weights[one.code], indicators)))
        for one in scheme.criteria
    )
    return replace(scheme, criteria=criteria)


def _leaves_of(
    criterion: Criterion, weight: Fraction, indicators: Mapping[str, Fraction]
) -> list[Leaf]:
    unnamed = _unnamed(criterion, indicators)
    rest = sum((leaf.max_points for leaf in unnamed), Fraction(0))
    taken = sum(
        (indicators[one.code] for one in criterion.leaves if one not in unnamed), Fraction(0)
    )
    if len(unnamed) == len(criterion.leaves) or not rest + taken:
        return list(criterion.leaves)
    left = (weight - taken) / rest if rest else Fraction(0)
    # A draft may lack whoever took the rest: then the named ones fill the criterion.
    filled = Fraction(1) if rest else weight / taken
    own = criterion.max_points / weight

    def points(leaf: Leaf) -> Fraction:
        if leaf in unnamed:
            return own * leaf.max_points * left
        return own * indicators[leaf.code] * filled

    return [replace(leaf, max_points=points(leaf)) for leaf in criterion.leaves]


def profile_edit_checks(*, locked: bool) -> list[Check]:
    """Check that a profile may still be edited: a cycle that opened with it locks it (A132)."""
    return [WEIGHTS.check("SCHEME_FROZEN", Kind.STATE, passed=not locked)]
