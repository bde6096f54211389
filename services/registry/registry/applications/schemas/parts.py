"""What an application holds on the wire: profiles, technologies, materials, exceptions."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.applications.rules import (
    ExceptionState,
    TargetLevel,
    TechnologyKind,
    TechnologyStatus,
)
from shared.http.schemas import (
    Body,
    Code,
    Count,
    Day,
    Earning,
    Instant,
    LongText,
    Money,
    Out,
    ShortText,
)

OptionalText = Annotated[str, StringConstraints(max_length=10_000)]
Trl = Annotated[int, Field(strict=True, ge=1, le=9, description="Technology readiness, 1 to 9.")]


class PastProject(Body):
    """A national or industry project that the sponsor has done (A107)."""

    name: ShortText = Field(description="The project.")
    level: ShortText | None = Field(default=None, description="National, industry, municipal.")
    acceptance_result: OptionalText | None = Field(
        default=None, description="How it was accepted; without it, it does not count."
    )
    accepted_on: Day | None = Field(default=None, description="When it was accepted.")
    file_id: UUID | None = Field(default=None, description="The acceptance document.")


class SponsorPlatform(Body):
    """A platform of research or of commercial application (A111)."""

    name: ShortText = Field(description="The platform.")
    level: ShortText = Field(description="National, municipal, own.")
    approval_no: ShortText | None = Field(default=None, description="The approval's number.")


class SponsorEquipment(Body):
    """An item of research equipment (A112)."""

    name: ShortText = Field(description="The instrument or facility.")
    original_value: Earning = Field(description="What it cost.")


class SeniorTalent(Body):
    """A senior person of research; a reference, never a name (A114)."""

    person_ref: ShortText = Field(description="The sponsor's own reference of the person.")
    title: ShortText = Field(description="Professional title.")
    category: ShortText | None = Field(default=None, description="Kind of talent.")


class SponsorEvidence(Body):
    """Something that the sponsor has done (A110, A064)."""

    text: LongText = Field(description="What was done, when, and with what effect.")
    file_id: UUID | None = Field(default=None, description="A document of it.")


class SponsorProfileIn(Body):
    """The lead sponsor's figures and evidence of one year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rd_spend": {"amount": 5200000000, "currency": "CNY"},
                    "rd_assets": {"amount": 21000000000, "currency": "CNY"},
                    "net_assets": {"amount": 93000000000, "currency": "CNY"},
                    "revenue": {"amount": 61000000000, "currency": "CNY"},
                    "past_projects": [{"name": "示例重点专项", "acceptance_result": "通过验收"}],
                }
            ]
        }
    )

    rd_spend: Earning = Field(description="Spending on research and development in the year.")
    rd_assets: Earning = Field(description="Assets for research at the end of the year.")
    net_assets: Money = Field(description="Net assets at the end of the year; may be negative.")
    revenue: Earning = Field(description="Revenue of the year.")
    rd_staff: Count | None = Field(default=None, description="Staff in research.")
    past_projects: list[PastProject] = Field(
        default_factory=list,
        max_length=200,
        description="Projects with their acceptance (A107).",
    )
    platforms: list[SponsorPlatform] = Field(
        default_factory=list, max_length=200, description="Platforms (A111)."
    )
    equipment: list[SponsorEquipment] = Field(
        default_factory=list,
        max_length=200,
        description="Equipment and its value (A112).",
    )
    senior_talents: list[SeniorTalent] = Field(
        default_factory=list, max_length=200, description="Senior people of research (A114)."
    )
    integration_evidence: list[SponsorEvidence] = Field(
        default_factory=list,
        max_length=200,
        description="Joining the industry (A110).",
    )
    diffusion_evidence: list[SponsorEvidence] = Field(
        default_factory=list, max_length=200, description="What it transferred and spread (A110)."
    )
    commercialization_evidence: list[SponsorEvidence] = Field(
        default_factory=list, max_length=200, description="What it commercialized (A110)."
    )
    discipline_evidence: list[SponsorEvidence] = Field(
        default_factory=list,
        max_length=200,
        description="Leading disciplines (A064).",
    )


class SponsorProfileOut(Out):
    """The lead sponsor's figures and evidence of one year, as stated."""

    year: int = Field(description="The calendar year.")
    version: int = Field(description="Counts its changes; the ETag.")
    rd_spend: Money = Field(description="Spending on research and development.")
    rd_assets: Money = Field(description="Assets for research.")
    net_assets: Money = Field(description="Net assets.")
    revenue: Money = Field(description="Revenue.")
    rd_staff: int | None = Field(description="Staff in research.")
    past_projects: list[PastProject] = Field(description="Projects done.")
    platforms: list[SponsorPlatform] = Field(description="Platforms.")
    equipment: list[SponsorEquipment] = Field(description="Equipment.")
    senior_talents: list[SeniorTalent] = Field(description="Senior people.")
    integration_evidence: list[SponsorEvidence] = Field(description="Joining resources.")
    diffusion_evidence: list[SponsorEvidence] = Field(description="Transfer and diffusion.")
    commercialization_evidence: list[SponsorEvidence] = Field(description="Commercialization.")
    discipline_evidence: list[SponsorEvidence] = Field(description="Disciplines.")


class CoreTechnologyIn(Body):
    """A technology that the centre is to break through."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "先进封装共性工艺",
                    "kind": "common_key_tech",
                    "target_level": "international_advanced",
                    "own_ip_basis": "已有发明专利 202310000001.5",
                }
            ]
        }
    )

    name: ShortText = Field(description="The technology.")
    kind: TechnologyKind = Field(description="Its kind.")
    target_level: TargetLevel = Field(description="The level to reach.")
    own_ip_basis: OptionalText | None = Field(default=None, description="Own rights it rests on.")
    ip_plan: OptionalText | None = Field(default=None, description="Or the plan to get them.")
    comparator: ShortText | None = Field(default=None, description="Whom it is compared with.")
    trl_now: Trl | None = None
    trl_target: Trl | None = None
    status: TechnologyStatus = Field(
        default=TechnologyStatus.TO_BE_BROKEN_THROUGH, description="How far it is."
    )


class CoreTechnologyOut(Out):
    """A core technology of an application."""

    id: UUID = Field(description="The technology.")
    name: str = Field(description="Its name.")
    kind: TechnologyKind = Field(description="Its kind.")
    target_level: TargetLevel = Field(description="The level to reach.")
    own_ip_basis: str | None = Field(description="Own rights it rests on.")
    ip_plan: str | None = Field(description="The plan to get them.")
    comparator: str | None = Field(description="Whom it is compared with.")
    trl_now: int | None = Field(description="Readiness now.")
    trl_target: int | None = Field(description="Readiness to reach.")
    status: TechnologyStatus = Field(description="How far it is.")


class MaterialIn(Body):
    """A file for a kind of material."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"file_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e51"}]}
    )

    file_id: UUID = Field(description="A file of the registry that the caller handed in.")


class MaterialOut(Out):
    """A material that was filed."""

    kind: str = Field(description="Its kind, from the call's list.")
    version: int = Field(description="Counts its changes; the ETag.")
    file_id: UUID = Field(description="The file.")


class ExceptionIn(Body):
    """A request to be excepted from the age of the legal person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rule": "A051",
                    "reason": "该法人虽注册较早，但自注册起即专为本创新中心筹建，人员、场地、设备"
                    "均为近三年内新增投入，主营业务与申报方向一致，特申请例外。",
                    "file_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e51",
                }
            ]
        }
    )

    rule: Code = Field(description="The rule: `A051`.")
    reason: OptionalText = Field(default="", description="Why, in at least fifty characters.")
    file_id: UUID | None = Field(default=None, description="The evidence.")


class ExceptionDecision(StrEnum):
    """How a request for an exception may be decided."""

    GRANTED = "granted"
    DENIED = "denied"


class ExceptionDecisionIn(Body):
    """A decision on a request for an exception."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "granted", "reason": "理由充分，证据完整"}]}
    )

    decision: ExceptionDecision = Field(description="`granted` or `denied`.")
    reason: OptionalText = Field(default="", description="Why.")


class ExceptionOut(Out):
    """A request for an exception."""

    id: UUID = Field(description="The request.")
    rule: str = Field(description="The rule.")
    reason: str = Field(description="Why it is asked for.")
    file_id: UUID = Field(description="The evidence.")
    state: ExceptionState = Field(description="Where it stands.")
    requested_at: Instant = Field(description="When it was asked for.")
    decision_reason: str | None = Field(description="Why it was decided so.")
    decided_by: UUID | None = Field(description="Who decided.")
    decided_at: Instant | None = Field(description="When it was decided.")


class ExceptionListOut(Out):
    """What was asked of an application's legal person."""

    items: list[ExceptionOut] = Field(description="Newest first.")
