"""Plans and their targets on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.governance.rules import PlanState
from shared.http.schemas import Body, Code, Instant, Out, ShortText, Year

Part = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=5,
        description=(
            "1 research projects, 2 transfer and first commercialization, 3 funding, "
            "4 research spending, 5 budget of the results' income."
        ),
    ),
]
Value = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,15}(\.\d{1,6})?$"),
    Field(description="An exact decimal as text, zero or more.", examples=["30", "0.34"]),
]


class PlanPartIn(Body):
    """A part of the plan with its text."""

    part: Part
    text: Annotated[str, StringConstraints(max_length=20_000)] = Field(
        default="", description="What the plan says there."
    )


class PlanTargetIn(Body):
    """What the plan promises for a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "30"}
            ]
        }
    )

    part: Part
    metric_code: Code = Field(description="The indicator's code, such as `B1`.")
    unit: ShortText = Field(description="The unit of the value.")
    year: Year
    value: Value


class PlanIn(Body):
    """A development plan: five parts, and targets by year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "horizon_years": 5,
                    "parts": [{"part": 1, "text": "中长期研发项目"}, 2, 3, 4, 5],
                    "targets": [
                        {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "30"}
                    ],
                }
            ]
        }
    )

    horizon_years: Annotated[int, Field(strict=True, ge=1, le=50)] = Field(
        description="How many years the plan looks ahead."
    )
    parts: list[PlanPartIn | Part] = Field(
        max_length=5, description="The parts, each as its number or with its text."
    )
    targets: list[PlanTargetIn] = Field(
        default_factory=list, max_length=500, description="One per metric and year."
    )


class PlanPartOut(Out):
    """A part of the plan."""

    part: int = Field(description="Its number, 1 to 5.")
    text: str = Field(description="What the plan says there.")


class PlanTargetOut(Out):
    """What the plan promises for a year."""

    part: int = Field(description="The part it belongs to.")
    metric_code: str = Field(description="The indicator.")
    unit: str = Field(description="The unit.")
    year: int = Field(description="The year.")
    value: str = Field(description="An exact decimal as text.")


class PlanOut(Out):
    """A version of a development plan."""

    id: UUID = Field(description="The version's id.")
    version: int = Field(description="Counts the edits; the ETag.")
    center_id: UUID = Field(description="The centre.")
    number: int = Field(description="Counts the versions of the plan.")
    state: PlanState = Field(description="Where it stands.")
    horizon_years: int = Field(description="How far it looks ahead.")
    parts: list[PlanPartOut] = Field(description="Its parts.")
    targets: list[PlanTargetOut] = Field(description="Its targets.")
    approved_resolution_id: UUID | None = Field(description="The resolution that adopted it.")
    filed_at: Instant | None = Field(description="Since when it counts.")


class PlanListOut(Out):
    """The versions of a centre's plan."""

    items: list[PlanOut] = Field(description="Newest first.")


class TargetChangeOut(Out):
    """How a target differs between two versions."""

    metric_code: str = Field(description="The indicator.")
    year: int = Field(description="The year.")
    unit: str = Field(description="The unit.")
    before: str | None = Field(description="In the earlier version; null when it has none.")
    after: str | None = Field(description="In the later version; null when it has none.")


class PlanComparisonOut(Out):
    """What differs between two versions of a plan."""

    before_number: int = Field(description="The earlier version.")
    after_number: int = Field(description="The later version.")
    horizon_before: int = Field(description="How far the earlier one looks ahead.")
    horizon_after: int = Field(description="How far the later one looks ahead.")
    parts_changed: list[int] = Field(description="Parts whose text differs.")
    targets_changed: list[TargetChangeOut] = Field(description="Targets that differ.")


class PlanTargetsOut(Out):
    """The targets in force, for evaluation."""

    center_id: UUID = Field(description="The centre.")
    plan_version: int | None = Field(description="Number of the plan's version.")
    filed_at: Instant | None = Field(description="Since when it counts.")
    targets: list[PlanTargetOut] = Field(description="Targets, of the year asked for.")


class PlanAdoptionIn(Body):
    """The resolution that adopts a plan."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"resolution_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e52"}]}
    )

    resolution_id: UUID = Field(description="A resolution of the decision body on the plan.")
