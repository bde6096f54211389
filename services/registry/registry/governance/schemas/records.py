"""Documents, duties, themes, directions and the dossier on the wire."""

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.governance.rules import DirectionState, DocumentKind, Opinion, Theme
from shared.http.schemas import Body, Code, Day, Instant, LongText, Out, ShortText

FILE: Final = "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e55"


class CenterDocumentIn(Body):
    """A document of a centre."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "cooperation_mechanism",
                    "title": "协同创新合作机制（2026版）",
                    "file_id": FILE,
                    "valid_from": "2026-04-01",
                }
            ]
        }
    )

    kind: DocumentKind = Field(description="What it is.")
    title: ShortText = Field(description="Its title.")
    file_id: UUID = Field(description="The file.")
    valid_from: Day = Field(description="First day on which it holds.")
    valid_until: Day | None = Field(default=None, description="Last day, included.")


class CenterDocumentEndIn(Body):
    """The end of a document."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_until": "2026-12-31"}]})

    valid_until: Day = Field(description="The last day, included.")


class CenterDocumentOut(Out):
    """A document of a centre."""

    id: UUID = Field(description="The document.")
    version: int = Field(description="Counts its changes.")
    center_id: UUID = Field(description="The centre.")
    kind: DocumentKind = Field(description="What it is.")
    title: str = Field(description="Its title.")
    file_id: UUID = Field(description="The file.")
    valid_from: date = Field(description="First day on which it holds.")
    valid_until: date | None = Field(description="Last day, included.")
    at: Instant = Field(description="When it was filed.")


class ResponsibilityIn(Body):
    """A matter, and who does what in it."""

    matter: ShortText = Field(description="The matter.")
    decides: ShortText = Field(description="The body or office that decides.")
    carries_out: ShortText = Field(description="Who carries it out.")
    proposes: ShortText | None = Field(default=None, description="Who proposes.")
    supervises: ShortText | None = Field(default=None, description="Who watches.")


class ResponsibilityMatrixIn(Body):
    """The whole responsibility matrix."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"matter": "年度预算", "decides": "决策委员会", "carries_out": "财务部"}
                    ]
                }
            ]
        }
    )

    items: list[ResponsibilityIn] = Field(max_length=200, description="In their order.")


class ResponsibilityOut(Out):
    """A matter, and who does what in it."""

    place: int = Field(description="Its place in the matrix, from 1.")
    matter: str = Field(description="The matter.")
    decides: str = Field(description="The body or office that decides.")
    carries_out: str = Field(description="Who carries it out.")
    proposes: str | None = Field(description="Who proposes.")
    supervises: str | None = Field(description="Who watches.")


class ResponsibilityMatrixOut(Out):
    """The whole responsibility matrix."""

    items: list[ResponsibilityOut] = Field(description="In their order.")


class PilotThemeIn(Body):
    """What a pilot tries out under a theme."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "试行项目经理负责制和成员轮值制"}]}
    )

    text: LongText = Field(description="What is tried out.")


class PilotThemeReportIn(Body):
    """What came of a theme."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "形成三项制度，决策周期缩短一半"}]}
    )

    text: LongText = Field(description="What was found.")
    file_id: UUID | None = Field(default=None, description="The report.")


class PilotThemeOut(Out):
    """A theme of a pilot with its report."""

    center_id: UUID = Field(description="The centre.")
    theme: Theme = Field(description="The theme.")
    named_on: date = Field(description="Since when.")
    plan_text: str = Field(description="What is tried out.")
    report_text: str | None = Field(description="What was found.")
    report_file_id: UUID | None = Field(description="The report.")
    reported_on: date | None = Field(description="When it was reported.")


class PilotThemeListOut(Out):
    """The themes of a pilot."""

    items: list[PilotThemeOut] = Field(description="Those that it has named.")


class ResearchDirectionIn(Body):
    """A research direction that is proposed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "先进封装可靠性", "summary": "面向车规级芯片的封装可靠性共性技术"}
            ]
        }
    )

    title: ShortText = Field(description="Its title.")
    summary: LongText = Field(description="What it is about.")
    field_code: Code | None = Field(default=None, description="The field of industry.")


class DirectionOpinionIn(Body):
    """What the technical committee says of a direction."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "body_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e54",
                    "opinion": "supported",
                    "text": "建议列为首要方向",
                    "given_on": "2026-04-20",
                }
            ]
        }
    )

    body_id: UUID = Field(description="The technical committee.")
    opinion: Opinion = Field(description="What it thinks.")
    text: LongText = Field(description="In its words.")
    given_on: Day = Field(description="When.")
    file_id: UUID | None = Field(default=None, description="The minutes.")


class ResearchDirectionOut(Out):
    """A research direction with the committee's opinion."""

    id: UUID = Field(description="The direction; projects cite it.")
    version: int = Field(description="Counts its changes.")
    center_id: UUID = Field(description="The centre.")
    title: str = Field(description="Its title.")
    summary: str = Field(description="What it is about.")
    field_code: str | None = Field(description="The field of industry.")
    state: DirectionState = Field(description="Where it stands.")
    opinion: Opinion | None = Field(description="What the committee thinks.")
    opinion_text: str | None = Field(description="In its words.")
    opinion_body_id: UUID | None = Field(description="The committee.")
    opinion_on: date | None = Field(description="When.")
    file_id: UUID | None = Field(description="The minutes.")


class NationalDossierIn(Body):
    """What a centre says of itself towards the national level."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "依托联盟覆盖本领域国家级平台六成",
                    "alliance_coverage_ppm": 600000,
                    "file_ids": [FILE],
                }
            ]
        }
    )

    text: LongText = Field(description="The case for it.")
    alliance_coverage_ppm: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=1_000_000,
        description="Share of the field's national platforms that its alliance joins.",
    )
    file_ids: list[UUID] = Field(default_factory=list, max_length=50, description="Evidence.")


class NationalDossierOut(Out):
    """A centre's dossier for the national level."""

    center_id: UUID = Field(description="The centre.")
    version: int = Field(description="Counts its changes; the ETag.")
    text: str = Field(description="The case for it.")
    alliance_coverage_ppm: int | None = Field(description="Coverage by its alliance.")
    file_ids: list[str] = Field(description="Evidence.")
    submitted_on: date | None = Field(description="When it was handed in.")


class DossierReturnIn(Body):
    """Why a dossier goes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "联盟覆盖率缺少证明"}]})

    reason: LongText = Field(description="Why.")
