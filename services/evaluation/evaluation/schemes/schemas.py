"""Schemes and profiles on the wire: an indicator tree as data."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, computed_field

from evaluation.schemes import rules
from evaluation.schemes.guidance_rules import MAX_GUIDANCE
from shared.http.schemas import Body, Code, DecimalText, LongText, Out, ShortText

Path = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40}){0,5}$"),
    Field(description="A dotted path into a fact.", examples=["payload.contract_amount"]),
]
Expression = Annotated[
    str,
    StringConstraints(min_length=1, max_length=rules.MAX_EXPRESSION),
    Field(
        description="A CEL expression over `fact` and `period`; facts for which it is true count.",
        examples=["fact.payload.is_commissioned_rd == true"],
    ),
]
FactSource = Annotated[
    Literal["registry", "ip_ledger", "report"],
    Field(description="Whose facts: the registry's, the ip-ledger's, or the annual report."),
]
FactKind = Annotated[Code, Field(description="The facts' kind.", examples=["tech_contract"])]
GuidanceText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_GUIDANCE)]
LeafCode = Annotated[
    str, StringConstraints(pattern=r"^[A-E][0-9]{1,2}$"), Field(description="Such as `A1`.")
]


class WeightFactor(Body):
    """A factor for one text."""

    value: ShortText = Field(description="The text found at the path.")
    factor: DecimalText = Field(description="What such a fact counts.")


class FactWeighting(Body):
    """Factors looked up by the text at a path; a text without one counts nothing."""

    path: Path
    factors: list[WeightFactor] = Field(min_length=1, max_length=50, description="By text.")


class CountQuery(Body):
    """Counts facts."""

    source: FactSource
    kind: FactKind
    aggregate: Literal["count"] = Field(description="How facts become one figure.")
    filter: Expression | None = None


class SumQuery(Body):
    """Adds up a figure; money is added in 分."""

    source: FactSource
    kind: FactKind
    aggregate: Literal["sum"] = Field(description="How facts become one figure.")
    filter: Expression | None = None
    path: Path


class DistinctQuery(Body):
    """Counts the different values at a path."""

    source: FactSource
    kind: FactKind
    aggregate: Literal["distinct"] = Field(description="How facts become one figure.")
    filter: Expression | None = None
    path: Path


class WeightedSumQuery(Body):
    """Adds up factors, and a figure times them where a path is given."""

    source: FactSource
    kind: FactKind
    aggregate: Literal["weighted_sum"] = Field(description="How facts become one figure.")
    filter: Expression | None = None
    path: Path | None = None
    weights: list[FactWeighting] = Field(min_length=1, max_length=10, description="Multiplied.")


class RatioPart(Body):
    """One side of a ratio."""

    aggregate: Literal["count", "sum"] = Field(description="Count the facts, or add up a figure.")
    path: Path | None = None
    filter: Expression | None = None


class RatioQuery(Body):
    """Divides two figures of the same facts; nothing to divide by measures nothing."""

    source: FactSource
    kind: FactKind
    aggregate: Literal["ratio"] = Field(description="How facts become one figure.")
    filter: Expression | None = None
    numerator: RatioPart = Field(description="What is divided.")
    denominator: RatioPart = Field(description="By what.")


LeafQuery = Annotated[
    CountQuery | SumQuery | DistinctQuery | WeightedSumQuery | RatioQuery,
    Field(discriminator="aggregate", description="Which facts, and how they become a figure."),
]


class LeafBase(Body):
    """What every indicator has."""

    code: LeafCode
    name: ShortText = Field(description="In Chinese.")
    name_en: ShortText | None = Field(default=None, description="In English.")
    max: DecimalText = Field(description="Points at most, under the scheme's own weights.")
    clause: ShortText = Field(description="The clause that it serves.", examples=["四(四)"])
    unit: Code = Field(description="`count`, `fen`, `ratio`, `equivalent` or `percent`.")


class RatioLeaf(LeafBase):
    """R: min(actual / target, 1) of its points; the target is the filed plan's."""

    calc: Literal["ratio"] = Field(description="How the figure becomes points.")
    query: LeafQuery
    minimum: DecimalText | None = Field(default=None, description="No lower target counts.")
    baseline: DecimalText | None = Field(default=None, description="The target without a plan's.")
    evidence_required: bool = Field(
        default=False, description="Without a fact it scores 0, target or not."
    )


class ThresholdLeaf(LeafBase):
    """T: nothing below `low`, all from `high` on, in proportion between."""

    calc: Literal["threshold"] = Field(description="How the figure becomes points.")
    query: LeafQuery
    low: DecimalText = Field(description="Below this, nothing.")
    high: DecimalText = Field(description="From this on, all points.")


class ExpertLeaf(LeafBase):
    """X: the experts' mean percent of its points."""

    calc: Literal["expert"] = Field(description="How the figure becomes points.")
    guidance: GuidanceText | None = Field(
        default=None,
        description="What an expert looks at and what earns how much of 100, in Chinese.",
    )
    guidance_en: GuidanceText | None = Field(
        default=None, description="What an expert looks at and what earns how much, in English."
    )


class GateLeaf(LeafBase):
    """G: earns no points; while the figure is below `low`, the grade is at most `cap`."""

    calc: Literal["gate"] = Field(description="How the figure becomes points.")
    query: LeafQuery
    low: DecimalText = Field(description="What has to be reached.")
    cap: rules.Rating = Field(description="The best grade below it.")


SchemeLeaf = Annotated[
    RatioLeaf | ThresholdLeaf | ExpertLeaf | GateLeaf,
    Field(discriminator="calc", description="An indicator."),
]


class SchemeCriterion(Body):
    """A first-level criterion and its indicators."""

    code: Literal["A", "B", "C", "D", "E"] = Field(description="Its letter.")
    name: ShortText = Field(description="In Chinese.")
    name_en: ShortText | None = Field(default=None, description="In English.")
    leaves: list[SchemeLeaf] = Field(min_length=1, max_length=30, description="Its indicators.")


class SchemeParameters(Body):
    """The scheme's own thresholds; a grade's lower bound belongs to the grade."""

    reading: rules.ThresholdReading = Field(
        default=rules.ThresholdReading.INTERPOLATE,
        description="How 按比例 between thresholds is read.",
    )
    excellent_from: DecimalText = Field(default="90", description="Lower bound of 优秀.")
    good_from: DecimalText = Field(default="75", description="Lower bound of 良好.")
    qualified_from: DecimalText = Field(default="60", description="Lower bound of 合格.")
    late_cap: rules.Rating = Field(
        default=rules.Rating.GOOD, description="The best grade after a late report."
    )
    second_reading_band: DecimalText = Field(
        default="0.5", description="A total this near to a bound needs a second reading."
    )


class SchemeHeading(Body):
    """What a scheme is called."""

    code: Code = Field(description="Versions of one scheme share it.", examples=["annual"])
    title: ShortText = Field(description="In Chinese.")
    title_en: ShortText | None = Field(default=None, description="In English.")
    note: LongText | None = Field(default=None, description="What a reader should know.")
    provisional: bool = Field(default=True, description="Whether values await the authority.")


EXAMPLE: dict[str, Any] = {
    "code": "annual",
    "title": "年度评估指标体系（试行）",
    "criteria": [
        {
            "code": "A",
            "name": "技术成果数量及质量",
            "leaves": [
                {
                    "code": "A3",
                    "calc": "ratio",
                    "name": "第三方验证的突破",
                    "max": "4",
                    "clause": "四(四)",
                    "unit": "count",
                    "query": {"source": "registry", "kind": "breakthrough", "aggregate": "count"},
                }
            ],
        }
    ],
}


class IndicatorSchemeIn(SchemeHeading):
    """A scheme: criteria A–E whose indicators make up 100 points."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    parameters: SchemeParameters = Field(
        default_factory=SchemeParameters, description="Grades and readings."
    )
    criteria: list[SchemeCriterion] = Field(min_length=1, max_length=5, description="A to E.")

    def content(self) -> dict[str, Any]:
        """Give what is stored and hashed."""
        kept = self.model_dump(mode="json", exclude_none=True)
        return {"parameters": kept["parameters"], "criteria": kept["criteria"]}

    def heading(self) -> dict[str, Any]:
        """Give what it is called, as columns."""
        return self.model_dump(include=set(SchemeHeading.model_fields))


class IndicatorSchemeItemOut(Out):
    """A scheme in a list."""

    id: UUID = Field(description="The scheme.")
    code: str = Field(description="Versions of one scheme share it.")
    number: int = Field(description="Which version of its code.")
    state: rules.SchemeState = Field(description="A draft may change; frozen never does.")
    title: str = Field(description="In Chinese.")
    title_en: str | None = Field(description="In English.")
    provisional: bool = Field(description="Whether values await the authority.")
    content_hash: str = Field(description="SHA-256 of parameters and criteria.")
    version: int = Field(description="For If-Match.")


class IndicatorSchemeOut(IndicatorSchemeItemOut):
    """A scheme with its whole tree."""

    note: str | None = Field(description="What a reader should know.")
    created_at: datetime = Field(description="When it was stored.")
    frozen_at: datetime | None = Field(description="When a cycle first opened with it.")
    parameters: SchemeParameters = Field(description="Grades and readings.")
    criteria: list[SchemeCriterion] = Field(description="A to E.")


class CriterionWeights(Body):
    """The weight of each first-level criterion; together exactly 100."""

    A: DecimalText = Field(description="技术成果数量及质量.")
    B: DecimalText = Field(description="转移扩散和产业化.")
    C: DecimalText = Field(description="对行业发展的支撑作用.")
    E: DecimalText = Field(description="国际合作.")
    # Last, because a common generator of Python clients keeps what it has yet to read in `d`.
    D: DecimalText = Field(description="人才队伍建设.")


IndicatorWeights = Annotated[
    dict[LeafCode, DecimalText],
    Field(
        max_length=100,
        description="Of single indicators, out of their criterion's weight; "
        "the others share what is left as in the scheme.",
        examples=[{"A5": "6.4", "C1": "6"}],
    ),
]

PROFILE_EXAMPLE: dict[str, Any] = {
    "code": "enterprise_2027",
    "name": "企业型（2027）",
    "model_type": "enterprise",
    "weights": {"A": "28", "B": "32", "C": "15", "D": "15", "E": "10"},
    "indicator_weights": {"B3": "9"},
}


class WeightProfileIn(Body):
    """A weight profile for a kind of centre (A132)."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROFILE_EXAMPLE]})

    code: Code = Field(description="A short name.")
    name: ShortText = Field(description="In Chinese.")
    name_en: ShortText | None = Field(default=None, description="In English.")
    model_type: Literal["enterprise", "institute", "platform"] | None = Field(
        default=None, description="Cycles that weigh `by_model` use it for such centres."
    )
    weights: CriterionWeights = Field(description="Together exactly 100.")
    indicator_weights: IndicatorWeights = Field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """Give the columns."""
        return self.model_dump()


class WeightProfileOut(Out):
    """A weight profile."""

    id: UUID = Field(description="The profile.")
    code: str = Field(description="A short name.")
    name: str = Field(description="In Chinese.")
    name_en: str | None = Field(description="In English.")
    model_type: str | None = Field(description="For which kind of centre.")
    weights: CriterionWeights = Field(description="Together exactly 100.")
    indicator_weights: dict[str, str] = Field(
        description="Of single indicators, out of their criterion's weight."
    )
    version: int = Field(description="For If-Match.")
    locked_at: datetime | None = Field(description="When a cycle first opened with it.")

    @computed_field(description="Whether a cycle has opened with it.")
    def locked(self) -> bool:
        """Tell whether it can change no more."""
        return self.locked_at is not None
