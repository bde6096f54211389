"""What a sheet tells its expert of each indicator: its name, its points, what to look at (A121)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from evaluation.schemes.figure_rules import points_text
from evaluation.schemes.rules import scheme_from
from evaluation.schemes.weight_rules import reweighed

MAX_GUIDANCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Guidance:
    """What an expert reads of one indicator.

    `max` are its points at most, half up to 0.01; an application's items have none.
    """

    code: str
    name: str
    name_en: str | None
    guidance: str | None
    guidance_en: str | None
    max: str | None = None


def guidance_of(
    content: Mapping[str, Any],
    weights: Mapping[str, Fraction],
    indicators: Mapping[str, Fraction],
    codes: Iterable[str],
) -> list[Guidance]:
    """Tell of some leaves of a scheme what their expert reads, in the order of the codes.

    Points are those of a case under its own weights, as its result counts them before anything is
    spread. The content may be of a time when no leaf had guidance.
    """
    points = _points(content, weights, indicators)
    leaves = {
        leaf["code"]: leaf for criterion in content["criteria"] for leaf in criterion["leaves"]
    }
    return [
        Guidance(
            code=code,
            name=leaves[code]["name"],
            name_en=leaves[code].get("name_en"),
            guidance=leaves[code].get("guidance"),
            guidance_en=leaves[code].get("guidance_en"),
            max=points_text(points[code]),
        )
        for code in codes
    ]


def _points(
    content: Mapping[str, Any], weights: Mapping[str, Fraction], indicators: Mapping[str, Fraction]
) -> dict[str, Fraction]:
    scheme = reweighed(scheme_from(content), weights, indicators)
    return {
        leaf.code: leaf.max_points * weights[one.code] / (one.max_points or 1)
        for one in scheme.criteria
        for leaf in one.leaves
    }


def guided(content: Mapping[str, Any], guidance: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Give a scheme's content with guidance on the leaves that it is named for."""
    criteria = [
        {**one, "leaves": [{**leaf, **guidance.get(leaf["code"], {})} for leaf in one["leaves"]]}
        for one in content["criteria"]
    ]
    return {**content, "criteria": criteria}
