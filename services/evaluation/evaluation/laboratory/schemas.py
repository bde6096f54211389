"""Suppositions and what comes of them, on the wire."""

from fractions import Fraction
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.cycles.rules import Target
from evaluation.laboratory.comparison_rules import SchemeChangeKind
from evaluation.laboratory.what_if_rules import Supposition
from evaluation.results import leaf_rules
from evaluation.robustness.schemas import CaseSteadinessOut
from evaluation.schemes.rules import Rating
from evaluation.schemes.schemas import CriterionWeights, LeafCode, LeafQuery
from shared.http.schemas import Body, DecimalText, Out, ShortText


class SupposedTarget(Body):
    """A target in place of the filed plan's."""

    metric_code: LeafCode
    unit: ShortText = Field(description="As in a plan: `count`, `万元`, `percent` …")
    value: DecimalText = Field(description="0 takes the target away.")


EXAMPLE: dict[str, Any] = {
    "weights": {"A": "30", "B": "25", "C": "20", "D": "15", "E": "10"},
    "targets": [{"metric_code": "B1", "unit": "count", "value": "24"}],
}


class WhatIfIn(Body):
    """What is supposed; what is not named stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    weights: CriterionWeights | None = Field(
        default=None, description="Other weights, together exactly 100."
    )
    targets: list[SupposedTarget] = Field(
        default_factory=list, max_length=150, description="Other targets, one a leaf."
    )

    def supposition(self) -> Supposition:
        """Give it as values."""
        weights = None if self.weights is None else self.weights.model_dump()
        return Supposition(
            None if weights is None else {code: Fraction(text) for code, text in weights.items()},
            [Target(one.metric_code, one.unit, Fraction(one.value)) for one in self.targets],
        )


class ComparedVerdictOut(Out):
    """What a leaf comes to on one side."""

    raw: str | None = Field(description="The figure.")
    target: str | None = Field(description="What it is set against.")
    points: str = Field(description="Rounded half up to 0.01.")
    max: str = Field(description="Points at most.")
    notes: list[leaf_rules.LeafNote] = Field(description="What else decided the points.")
    formula: str = Field(description="The calculation with its figures.")
    explanation: str = Field(description="In a sentence.")


class ComparedLeafOut(Out):
    """A leaf as it stands and as it would be."""

    code: str = Field(description="The indicator.")
    name: str = Field(description="In Chinese.")
    changed: bool = Field(description="Whether anything about it is another.")
    points_change: str = Field(description="Points more, or less with a minus.")
    before: ComparedVerdictOut | None = Field(description="As it stands.")
    after: ComparedVerdictOut | None = Field(description="As supposed.")


class ComparedResultOut(Out):
    """A whole result on one side."""

    total: str = Field(description="Of 100.")
    rating: Rating = Field(description="The grade, gates applied.")
    near_boundary: bool = Field(description="Whether the total is near a grade's bound.")
    hinges_on_sheet: bool = Field(description="Whether a single sheet decides the grade.")
    result_hash: str = Field(description="SHA-256 of the whole document.")


class WhatIfOut(Out):
    """What would be; nothing of it was kept."""

    case_id: UUID = Field(description="The case.")
    version: int | None = Field(description="Of the kept result beside it; none before there is.")
    unchanged: bool = Field(description="Whether both are the same to the byte.")
    total_change: str = Field(description="Points more, or less with a minus.")
    before: ComparedResultOut = Field(description="As it stands.")
    after: ComparedResultOut = Field(description="As supposed.")
    leaves: list[ComparedLeafOut] = Field(description="Every indicator, both ways.")
    steadiness: CaseSteadinessOut | None = Field(
        description="How the supposed result moves in turn; for officials, as it tells of sheets."
    )


class LeafTrialOut(Out):
    """What a leaf's query comes to for one centre, and what its filter let through."""

    case_id: UUID = Field(description="The case whose frozen facts were read.")
    center_id: UUID = Field(description="The centre.")
    center_code: str | None = Field(description="Its code.")
    snapshot_hash: str = Field(description="Of the frozen facts.")
    value: str | None = Field(description="The figure; none where nothing could be measured.")
    numerator: str | None = Field(description="Of a ratio.")
    denominator: str | None = Field(description="Of a ratio.")
    counted: int = Field(description="How many facts count.")
    counted_ids: list[str] = Field(description="The first 200 of them.")
    left_out: int = Field(description="How many of the kind the filter leaves out.")
    left_out_ids: list[str] = Field(description="The first 200 of them.")
    unreadable: int = Field(description="How many lack a field that the filter asks for.")
    unreadable_ids: list[str] = Field(description="The first 200 of them.")


class SchemeChangeOut(Out):
    """One thing that is another in the second version."""

    kind: SchemeChangeKind = Field(description="What became another.")
    code: str | None = Field(description="The leaf or criterion; none of a parameter.")
    field: str | None = Field(description="What of it.")
    before: str | None = Field(description="In the first version, as text.")
    after: str | None = Field(description="In the second version, as text.")
    query_before: LeafQuery | None = Field(default=None, description="Of a changed query.")
    query_after: LeafQuery | None = Field(default=None, description="Of a changed query.")


class SchemeComparisonOut(Out):
    """Two versions of a scheme, side by side."""

    before_id: UUID = Field(description="The first.")
    after_id: UUID = Field(description="The second.")
    before_hash: str = Field(description="SHA-256 of its parameters and criteria.")
    after_hash: str = Field(description="SHA-256 of its parameters and criteria.")
    same: bool = Field(description="Whether they judge by the same data, to the byte.")
    changes: list[SchemeChangeOut] = Field(description="Every change; none are left out.")


class TriedVerdictOut(Out):
    """What a centre comes to."""

    total: str = Field(description="Of 100.")
    rating: Rating = Field(description="The grade, gates applied.")


class TrialCauseOut(Out):
    """A change of the draft, tried alone and left out."""

    kind: SchemeChangeKind = Field(description="What became another.")
    code: str = Field(description="The leaf, criterion or parameter.")
    decisive: bool = Field(
        description="Whether it brings the new grade alone, or the old one stands without it."
    )
    alone: TriedVerdictOut = Field(description="Under the old scheme with this change only.")
    without: TriedVerdictOut = Field(description="Under the draft without this change.")


class TriedChangeOut(Out):
    """A change of the draft."""

    kind: SchemeChangeKind = Field(description="What became another.")
    code: str = Field(description="The leaf, criterion or parameter.")


class DecisiveSetOut(Out):
    """Changes that bring the new grade together, and without any of which it is not there."""

    changes: list[TriedChangeOut] = Field(description="The changes, in the draft's order.")
    verdict: TriedVerdictOut = Field(description="Under the old scheme with these changes only.")


class SchemeTrialOut(Out):
    """A centre's past year under a draft."""

    case_id: UUID = Field(description="The case.")
    center_id: UUID = Field(description="The centre.")
    center_code: str | None = Field(description="Its code.")
    before: TriedVerdictOut = Field(description="As it was judged.")
    after: TriedVerdictOut = Field(description="Under the draft.")
    changes_rating: bool = Field(description="Whether the grade is another.")
    unscored: list[str] = Field(
        description="Leaves that no expert scored then: their siblings share their points."
    )
    causes: list[TrialCauseOut] = Field(
        description="Each change one at a time, where the grade is another; decisive ones first."
    )
    decisive_sets: list[DecisiveSetOut] = Field(
        description="The smallest sets of changes that bring the new grade, at most ten."
    )
    decisive_sets_to: int = Field(
        description="Up to how many changes in a set every decisive one is named."
    )
    decisive_sets_cut: bool = Field(
        description="Whether the search ended at its bounds, so that there may be more sets."
    )
