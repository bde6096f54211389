"""Needs of industry, and cases from elsewhere, on the wire."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.outlook.rules import CaseTheme, DemandState, Origin
from registry.programme.schemas import FieldCode
from shared.http.schemas import Body, Day, Instant, LongText, Out, ShortText

Place = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|[1-9][0-9])$")]
DEMAND: Final[dict[str, Any]] = {
    "title": "晶圆键合设备国产化验证",
    "need": "需要一条可开放的中试线，验证键合精度与良率。",
    "field_code": "integrated_circuit",
    "needed_by": "2027-12-31",
    "is_shared": True,
}


class IndustryDemandIn(Body):
    """A need of industry, entered by whoever has it (A018)."""

    model_config = ConfigDict(json_schema_extra={"examples": [DEMAND]})

    title: ShortText = Field(description="The need in a line.")
    need: LongText = Field(description="What is needed, and for what.")
    field_code: FieldCode = Field(description="The field, of the catalogue.")
    needed_by: Day | None = Field(default=None, description="The last day on which it is of use.")
    is_shared: bool = Field(
        default=False,
        description="Whether every organization of the programme reads it while it is open.",
    )
    org_id: UUID | None = Field(
        default=None, description="Whose need it is; a handler says so, a member enters its own."
    )


class DemandMatchIn(Body):
    """The centre that takes a need up."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"center_id": "019a0000-0000-7000-8000-000000000001"}]}
    )

    center_id: UUID = Field(description="The centre; listed and at work.")


class DemandAnswerIn(Body):
    """What became of a need."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answer": "已在中试线完成验证，出具报告。"}]}
    )

    answer: LongText = Field(description="What the centre did about it.")


class OutlookReasonIn(Body):
    """Why a step is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "需求已由他处解决"}]})

    reason: LongText = Field(description="Why.")


class IndustryDemandOut(Out):
    """A need of industry."""

    id: UUID = Field(description="The need.")
    version: int = Field(description="Rises with each change.")
    org_id: UUID = Field(description="Whose need it is.")
    title: str = Field(description="The need in a line.")
    need: str = Field(description="What is needed, and for what.")
    field_code: str = Field(description="The field.")
    needed_by: date | None = Field(description="The last day on which it is of use.")
    is_shared: bool = Field(description="Whether everyone reads it while it is open.")
    state: DemandState = Field(description="Where it stands.")
    entered_at: Instant = Field(description="When it was entered.")
    center_id: UUID | None = Field(description="The centre that took it up.")
    matched_on: date | None = Field(description="When it was matched.")
    answer: str | None = Field(description="What became of it.")
    closed_on: date | None = Field(description="When it was settled or withdrawn.")
    reason: str | None = Field(description="Why it was given or taken back.")


class OutsideCaseIn(Body):
    """How others do it, abroad or in another province (A096)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "origin": "international",
                    "place": "DE",
                    "theme": "financing",
                    "title": "应用研究机构的合同科研模式（示例）",
                    "practice": "基础资助与企业合同收入挂钩。",
                    "lesson": "以合同收入决定下一年补助额度。",
                    "source": "https://example.org/case",
                    "observed_on": "2026-01-05",
                }
            ]
        }
    )

    origin: Origin = Field(description="From another country, or another province.")
    place: Place = Field(
        description="A country (ISO 3166, not CN) or a province (GB/T 2260, not 31)."
    )
    theme: CaseTheme = Field(description="What can be learned from it.")
    title: ShortText = Field(description="The case in a line.")
    practice: LongText = Field(description="What they do.")
    lesson: LongText = Field(description="What follows from it here.")
    source: ShortText = Field(description="Where it is told.")
    observed_on: Day = Field(description="When it was seen there.")


class OutsideCaseOut(Out):
    """A case from elsewhere."""

    id: UUID = Field(description="The case.")
    version: int = Field(description="Rises with each change.")
    origin: Origin = Field(description="From another country, or another province.")
    place: str = Field(description="The country or province.")
    theme: CaseTheme = Field(description="What can be learned from it.")
    title: str = Field(description="The case in a line.")
    practice: str = Field(description="What they do.")
    lesson: str = Field(description="What follows from it here.")
    source: str = Field(description="Where it is told.")
    observed_on: date = Field(description="When it was seen there.")
    entered_at: Instant = Field(description="When it was entered.")
    withdrawn_on: date | None = Field(description="When it was taken back.")
    reason: str | None = Field(description="Why it was taken back.")
