"""A second computation, written from the scheme's text and not from the product's code.

Plain Python over fractions. A filter is a Python function here, so that not even the expression
language is shared. It gives points per leaf, the total and the grade, as texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

Keep = Callable[[Mapping[str, Any]], bool]
GRADES: Final = ("unqualified", "qualified", "good", "excellent")


@dataclass(frozen=True)
class Judged:
    points: dict[str, str]
    total: str
    rating: str


def cents(value: Fraction) -> Fraction:
    """Half up to 0.01."""
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


def text(value: Fraction) -> str:
    return f"{int(value * 100) // 100}.{int(value * 100) % 100:02d}"


@dataclass(frozen=True)
class Year:
    """What is judged: a scheme, its facts, targets and sheets, and what each filter means."""

    scheme: Mapping[str, Any]
    weights: Mapping[str, str]
    facts: Mapping[str, Sequence[Mapping[str, Any]]]
    targets: Mapping[str, str]
    sheets: Sequence[Mapping[str, str]]
    report: tuple[str, int]
    keep: Mapping[str, Keep]
    trim_from: int
    indicator_weights: Mapping[str, str] = field(default_factory=dict)


def judge(year: Year) -> Judged:
    """Points, total and grade of one centre's year."""
    rows = {
        criterion["code"]: [
            (leaf["code"], Fraction(leaf["max"]), _share(leaf, year))
            for leaf in criterion["leaves"] if leaf["calc"] != "gate"
        ]
        for criterion in year.scheme["criteria"]
    }  # fmt: skip
    gates = [
        leaf for criterion in year.scheme["criteria"] for leaf in criterion["leaves"]
        if leaf["calc"] == "gate"
    ]  # fmt: skip
    if year.indicator_weights:
        rows = {code: _split(leaves, year, code) for code, leaves in rows.items()}
    points = {leaf["code"]: Fraction(0) for leaf in gates} | _points(rows, year.weights)
    total = min(sum(points.values(), Fraction(0)), Fraction(100))
    grades = year.scheme["parameters"]
    grade = sum(total >= Fraction(grades[f"{name}_from"]) for name in GRADES[1:])
    caps = [GRADES.index(leaf["cap"]) for leaf in gates if not _reached(leaf, year)]
    state, late = year.report
    if state == "missing":
        caps.append(0)
    elif late > 0:
        caps.append(GRADES.index(grades["late_cap"]))
    return Judged({code: text(value) for code, value in points.items()}, text(total),
                  GRADES[min([grade, *caps])])  # fmt: skip


def _split(
    leaves: Sequence[tuple[str, Fraction, Fraction | None]], year: Year, criterion: str
) -> list[tuple[str, Fraction, Fraction | None]]:
    """A named indicator has its own part of a criterion's weight, the others what is left."""
    said = {leaf: Fraction(year.indicator_weights[leaf]) for leaf, _, _ in leaves
            if leaf in year.indicator_weights}  # fmt: skip
    others = sum(most for leaf, most, _ in leaves if leaf not in said)
    left = Fraction(year.weights[criterion]) - sum(said.values())
    return [
        (leaf, said[leaf] if leaf in said else most * left / others, share)
        for leaf, most, share in leaves
    ]


def _points(
    rows: Mapping[str, Sequence[tuple[str, Fraction, Fraction | None]]], weights: Mapping[str, str]
) -> dict[str, Fraction]:
    """What does not apply leaves its points to its siblings; a whole criterion to the others."""
    alive = {
        code: sum(most for _, most, share in leaves if share is not None)
        for code, leaves in rows.items()
    }
    left = sum(Fraction(weights[code]) for code, most in alive.items() if most)
    points = {}
    for code, leaves in rows.items():
        for leaf, most, share in leaves:
            # Its part of the criterion, times the criterion's part of 100.
            points[leaf] = (
                Fraction(0) if share is None
                else cents(most / alive[code] * Fraction(weights[code]) * 100 / left * share)
            )  # fmt: skip
    return points


def _reached(gate: Mapping[str, Any], year: Year) -> bool:
    value = _figure(gate["query"], _kept(gate["query"], year), year.keep)
    return value is not None and value >= Fraction(gate["low"])


def _kept(query: Mapping[str, Any], year: Year) -> list[Mapping[str, Any]]:
    return [
        fact for fact in year.facts[query["source"]]
        if fact["kind"] == query["kind"] and year.keep[query.get("filter", "")](fact)
    ]  # fmt: skip


def _share(leaf: Mapping[str, Any], year: Year) -> Fraction | None:
    """What a leaf earns of its points; None when it does not apply."""
    if leaf["calc"] == "expert":
        marks = sorted(Fraction(sheet[leaf["code"]]) for sheet in year.sheets)
        if len(marks) >= year.trim_from:
            marks = marks[1:-1]
        return sum(marks) / Fraction(len(marks)) / 100
    kept = _kept(leaf["query"], year)
    value = _figure(leaf["query"], kept, year.keep)
    if leaf["calc"] == "threshold":
        return _between(value, leaf, year.scheme["parameters"]["reading"])
    if leaf.get("evidence_required") and not kept:
        return Fraction(0)
    target = Fraction(year.targets.get(leaf["code"], "0"))
    if target > 0:
        target = max(target, Fraction(leaf.get("minimum", "0")))
    else:
        target = Fraction(leaf.get("baseline", "0"))
    return min((value or Fraction(0)) / target, Fraction(1)) if target else None


def _between(value: Fraction | None, leaf: Mapping[str, Any], reading: str) -> Fraction:
    low, high = Fraction(leaf["low"]), Fraction(leaf["high"])
    if value is None or value < low:
        return Fraction(0)
    if value >= high:
        return Fraction(1)
    return value / high if reading == "proportion" else (value - low) / (high - low)


def _figure(
    query: Mapping[str, Any], kept: Sequence[Mapping[str, Any]], keep: Mapping[str, Keep]
) -> Fraction | None:
    match query["aggregate"]:
        case "count":
            return Fraction(len(kept))
        case "sum":
            return sum((_amount(fact) for fact in kept), Fraction(0))
        case "distinct":
            return Fraction(len({fact["payload"]["who"] for fact in kept}))
        case "weighted_sum":
            factors = {one["value"]: Fraction(one["factor"])
                       for one in query["weights"][0]["factors"]}  # fmt: skip
            return sum((factors.get(fact["payload"]["who"], Fraction(0)) for fact in kept),
                       Fraction(0))  # fmt: skip
    above, below = (
        sum((_amount(fact) for fact in kept if keep[query[side].get("filter", "")](fact)),
            Fraction(0))
        for side in ("numerator", "denominator")
    )  # fmt: skip
    return above / below if below else None


def _amount(fact: Mapping[str, Any]) -> Fraction:
    return Fraction(fact["payload"].get("amount", 0))
