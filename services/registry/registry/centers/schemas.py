"""Centres on the wire."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.centers.rules import (
    ApplicantForm,
    Level,
    MilestoneKind,
    MilestoneState,
    ModelType,
    Stage,
    StageCause,
    Zone,
)
from shared.http.schemas import Body, CheckOut, Code, Day, Instant, LongText, Out, ShortText

IndustryCode = Annotated[str, StringConstraints(min_length=1, max_length=8)]


class CenterOut(Out):
    """A centre, candidate or listed."""

    id: UUID = Field(description="The centre.")
    version: int = Field(description="Counts its changes.")
    code: str | None = Field(description="Its code, from the listing on: `C01`.")
    name: str = Field(description="Its name.")
    model_type: ModelType = Field(description="How it is founded.")
    applicant_form: ApplicantForm = Field(description="Legal person of its own, or consortium.")
    field_codes: list[str] = Field(description="Its fields of industry.")
    stage: Stage = Field(description="Where it stands.")
    level: Level = Field(description="On whose list it is.")
    lead_sponsor_id: UUID = Field(description="The lead sponsor.")
    legal_entity_id: UUID | None = Field(description="Its own legal person, if there is one.")
    trustee_org_id: UUID | None = Field(description="Who holds its rights until there is one.")
    entity_due_on: date | None = Field(description="Last day to register a legal person.")
    entity_met_on: date | None = Field(description="When a consortium registered its own.")
    listed_on: date | None = Field(description="First day on the pilot list.")
    listing_doc_no: str | None = Field(description="The document that listed it.")
    chain_code: str | None = Field(default=None, description="The industry chain it serves.")
    chain_node: str | None = Field(default=None, description="Its place in that chain.")
    industry_codes: list[str] = Field(
        default_factory=list, description="Industries by GB/T 4754, such as `C3973`."
    )
    sei_codes: list[str] = Field(
        default_factory=list, description="Strategic emerging industries, such as `1.2.1`."
    )
    zone_tags: list[str] = Field(default_factory=list, description="The zones it lies in.")
    yrd_platform: bool = Field(
        default=False, description="Marked by an official as serving the whole Yangtze delta."
    )
    imported_from: str | None = Field(
        default=None, description="Where it was taken over from, as it stood there."
    )
    imported_on: date | None = Field(default=None, description="The day it stood so there.")


class CenterMovedOut(CenterOut):
    """A centre after a step, with what is still to be wished for."""

    warnings: list[CheckOut] = Field(
        default_factory=list, description="Rules that warn and refuse nothing."
    )


class CenterPatch(Body):
    """What a centre may change of its entry; an absent field stays, null empties it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "chain_code": "integrated_circuit",
                    "chain_node": "先进封装",
                    "industry_codes": ["C3973"],
                    "sei_codes": ["1.2.1"],
                    "zone_tags": ["lingang"],
                }
            ]
        }
    )

    chain_code: Code | None = Field(default=None, description="The industry chain it serves.")
    chain_node: ShortText | None = Field(default=None, description="Its place in that chain.")
    industry_codes: list[IndustryCode] | None = Field(
        default=None, max_length=20, description="Industries by GB/T 4754, such as `C3973`."
    )
    sei_codes: list[IndustryCode] | None = Field(
        default=None,
        max_length=20,
        description="Strategic emerging industries, such as `1.2.1`.",
    )
    zone_tags: list[Zone] | None = Field(
        default=None, max_length=10, description="The zones it lies in."
    )


class PlatformMarkIn(Body):
    """Whether a centre serves the whole delta."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"yrd_platform": True, "reason": "服务收入三成以上来自苏浙皖"}]
        }
    )

    yrd_platform: bool = Field(description="Whether it is marked.")
    reason: LongText = Field(description="Why.")


class StageChangeIn(Body):
    """A step to another stage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "pilot", "reason": "条件齐备，转入试点"}]}
    )

    to: Stage = Field(description="The stage to enter.")
    reason: LongText = Field(description="Why.")
    cause: StageCause | None = Field(
        default=None, description="For a suspension or an end: what made the centre stop."
    )
    doc_no: ShortText | None = Field(
        default=None, description="The document behind the step; the ministry's for `national`."
    )


class StageChangeOut(Out):
    """A step from one stage to another."""

    id: UUID = Field(description="The step.")
    center_id: UUID = Field(description="The centre.")
    from_stage: Stage = Field(description="Where it stood.")
    to_stage: Stage = Field(description="Where it stands since.")
    reason: str = Field(description="Why.")
    doc_no: str | None = Field(default=None, description="The document behind it.")
    cause: str | None = Field(default=None, description="What made the centre stop.")
    recommendation_id: UUID | None = Field(
        default=None, description="The recommendation of another person that it follows."
    )
    person_id: UUID = Field(description="Who did it.")
    at: Instant = Field(description="When.")


class StageChangeListOut(Out):
    """A centre's steps, oldest first."""

    items: list[StageChangeOut] = Field(description="The steps.")


class EntityIn(Body):
    """The legal person that a consortium has registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"uscc": "91310115FAKE003632"}]})

    uscc: str = Field(
        max_length=32, description="Its unified social credit code; it is in the register."
    )


class EntityMilestoneIn(Body):
    """By when a consortium registers its legal person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"due_on": "2027-06-30"}]})

    due_on: Day = Field(description="The last day, included; it lies ahead.")


class MilestoneOut(Out):
    """What a centre owes by a day."""

    id: UUID = Field(description="The milestone.")
    center_id: UUID = Field(description="The centre.")
    kind: MilestoneKind = Field(description="What is owed.")
    due_on: date = Field(description="The last day, included.")
    state: MilestoneState = Field(description="Where it stands.")
    opened_on: date = Field(description="Since when it is owed.")
    met_on: date | None = Field(description="When it was done.")
    reminded_days: int | None = Field(
        description="The last reminder given, in days before the last one."
    )


class HistoryItemOut(Out):
    """Something that happened to a centre."""

    id: UUID = Field(description="The event.")
    type: str = Field(description="What happened, such as `center.stage_changed`.")
    subject_id: UUID = Field(description="To what.")
    recorded_at: Instant = Field(description="When it was recorded.")
    data: dict[str, Any] = Field(description="What the event says.")
