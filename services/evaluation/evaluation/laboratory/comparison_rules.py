"""What one version of a scheme has other than another, change by change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from evaluation.schemes.figure_rules import decimal_text


class SchemeChangeKind(StrEnum):
    """What became another."""

    LEAF_ADDED = "leaf_added"
    LEAF_REMOVED = "leaf_removed"
    LEAF_MOVED = "leaf_moved"
    WEIGHT = "weight"
    QUERY = "query"
    THRESHOLD = "threshold"
    CALCULATION = "calculation"
    WORDING = "wording"
    PARAMETER = "parameter"


# Every field of a leaf but its code, and what a change of it is; a test holds it complete.
FIELDS: Final[Mapping[str, SchemeChangeKind]] = {
    "max": SchemeChangeKind.WEIGHT,
    "query": SchemeChangeKind.QUERY,
    "minimum": SchemeChangeKind.THRESHOLD,
    "baseline": SchemeChangeKind.THRESHOLD,
    "low": SchemeChangeKind.THRESHOLD,
    "high": SchemeChangeKind.THRESHOLD,
    "cap": SchemeChangeKind.THRESHOLD,
    "evidence_required": SchemeChangeKind.THRESHOLD,
    "calc": SchemeChangeKind.CALCULATION,
    "unit": SchemeChangeKind.CALCULATION,
    "name": SchemeChangeKind.WORDING,
    "name_en": SchemeChangeKind.WORDING,
    "clause": SchemeChangeKind.WORDING,
    "guidance": SchemeChangeKind.WORDING,
    "guidance_en": SchemeChangeKind.WORDING,
}
FIGURES: Final = frozenset({"max", "minimum", "baseline", "low", "high"})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is another. `code` is the leaf's or the criterion's; none of a parameter.

    `field` is what changed of it. A query stands in `before` and `after` as its data.
    """

    kind: SchemeChangeKind
    code: str | None
    field: str | None
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class _Placed:
    criterion: str
    leaf: Mapping[str, Any]

    @property
    def place(self) -> str:
        return f"{self.criterion}/{self.leaf['code']}"

    def definition(self) -> dict[str, Any]:
        return {name: self.value(name) for name in FIELDS}

    def value(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        # What is not said is no: stored content may say so or leave it out.
        return self.leaf.get(name, False if name == "evidence_required" else None)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List what the second content of a scheme has other than the first.

    A leaf that stands under another criterion, or under another code with all else the same, has
    moved. Figures are compared as figures: `5` and `5.00` are the same.
    """
    first, second = _leaves(before), _leaves(after)
    renamed = dict(_renamed(first, second))
    gone = [code for code in first if code not in second and code not in renamed]
    new = [code for code in second if code not in first and code not in renamed.values()]
    return [
        *_parameters(before["parameters"], after["parameters"]),
        *_criteria(before, after),
        *(
            Change(SchemeChangeKind.LEAF_REMOVED, code, None, first[code].place, None)
            for code in gone
        ),
        *(
            Change(SchemeChangeKind.LEAF_ADDED, code, None, None, second[code].place)
            for code in new
        ),
        *(
            Change(SchemeChangeKind.LEAF_MOVED, code, None, first[code].place, second[to].place)
            for code, to in renamed.items()
        ),
        *(
            change
            for code in first
            if code in second
            for change in _leaf(first[code], second[code])
        ),
    ]


def _leaves(content: Mapping[str, Any]) -> dict[str, _Placed]:
    return {
        leaf["code"]: _Placed(criterion["code"], leaf)
        for criterion in content["criteria"]
        for leaf in criterion["leaves"]
    }


def _renamed(
    first: Mapping[str, _Placed], second: Mapping[str, _Placed]
) -> Iterator[tuple[str, str]]:
    new = [code for code in second if code not in first]
    for code, placed in first.items():
        if code in second:
            continue
        same = [one for one in new if second[one].definition() == placed.definition()]
        if same:
            new.remove(same[0])
            yield code, same[0]


def _parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        one, two = before.get(name), after.get(name)
        if not _same(name not in ("reading", "late_cap"), one, two):
            yield Change(SchemeChangeKind.PARAMETER, None, name, one, two)


def _criteria(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    named = {one["code"]: one for one in after["criteria"]}
    for one in before["criteria"]:
        other = named[one["code"]]
        weights = [sum(Fraction(leaf["max"]) for leaf in x["leaves"]) for x in (one, other)]
        if weights[0] != weights[1]:
            told = [decimal_text(Fraction(weight)) for weight in weights]
            yield Change(SchemeChangeKind.WEIGHT, one["code"], "weight", *told)
        for name in ("name", "name_en"):
            if one.get(name) != other.get(name):
                yield Change(
                    SchemeChangeKind.WORDING, one["code"], name, one.get(name), other.get(name)
                )


def _leaf(before: _Placed, after: _Placed) -> Iterator[Change]:
    code = before.leaf["code"]
    if before.criterion != after.criterion:
        yield Change(SchemeChangeKind.LEAF_MOVED, code, None, before.place, after.place)
    for name, kind in FIELDS.items():
        one, two = before.value(name), after.value(name)
        if not _same(name in FIGURES, one, two):
            yield Change(kind, code, name, one, two)


def _same(is_figure: bool, one: Any, two: Any) -> bool:  # noqa: ANN401, FBT001 - any JSON
    if is_figure and one is not None and two is not None:
        return Fraction(one) == Fraction(two)
    return bool(one == two)
