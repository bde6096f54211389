"""One indicator: what it measured, against what, and why it has its points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from evaluation.cycles.rules import Target, TargetBasis, target_of
from evaluation.schemes.column_rules import Fact, Facts
from evaluation.schemes.counting_rules import Measured, Period, measure
from evaluation.schemes.figure_rules import decimal_text, half_up, points_text
from evaluation.schemes.rules import (
    FULL,
    MONEY_UNIT,
    RATIO_UNIT,
    Leaf,
    LeafCalc,
    Scheme,
    Source,
    ThresholdReading,
)
from evaluation.sheets.rules import expert_mean


class RatingGate(StrEnum):
    """What decides a rating over the score."""

    REPORT_MISSING = "report_missing"
    REPORT_FALSIFIED = "report_falsified"
    REPORT_LATE = "report_late"
    LEAF_GATE = "leaf_gate"


class LeafNote(StrEnum):
    """Why a leaf's points are not simply its formula's."""

    NO_EVIDENCE = "no_evidence"
    NOT_APPLICABLE = "not_applicable"
    MINIMUM_APPLIED = "minimum_applied"
    BASELINE_USED = "baseline_used"
    GATE_SHUT = "gate_shut"


BASIS_NOTES: Final[Mapping[TargetBasis, tuple[LeafNote, ...]]] = {
    TargetBasis.MINIMUM: (LeafNote.MINIMUM_APPLIED,),
    TargetBasis.BASELINE: (LeafNote.BASELINE_USED,),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A valid score sheet: percent per leaf. Who scored is not part of a result."""

    sheet_id: str
    scores: Mapping[str, Decimal]


def columned(facts: Mapping[Source, Sequence[Fact]]) -> dict[Source, Facts]:
    """Give facts with the columns that leaves read, those made before included."""
    return {source: Facts.of(rows) for source, rows in facts.items()}


@dataclass(frozen=True, slots=True)
class Amendment:
    """What counts for reopened leaves alone, facts or sheets, and the hash of its bytes."""

    hash: str
    codes: frozenset[str]
    facts: Mapping[Source, Sequence[Fact]]
    sheets: Sequence[Sheet] = ()

    def __post_init__(self) -> None:
        """Let leaves share the columns that they read."""
        object.__setattr__(self, "facts", columned(self.facts))


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a result depends on; the scheme is split as the profile weighs it."""

    scheme: Scheme
    profile: str
    weights: Mapping[str, Fraction]
    period: Period
    facts: Mapping[Source, Sequence[Fact]]
    targets: Sequence[Target]
    snapshot_hash: str
    sheets: Sequence[Sheet]
    gates: frozenset[RatingGate] = frozenset()
    trim_from: int = 5
    amendments: Sequence[Amendment] = ()
    # What the profile says of single indicators; the scheme above is split by it already.
    indicator_weights: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let leaves share the columns that they read."""
        object.__setattr__(self, "facts", columned(self.facts))

    def facts_for(self, leaf: Leaf, source: Source) -> Sequence[Fact]:
        """Give the facts that a leaf reads: the frozen ones, or those of its last reopening."""
        for amendment in reversed(self.amendments):
            if leaf.code in amendment.codes:
                return amendment.facts.get(source, ())
        return self.facts.get(source, ())

    def scoring_of(self, code: str) -> tuple[int, Sequence[Sheet]]:
        """Give the sheets of a leaf's last scoring, and which one that is: 0 for the first."""
        for place in range(len(self.amendments), 0, -1):
            amendment = self.amendments[place - 1]
            if amendment.sheets and code in amendment.codes:
                return place, amendment.sheets
        return 0, self.sheets

    def scores_of(self, code: str) -> list[Decimal]:
        """Give the scores that count for a leaf: of its last scoring."""
        return [sheet.scores[code] for sheet in self.scoring_of(code)[1]]

    def counting_sheets(self) -> list[Sheet]:
        """Give every sheet with those of its scores that count."""
        return counting(self.sheets, self.amendments)


def counting(sheets: Sequence[Sheet], amendments: Sequence[Amendment]) -> list[Sheet]:
    """Give every sheet with those of its scores that count: of a leaf, its last scoring alone."""
    left = list(sheets)
    for amendment in amendments:
        if amendment.sheets:
            left = [_without(sheet, amendment.codes) for sheet in left]
            left += amendment.sheets
    return left


def _without(sheet: Sheet, codes: frozenset[str]) -> Sheet:
    kept = {code: score for code, score in sheet.scores.items() if code not in codes}
    return Sheet(sheet.sheet_id, kept)


@dataclass(frozen=True, slots=True)
class LeafResult:
    """A leaf's verdict. `share` is what it earned of its points, 0 to 1; points are unrounded."""

    leaf: Leaf
    raw: Fraction | None
    target: Fraction | None
    share: Fraction
    max_points: Fraction
    points: Fraction
    fact_ids: tuple[str, ...]
    notes: tuple[LeafNote, ...]
    applicable: bool = True

    @property
    def rounded(self) -> Fraction:
        """Round its points half up to 0.01: this is what the total adds up."""
        return half_up(self.points)


def ratio_share(actual: Fraction, target: Fraction) -> Fraction:
    """Give min(actual/target, 1): what is done beyond the target earns nothing more."""
    return min(actual / target, Fraction(1))


def threshold_share(
    actual: Fraction, low: Fraction, high: Fraction, reading: ThresholdReading
) -> Fraction:
    """Give the share between two thresholds: nothing below `low`, all from `high` on."""
    if actual < low:
        return Fraction(0)
    if actual >= high:
        return Fraction(1)
    if reading is ThresholdReading.PROPORTION:
        return actual / high
    return (actual - low) / (high - low)


def judge(leaf: Leaf, inputs: Inputs) -> LeafResult:
    """Give a leaf's share of its own points, before weights and before spreading."""
    if leaf.calc is LeafCalc.EXPERT:
        return _expert(leaf, inputs)
    if leaf.query is None:
        msg = f"leaf {leaf.code} has no query"
        raise ValueError(msg)
    found = measure(leaf.query, inputs.facts_for(leaf, leaf.query.source), inputs.period)
    if leaf.calc is LeafCalc.THRESHOLD:
        return _threshold(leaf, found, inputs.scheme.parameters.reading)
    if leaf.calc is LeafCalc.GATE:
        return _gate(leaf, found)
    planned = next((one for one in inputs.targets if one.code == leaf.code), None)
    return _ratio(leaf, found, planned)


def _judged(
    leaf: Leaf, raw: Fraction | None, share: Fraction, fact_ids: tuple[str, ...] = ()
) -> LeafResult:
    return LeafResult(
        leaf, raw, None, share, leaf.max_points, share * leaf.max_points, fact_ids, ()
    )


def _expert(leaf: Leaf, inputs: Inputs) -> LeafResult:
    scores = inputs.scores_of(leaf.code)
    if not scores:
        # Only a case whose report is missing gets here: it is unqualified, scored or not.
        return replace(_judged(leaf, None, Fraction(0)), notes=(LeafNote.NO_EVIDENCE,))
    mean = expert_mean(scores, inputs.trim_from)
    return _judged(leaf, mean, mean / FULL)


def means_of(inputs: Inputs) -> dict[str, str]:
    """Give the exact mean of each leaf that experts scored, as the text of a fraction."""
    if not inputs.sheets:
        return {}
    return {
        code: str(expert_mean(inputs.scores_of(code), inputs.trim_from))
        for code in inputs.scheme.expert_codes()
    }


def _threshold(leaf: Leaf, found: Measured, reading: ThresholdReading) -> LeafResult:
    if found.raw is None or leaf.low is None or leaf.high is None:
        return replace(
            _judged(leaf, None, Fraction(0), found.fact_ids), notes=(LeafNote.NO_EVIDENCE,)
        )
    share = threshold_share(found.raw, leaf.low, leaf.high, reading)
    return _judged(leaf, found.raw, share, found.fact_ids)


def _gate(leaf: Leaf, found: Measured) -> LeafResult:
    """Give no points; a figure that is missing or below the line shuts the gate."""
    verdict = _judged(leaf, found.raw, Fraction(0), found.fact_ids)
    shut = found.raw is None or found.raw < (leaf.low or Fraction(0))
    return replace(verdict, notes=(LeafNote.GATE_SHUT,)) if shut else verdict


def _ratio(leaf: Leaf, found: Measured, planned: Target | None) -> LeafResult:
    target, basis = target_of(leaf, planned)
    notes = BASIS_NOTES.get(basis, ())
    raw = Fraction(0) if found.raw is None else found.raw
    if leaf.evidence_required and not found.fact_ids:
        # B1-B4 are named by the plan itself: without a record they score 0, target or not.
        zero = _judged(leaf, raw, Fraction(0))
        return replace(zero, target=target, notes=(*notes, LeafNote.NO_EVIDENCE))
    if target is None:
        none = _judged(leaf, raw, Fraction(0), found.fact_ids)
        return replace(none, notes=(LeafNote.NOT_APPLICABLE,), applicable=False)
    result = _judged(leaf, raw, ratio_share(raw, target), found.fact_ids)
    return replace(result, target=target, notes=notes)


def scaled(result: LeafResult, factor: Fraction) -> LeafResult:
    """Give the verdict with its points scaled; what it earned of them stays."""
    if factor == 1:
        return result
    points = result.max_points * factor
    return replace(result, max_points=points, points=result.share * points)


def leaf_document(result: LeafResult, inputs: Inputs) -> dict[str, Any]:
    """Give a leaf's verdict as it stands in the result document."""
    return {
        "code": result.leaf.code,
        "name": result.leaf.name,
        "calc": result.leaf.calc.value,
        "unit": result.leaf.unit,
        "raw": None if result.raw is None else decimal_text(result.raw),
        "target": None if result.target is None else decimal_text(result.target),
        "points": points_text(result.points),
        "max": points_text(result.max_points),
        "fact_ids": list(result.fact_ids),
        "formula": formula(result, inputs),
        "clause": result.leaf.clause,
        "notes": [note.value for note in result.notes],
        "explanation": explanation(result, inputs),
    }


def formula(result: LeafResult, inputs: Inputs) -> str:
    """Write the calculation with its figures, free of any language."""
    points = f"× {decimal_text(result.max_points)} = {points_text(result.points)}"
    if result.leaf.calc is LeafCalc.GATE:
        shown = "—" if result.raw is None else decimal_text(result.raw)
        return f"{shown} >= {decimal_text(result.leaf.low or Fraction(0))}"
    if not result.applicable:
        return "NA"
    if result.raw is None:
        return f"0 {points}"
    raw = decimal_text(result.raw)
    if result.leaf.calc is LeafCalc.EXPERT:
        return f"{raw} / 100 {points}"
    if result.leaf.calc is LeafCalc.THRESHOLD:
        return f"{_between(result, inputs.scheme.parameters.reading)} {points}"
    if result.target is None:
        return f"0 {points}"
    return f"min({raw} / {decimal_text(result.target)}, 1) {points}"


def _between(result: LeafResult, reading: ThresholdReading) -> str:
    low, high = (
        decimal_text(value or Fraction(0)) for value in (result.leaf.low, result.leaf.high)
    )
    raw = decimal_text(result.raw or Fraction(0))
    if reading is ThresholdReading.PROPORTION:
        return f"[{raw} >= {low}] min({raw} / {high}, 1)"
    return f"clamp(({raw} - {low}) / ({high} - {low}), 0, 1)"


SENTENCES: Final[Mapping[LeafNote, str]] = {
    LeafNote.NO_EVIDENCE: "没有可计的记录，计零分",
    LeafNote.NOT_APPLICABLE: "没有目标值，不适用，分值按比例摊给同级指标",
    LeafNote.MINIMUM_APPLIED: "规划目标低于下限，按下限计",
    LeafNote.BASELINE_USED: "规划没有目标值，按基准值计",
    LeafNote.GATE_SHUT: "未达到门槛，等次受限",
}


def explanation(result: LeafResult, inputs: Inputs) -> str:
    """Say in a sentence where the points come from."""
    earned = f"得 {points_text(result.points)} 分，满分 {points_text(result.max_points)} 分"
    notes = "；".join(SENTENCES[note] for note in result.notes)
    earns = result.applicable and result.leaf.calc is not LeafCalc.GATE
    said = [_source_sentence(result, inputs), notes, earned if earns else ""]
    return "；".join(part for part in said if part) + "。"


def _source_sentence(result: LeafResult, inputs: Inputs) -> str:
    if result.leaf.calc is LeafCalc.EXPERT:
        sheets = len(inputs.scores_of(result.leaf.code))
        return f"专家评分表 {sheets} 份，均值 {_shown(result.leaf, result.raw)}"
    if result.leaf.calc is LeafCalc.THRESHOLD:
        figures = (result.raw, result.leaf.low, result.leaf.high)
        raw, low, high = (_shown(result.leaf, value) for value in figures)
        return f"实际 {raw}，下限 {low}，上限 {high}，记录 {len(result.fact_ids)} 条"
    if result.leaf.calc is LeafCalc.GATE:
        raw, low = (_shown(result.leaf, value) for value in (result.raw, result.leaf.low))
        return f"实际 {raw}，门槛 {low}，记录 {len(result.fact_ids)} 条"
    actual, target = (_shown(result.leaf, value) for value in (result.raw, result.target))
    return f"实际 {actual}，目标 {target}，记录 {len(result.fact_ids)} 条"


def _shown(leaf: Leaf, value: Fraction | None) -> str:
    """Write a figure for a reader: money in 元, shares in percent."""
    if value is None:
        return "无"
    if leaf.unit == MONEY_UNIT:
        return f"{points_text(value / 100)} 元"
    return f"{decimal_text(value * 100)}%" if leaf.unit == RATIO_UNIT else decimal_text(value)
