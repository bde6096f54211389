"""Publicity items and awards on the wire."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.centers.rules import Stage
from registry.publicity.rules import AwardReason, AwardState, Channel, ItemState, Occasion
from shared.http.schemas import Body, Instant, LongText, Out, ShortText

PersonReference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]
ITEM: Final[dict[str, Any]] = {
    "center_id": "019a0000-0000-7000-8000-000000000001",
    "occasion": "evaluation",
    "title": "共性技术突破的做法（示例）",
    "body": "联合上下游单位攻克晶圆级键合工艺。",
    "channels": ["portal"],
    "typical_case": True,
    "fact_ids": [],
}


class PublicityItemIn(Body):
    """Something to be said in public of a centre (A156)."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM]})

    center_id: UUID = Field(description="The centre; its present stage is kept with the item.")
    occasion: Occasion = Field(description="With which step of its life it goes.")
    title: ShortText = Field(description="The headline.")
    body: LongText = Field(description="The text.")
    channels: list[Channel] = Field(min_length=1, max_length=5, description="Where it appears.")
    typical_case: bool = Field(default=False, description="Whether it is a typical case.")
    fact_ids: list[UUID] = Field(
        default_factory=list, max_length=50, description="The centre's facts behind it."
    )


class PublicityReasonIn(Body):
    """Why a step is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "数据有误"}]})

    reason: LongText = Field(description="Why.")


class PublicityOut(Out):
    """A publicity item."""

    id: UUID = Field(description="The item.")
    version: int = Field(description="Rises with each change.")
    center_id: UUID = Field(description="The centre.")
    stage: Stage = Field(description="The centre's stage when it was written.")
    occasion: Occasion = Field(description="With which step of its life it goes.")
    title: str = Field(description="The headline.")
    body: str = Field(description="The text.")
    channels: list[Channel] = Field(description="Where it appears.")
    typical_case: bool = Field(description="Whether it is a typical case.")
    fact_ids: list[UUID] = Field(description="The centre's facts behind it.")
    state: ItemState = Field(description="Where it stands.")
    written_at: Instant = Field(description="When it was written.")
    released_at: Instant | None = Field(description="When everyone could read it.")
    withdrawn_at: Instant | None = Field(description="When it was withdrawn.")
    reason: str | None = Field(description="What was said with the last step.")


class TypicalCaseOut(Out):
    """A typical case as everyone reads it (A157)."""

    id: UUID = Field(description="The case.")
    center_code: str = Field(description="The centre's code.", examples=["C01"])
    center_name: str = Field(description="The centre's name.")
    stage: Stage = Field(description="The centre's stage then.")
    occasion: Occasion = Field(description="With which step of its life it goes.")
    title: str = Field(description="The headline.")
    body: str = Field(description="The text.")
    channels: list[Channel] = Field(description="Where it appears.")
    released_at: Instant = Field(description="When it was released.")


class AwardIn(Body):
    """A nomination for an award (A151)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "019a0000-0000-7000-8000-000000000001",
                    "award_reason": "major_achievement",
                    "title": "晶圆级键合工艺突破",
                    "achievement": "填补国内空白并实现产业化。",
                    "person_ref": "P-0017",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    award_reason: AwardReason = Field(description="For what it is given.")
    title: ShortText = Field(description="The award in a line.")
    achievement: LongText = Field(description="What was achieved.")
    person_ref: PersonReference | None = Field(
        default=None, description="Who: a reference to a person, never a name."
    )
    org_id: UUID | None = Field(default=None, description="Who: an organization.")


class AwardApprovalIn(Body):
    """The document that approves an award."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"doc_no": "沪经信人〔示例〕2号"}]})

    doc_no: ShortText = Field(description="The document's number.")


class AwardOut(Out):
    """An award."""

    id: UUID = Field(description="The award.")
    version: int = Field(description="Rises with each change.")
    center_id: UUID = Field(description="The centre.")
    award_reason: AwardReason = Field(description="For what it is given.")
    title: str = Field(description="The award in a line.")
    achievement: str = Field(description="What was achieved.")
    person_ref: str | None = Field(description="Who: a reference to a person.")
    org_id: UUID | None = Field(description="Who: an organization.")
    state: AwardState = Field(description="Where it stands.")
    nominated_at: Instant = Field(description="When it was nominated.")
    published_on: date | None = Field(description="When it was published.")
    doc_no: str | None = Field(description="The document that approved it.")
    reason: str | None = Field(description="What was said with the last step.")


class PublicAwardOut(Out):
    """An award as everyone reads it; a person behind it is not named here."""

    id: UUID = Field(description="The award.")
    center_code: str = Field(description="The centre's code.", examples=["C01"])
    award_reason: AwardReason = Field(description="For what it is given.")
    title: str = Field(description="The award in a line.")
    achievement: str = Field(description="What was achieved.")
    published_on: date = Field(description="When it was published.")
    doc_no: str = Field(description="The document that approved it.")
