"""What would be if weights or targets were others: the same computation, set beside the first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from evaluation.cycles.rules import Target
from evaluation.results.leaf_rules import Inputs
from evaluation.schemes.figure_rules import decimal_text
from evaluation.schemes.rules import LeafCalc, Scheme
from evaluation.schemes.weight_rules import weight_checks
from shared.rules import Check, Kind, Rule, Said

TARGETED: Final = Rule("A129", "四(四)")
# What a result under weights of nobody's profile calls them.
TRIED: Final = "what_if"


@dataclass(frozen=True, slots=True)
class Supposition:
    """What is supposed: all weights, and the targets of some leaves. None of it is kept."""

    weights: Mapping[str, Fraction] | None = None
    targets: Sequence[Target] = ()


def supposition_checks(supposed: Supposition, scheme: Scheme) -> list[Check]:
    """Check that weights make 100 and that every target is one leaf's that has targets."""
    weighed = [] if supposed.weights is None else weight_checks(supposed.weights)
    known = {leaf.code for leaf in scheme.leaves() if leaf.calc is LeafCalc.RATIO}
    codes = [one.code for one in supposed.targets]
    wrong = sorted(code for code, times in Counter(codes).items() if code not in known or times > 1)
    below = sorted(one.code for one in supposed.targets if one.value < 0)
    return [
        *weighed,
        TARGETED.check(
            "FIELD_INVALID", Kind.CONTENT, passed=not wrong, pointer="/targets", field="targets",
            given=wrong[:5],
            expected=Said(
                "one target each for leaves that are set against one",
                "对照目标值的末级指标各给一个目标值",
            ),
        ),
        TARGETED.check("VALUE_NEGATIVE", Kind.CONTENT, passed=not below, where=below),
    ]  # fmt: skip


def supposing(inputs: Inputs, supposed: Supposition) -> Inputs:
    """Give the inputs as supposed; what is supposed as it is leaves them as they are."""
    named = {one.code: one for one in supposed.targets}
    kept = [one for one in inputs.targets if one.code not in named]
    inputs = replace(inputs, targets=[*kept, *supposed.targets])
    if supposed.weights is None or dict(supposed.weights) == dict(inputs.weights):
        return inputs
    # Within its criterion an indicator counts what it did.
    indicators = {
        code: weight * supposed.weights[code[0]] / inputs.weights[code[0]]
        for code, weight in inputs.indicator_weights.items()
    }
    return replace(inputs, weights=supposed.weights, indicator_weights=indicators, profile=TRIED)


SHOWN: Final = ("raw", "target", "points", "max", "notes", "formula", "explanation")


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set every leaf of two result documents side by side, in the order of the first.

    A leaf that one of them lacks is None there.
    """
    first, second = ({leaf["code"]: leaf for leaf in one["leaves"]} for one in (before, after))
    return [
        {
            "code": code,
            "name": (first.get(code) or second[code])["name"],
            "changed": _shown(first.get(code)) != _shown(second.get(code)),
            "points_change": decimal_text(_points(second.get(code)) - _points(first.get(code))),
            "before": _shown(first.get(code)),
            "after": _shown(second.get(code)),
        }
        for code in {**first, **second}
    ]


def total_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Tell by how much the total moves, exactly."""
    return decimal_text(Fraction(after["total"]) - Fraction(before["total"]))


def _points(leaf: Mapping[str, Any] | None) -> Fraction:
    return Fraction(0) if leaf is None else Fraction(leaf["points"])


def _shown(leaf: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if leaf is None else {name: leaf[name] for name in SHOWN}
