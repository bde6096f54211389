"""Score sheets on the wire."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, PlainSerializer, StringConstraints

from evaluation.duties.rules import SubjectType
from evaluation.sheets import rules
from shared.http.schemas import Body, Instant, LongText, Out, ScoreText, ShortText, decimal_text

ScoreOutText = Annotated[
    Decimal, PlainSerializer(decimal_text, return_type=str), Field(examples=["86.00"])
]


class DeclarationIn(Body):
    """An expert's declaration of interests."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"conflict": False, "statement": "与申报单位无利害关系"}]}
    )

    conflict: bool = Field(strict=True, description="Whether the expert has a conflict.")
    statement: LongText = Field(description="In the expert's words.")


class ScoreItemIn(Body):
    """A score for one indicator."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"indicator": "technology", "score": "86.00", "comment": "技术路线清晰"}]
        }
    )

    indicator: ShortText = Field(description="An indicator of the sheet.")
    score: ScoreText
    comment: Annotated[str, StringConstraints(max_length=10_000)] = Field(
        default="", description="Why this score."
    )


class ScoreItemsIn(Body):
    """The items of a draft; they take the place of all items before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"items": [{"indicator": "A4", "score": "86.00", "comment": "达到国际先进"}]}
            ]
        }
    )

    items: list[ScoreItemIn] = Field(max_length=100, description="Scores, each indicator once.")


class SheetVoidIn(Body):
    """Why a sheet is voided."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "未申报的董事任职"}]})

    reason: LongText = Field(description="The reason; it stays with the sheet.")


class ScoreItemOut(Out):
    """A score for one indicator."""

    indicator: str = Field(description="An indicator of the sheet.")
    score: ScoreOutText = Field(description="0 to 100, as text.")
    comment: str = Field(description="Why this score.")


class SheetItemOut(Out):
    """A sheet in a list: what an expert must know to declare, and no scores."""

    id: UUID = Field(description="Names the sheet.")
    panel_id: UUID = Field(description="The panel it belongs to.")
    expert_id: UUID = Field(description="Whose it is.")
    subject_type: SubjectType = Field(description="What is reviewed.")
    subject_id: UUID = Field(description="The application or the case.")
    center_id: UUID = Field(description="The centre concerned.")
    organization_usccs: list[str] = Field(description="Whose matter it is: declare ties to these.")
    state: rules.State = Field(description="Where the sheet is.")


class SheetGuidanceOut(Out):
    """What an expert reads of one indicator of a sheet."""

    code: str = Field(description="An indicator of the sheet.")
    name: str = Field(description="In Chinese.")
    name_en: str | None = Field(description="In English.")
    max: str | None = Field(
        description="Points at most under the case's weights; an application's items have none."
    )
    guidance: str | None = Field(
        description="What an expert looks at and what earns how much of 100, in Chinese."
    )
    guidance_en: str | None = Field(
        description="What an expert looks at and what earns how much, in English."
    )


class SheetOut(Out):
    """A score sheet."""

    id: UUID = Field(description="Names the sheet.")
    panel_id: UUID = Field(description="The panel it belongs to.")
    expert_id: UUID = Field(description="Whose it is.")
    subject_type: SubjectType = Field(description="What is reviewed.")
    subject_id: UUID = Field(description="The application or the case.")
    center_id: UUID = Field(description="The centre concerned.")
    state: rules.State = Field(description="Where the sheet is.")
    indicators: list[str] = Field(description="What it scores.")
    guidance: list[SheetGuidanceOut] = Field(
        description="What to look at, indicator by indicator, in their order."
    )
    conflict: bool | None = Field(description="What the expert declared.")
    statement: str | None = Field(description="In the expert's words.")
    items: list[ScoreItemOut] = Field(description="Scores; for others none before submission.")
    submitted_at: Instant | None = Field(description="When it was submitted.")
    content_hash: str | None = Field(description="SHA-256 of what was submitted.")
    voided_at: Instant | None = Field(description="When it was voided.")
    void_reason: str | None = Field(description="Why it was voided.")
