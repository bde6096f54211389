"""Research: projects, technologies and how far they are, benchmarks, standards."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from registry.facts.kinds.common import (
    Bottlenecks,
    FactPayload,
    FieldCode,
    Partners,
    People,
    Readiness,
    TechnologyKind,
    UsccField,
)
from registry.facts.rules import FactKind
from shared.http.schemas import (
    Code,
    DecimalText,
    Earning,
    ShortText,
)


class ProjectPayload(FactPayload):
    """A research project, of one's own or to order (A089)."""

    KIND = FactKind.PROJECT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "晶圆级键合工艺（示例）",
        "project_kind": "common_key",
        "source": "self",
    }

    title: ShortText = Field(description="What it is called.")
    project_kind: Literal["frontier", "common_key", "cross_industry", "industrial_basic"] = Field(
        description="A code of the table `project-kinds`."
    )
    source: Literal["self", "commissioned"] = Field(description="Whose wish it is.")
    contract_ref: Code | None = Field(
        default=None, description="Its technology contract; a commissioned one has to name it."
    )
    budget: Earning | None = Field(default=None, description="What it is to cost.")
    stage: Literal["laboratory", "pilot_scale", "production"] | None = Field(
        default=None, description="A code of the table `project-stages` (A097)."
    )
    direction_id: UUID | None = Field(
        default=None, description="The adopted research direction that it follows (A081)."
    )
    bottlenecks: Bottlenecks | None = None
    trainee_refs: People | None = Field(
        default=None, description="Who was trained in it: references, never names (A150)."
    )
    partner_usccs: Partners | None = Field(default=None, description="Who takes part in it.")


class BreakthroughPayload(FactPayload):
    """A key technology mastered, verified by a third party (A027)."""

    KIND = FactKind.BREAKTHROUGH
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "technology": "晶圆级键合（示例）",
        "verified_by_uscc": "91310110FAKE00187W",
    }

    technology: ShortText = Field(description="Which technology.")
    verified_by_uscc: UsccField = Field(description="The third party that verified it.")
    trl_before: Readiness | None = Field(default=None, description="Readiness level before.")
    trl_after: Readiness | None = Field(default=None, description="Readiness level after.")
    trl_reason: ShortText | None = Field(
        default=None, description="Why the level fell; a fall has to say so."
    )
    technology_ref: Code | None = Field(default=None, description="Its entry in the pipeline.")
    field_code: FieldCode | None = Field(default=None, description="Its field.")
    bottlenecks: Bottlenecks | None = None


class StandardPayload(FactPayload):
    """A standard that the centre led or took part in (A042)."""

    KIND = FactKind.STANDARD
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "level": "national",
        "part": "lead",
        "number": "GB/T 00000-2027",
    }

    level: Literal["international", "national", "industry", "local", "group"] = Field(
        description="A code of the table `standard-levels`."
    )
    part: Literal["lead", "participate"] = Field(description="What the centre did for it.")
    number: ShortText = Field(description="Its number.", examples=["GB/T 41621-2022"])
    title: ShortText | None = Field(default=None, description="What it is about.")
    domain: Literal["testing", "product", "process", "management"] | None = Field(
        default=None, description="A code of the table `standard-domains` (A071)."
    )


class TechnologyStagePayload(FactPayload):
    """A technology that enters a stage of the pipeline: held in reserve to widely applied (A008).

    Its stages follow one another; none is left out and none comes twice.
    """

    KIND = FactKind.TECHNOLOGY_STAGE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "technology_ref": "T-017",
        "technology": "晶圆级键合（示例）",
        "stage": "in_progress",
        "field_code": "integrated_circuit",
        "technology_kind": "common_key",
        "bottlenecks": ["chokepoint"],
    }

    technology_ref: Code = Field(description="The centre's own reference of the technology.")
    technology: ShortText = Field(description="What it is called.")
    stage: Literal["reserved", "in_progress", "breakthrough", "transferred", "promoted"] = Field(
        description="A code of the table `technology-stages`."
    )
    field_code: FieldCode
    technology_kind: TechnologyKind = Field(description="A code of the table `project-kinds`.")
    bottlenecks: Bottlenecks | None = None


class BenchmarkPayload(FactPayload):
    """The level of a core technology against a named comparator, with evidence (A012)."""

    KIND = FactKind.BENCHMARK
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "technology": "晶圆级键合（示例）",
        "level": "international_advanced",
        "comparator": "某国际厂商同类工艺（示例）",
        "metric": "对准精度 nm",
        "own_value": "80",
        "comparator_value": "100",
    }

    technology: ShortText = Field(description="Which technology.")
    technology_ref: Code | None = Field(default=None, description="Its entry in the pipeline.")
    level: Literal["domestic_leading", "international_advanced", "international_leading"] = Field(
        description="A code of the table `target-levels`."
    )
    comparator: ShortText = Field(description="What it is measured against.")
    metric: ShortText | None = Field(default=None, description="What is compared, with its unit.")
    own_value: DecimalText | None = Field(default=None, description="The centre's figure.")
    comparator_value: DecimalText | None = Field(default=None, description="The other's figure.")
    assessed_by_uscc: UsccField | None = Field(default=None, description="Who compared the two.")
