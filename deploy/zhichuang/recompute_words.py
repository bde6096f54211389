"""How figures and leaves are written down in a result document, for `recompute`.

Written from the document's form and not from the services' code; see `recompute`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

SAID: Final = {
    "no_evidence": "没有可计的记录，计零分",
    "not_applicable": "没有目标值，不适用，分值按比例摊给同级指标",
    "minimum_applied": "规划目标低于下限，按下限计",
    "baseline_used": "规划没有目标值，按基准值计",
    "gate_shut": "未达到门槛，等次受限",
}


@dataclass(slots=True)
class Verdict:
    """What a leaf comes to; `share` is what it earned of its points."""

    leaf: Mapping[str, Any]
    raw: Fraction | None = None
    target: Fraction | None = None
    share: Fraction = Fraction(0)
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    applies: bool = True
    shut: bool = False
    most: Fraction = Fraction(0)

    @property
    def points(self) -> Fraction:
        """Give its points, rounded half up to a hundredth."""
        return Fraction(hundredths(self.share * self.most), 100)


def hundredths(value: Fraction) -> int:
    """Round a figure that is not negative to whole hundredths, a half up."""
    return (value.numerator * 200 + value.denominator) // (2 * value.denominator)


def two_places(value: Fraction) -> str:
    """Write a figure with two decimals."""
    count = hundredths(value)
    return f"{count // 100}.{count % 100:02d}"


def plain(value: Fraction) -> str:
    """Write a figure with at most six decimals."""
    size = abs(value)
    count = (size.numerator * 2_000_000 + size.denominator) // (2 * size.denominator)
    whole, rest = divmod(count, 10**6)
    text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and count else text


def shown(unit: str, value: Fraction | None) -> str:
    """Write a figure for a reader: money in 元, shares in percent."""
    if value is None:
        return "无"
    if unit == "fen":
        return f"{two_places(value / 100)} 元"
    return f"{plain(value * 100)}%" if unit == "ratio" else plain(value)


def formula(one: Verdict, reading: str) -> str:
    """Write a leaf's calculation."""
    ending = f"× {plain(one.most)} = {two_places(one.points)}"
    if one.leaf["calc"] == "gate":
        return f"{'—' if one.raw is None else plain(one.raw)} >= {plain(Fraction(one.leaf['low']))}"
    if not one.applies:
        return "NA"
    if one.raw is None:
        return f"0 {ending}"
    raw = plain(one.raw)
    if one.leaf["calc"] == "expert":
        return f"{raw} / 100 {ending}"
    if one.leaf["calc"] == "ratio":
        return (
            f"0 {ending}" if one.target is None else f"min({raw} / {plain(one.target)}, 1) {ending}"
        )
    low, high = (plain(Fraction(one.leaf[name])) for name in ("low", "high"))
    if reading == "proportion":
        return f"[{raw} >= {low}] min({raw} / {high}, 1) {ending}"
    return f"clamp(({raw} - {low}) / ({high} - {low}), 0, 1) {ending}"


def explanation(one: Verdict, sheets: int) -> str:
    """Say where a leaf's points come from."""
    unit, calc = one.leaf["unit"], one.leaf["calc"]
    records = f"记录 {len(one.ids)} 条"
    if calc == "expert":
        first = f"专家评分表 {sheets} 份，均值 {shown(unit, one.raw)}"
    elif calc == "gate":
        line = shown(unit, Fraction(one.leaf["low"]))
        first = f"实际 {shown(unit, one.raw)}，门槛 {line}，{records}"
    elif calc == "threshold":
        low, high = (shown(unit, Fraction(one.leaf[name])) for name in ("low", "high"))
        first = f"实际 {shown(unit, one.raw)}，下限 {low}，上限 {high}，{records}"
    else:
        first = f"实际 {shown(unit, one.raw)}，目标 {shown(unit, one.target)}，{records}"
    parts = [first, "；".join(SAID[note] for note in one.notes)]
    if one.applies and calc != "gate":
        parts.append(f"得 {two_places(one.points)} 分，满分 {two_places(one.most)} 分")
    return "；".join(text for text in parts if text) + "。"


def leaf_row(one: Verdict, sheets: int, reading: str) -> dict[str, Any]:
    """Give a leaf as it stands in the document."""
    return {
        "code": one.leaf["code"],
        "name": one.leaf["name"],
        "calc": one.leaf["calc"],
        "unit": one.leaf["unit"],
        "raw": None if one.raw is None else plain(one.raw),
        "target": None if one.target is None else plain(one.target),
        "points": two_places(one.points),
        "max": two_places(one.most),
        "fact_ids": list(one.ids),
        "formula": formula(one, reading),
        "clause": one.leaf["clause"],
        "notes": list(one.notes),
        "explanation": explanation(one, sheets),
    }
