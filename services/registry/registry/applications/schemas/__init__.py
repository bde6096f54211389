"""Applications and their parts on the wire."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.applications.rules import (
    CheckResult,
    DecisionKind,
    ExceptionState,
    HoldCause,
    State,
    TargetLevel,
    TechnologyKind,
    TechnologyStatus,
)
from registry.applications.schemas.resources import StatedResourceOut
from registry.centers.rules import ApplicantForm, ModelType
from registry.governance.schemas import PlanOut
from registry.memberships.schemas import MembershipOut
from shared.http.schemas import (
    Body,
    CheckOut,
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
FieldCodes = Annotated[list[Code], Field(min_length=1, max_length=20)]


class ApplicationIn(Body):
    """A draft of an application for a new centre."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "上海示例集成电路共性技术创新中心",
                    "model_type": "enterprise",
                    "field_codes": ["integrated_circuit"],
                    "applicant_form": "legal_entity",
                    "lead_sponsor_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f",
                    "legal_entity_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e50",
                }
            ]
        }
    )

    call_id: UUID | None = Field(
        default=None, description="The call; without one, the rolling one."
    )
    name: ShortText = Field(description="The centre's name.")
    model_type: ModelType = Field(description="How it is founded; it fits the lead sponsor's kind.")
    field_codes: FieldCodes = Field(description="Fields of industry that are open.")
    applicant_form: ApplicantForm = Field(
        default=ApplicantForm.LEGAL_ENTITY, description="Own legal person, or consortium."
    )
    lead_sponsor_id: UUID | None = Field(
        default=None, description="The lead sponsor: the caller's own organization."
    )
    legal_entity_id: UUID | None = Field(default=None, description="The centre's legal person.")
    common_problem: OptionalText | None = Field(
        default=None, description="A consortium's: the problem common to its industry."
    )
    entity_due_on: Day | None = Field(
        default=None, description="A consortium's: last day to register a legal person."
    )


class ApplicationPatch(Body):
    """Changes to a draft (JSON Merge Patch): what is absent stays, `null` clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "上海示例创新中心"}]})

    name: ShortText | None = Field(default=None, description="The centre's name.")
    model_type: ModelType | None = Field(default=None, description="How it is founded.")
    field_codes: FieldCodes | None = Field(default=None, description="Fields of industry.")
    applicant_form: ApplicantForm | None = Field(default=None, description="Its legal form.")
    call_id: UUID | None = Field(default=None, description="The call.")
    legal_entity_id: UUID | None = Field(default=None, description="The centre's legal person.")
    common_problem: OptionalText | None = Field(default=None, description="A consortium's problem.")
    entity_due_on: Day | None = Field(default=None, description="A consortium's milestone.")


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


class FormalCheckItem(Body):
    """A point of a formal check."""

    code: Code = Field(description="What is meant: a material kind or a rule's code.")
    comment: OptionalText = Field(default="", description="What is to be mended.")


class FormalCheckIn(Body):
    """The result of a formal check."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"result": "accept", "items": []},
                {"result": "return", "items": [{"code": "plan", "comment": "缺少资金筹措说明"}]},
            ]
        }
    )

    result: CheckResult = Field(description="`accept` or `return`.")
    items: list[FormalCheckItem] = Field(
        default_factory=list, max_length=100, description="The points; a return has some."
    )


class FormalCheckOut(Out):
    """A formal check, with where the application stands since."""

    id: UUID = Field(description="The check.")
    round: int = Field(description="The round of submission.")
    result: CheckResult = Field(description="How it ended.")
    items: list[FormalCheckItem] = Field(description="The points.")
    person_id: UUID = Field(description="The handler.")
    at: Instant = Field(description="When.")
    state: State | None = Field(default=None, description="The application's state after it.")
    version: int | None = Field(default=None, description="The application's version after it.")


class RecommendationIn(Body):
    """A reviewer's recommendation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "评审与考察均通过，建议列入试点计划。"}]}
    )

    text: LongText = Field(description="The recommendation.")


class CaseReasonIn(Body):
    """A reason for a decision."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "关键条件不符"}]})

    reason: LongText = Field(description="Why.")


class ApprovalIn(Body):
    """An approval, with the document that lists the centre."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"doc_no": "沪经信技〔2026〕12号"}]})

    doc_no: ShortText = Field(description="Number of the listing document.")


class CaseDecisionOut(Out):
    """A decision in a case, with where the application stands since."""

    id: UUID = Field(description="The decision.")
    kind: DecisionKind = Field(description="What was decided.")
    text: str = Field(description="In which words.")
    doc_no: str | None = Field(description="Number of the document, if there is one.")
    person_id: UUID = Field(description="Who decided.")
    decided_on: date = Field(description="The day in Shanghai.")
    at: Instant = Field(description="When.")
    state: State | None = Field(default=None, description="The application's state after it.")
    version: int | None = Field(default=None, description="The application's version after it.")


class CaseHoldOut(Out):
    """A case on hold."""

    id: UUID = Field(description="The hold.")
    cause: HoldCause = Field(description="What has changed.")
    source_id: UUID | None = Field(
        description="Sheet, visit, agreement or membership that changed."
    )
    placed_at: Instant = Field(description="Since when.")
    lifted_at: Instant | None = Field(description="When it was lifted.")
    lifted_by: UUID | None = Field(description="Who lifted it.")
    reason: str | None = Field(description="Why it was lifted.")


class ApplicationOut(Out):
    """An application with its candidate centre."""

    id: UUID = Field(description="The application.")
    version: int = Field(description="Counts its changes; the ETag.")
    state: State = Field(description="Where it stands.")
    center_id: UUID = Field(description="Its candidate centre.")
    center_code: str | None = Field(description="The centre's code, from the listing on.")
    call_id: UUID = Field(description="The call it answers.")
    name: str = Field(description="The centre's name.")
    model_type: ModelType = Field(description="How it is founded.")
    field_codes: list[str] = Field(description="Fields of industry.")
    applicant_form: ApplicantForm = Field(description="Own legal person, or consortium.")
    lead_sponsor_id: UUID = Field(description="The lead sponsor, who applies.")
    legal_entity_id: UUID | None = Field(description="The centre's legal person.")
    trustee_org_id: UUID | None = Field(description="A consortium's trustee.")
    common_problem: str | None = Field(description="A consortium's problem.")
    entity_due_on: date | None = Field(description="A consortium's milestone.")
    round: int = Field(description="How often it was submitted.")
    receipt_no: str | None = Field(description="The receipt's number, from submission on.")
    snapshot_hash: str | None = Field(description="SHA-256 of the last submission.")
    submitted_at: Instant | None = Field(description="When it was submitted last.")
    due_at: Instant | None = Field(description="Until when a returned one may come back.")
    warnings: list[CheckOut] = Field(
        default_factory=list, description="Rules that are not met but refuse nothing."
    )


class ApplicationDetailOut(ApplicationOut):
    """An application with all its parts."""

    members: list[MembershipOut] = Field(description="The lead sponsor, members, those invited.")
    sponsor_profiles: list[SponsorProfileOut] = Field(description="The sponsor's years.")
    core_technologies: list[CoreTechnologyOut] = Field(description="Core technologies.")
    resources: list[StatedResourceOut] = Field(description="What is at hand, what is to be built.")
    materials: list[MaterialOut] = Field(description="Materials filed.")
    plan: PlanOut | None = Field(description="The plan.")
    exceptions: list[ExceptionOut] = Field(description="Requests for an exception.")
    formal_checks: list[FormalCheckOut] = Field(description="Formal checks.")
    decisions: list[CaseDecisionOut] = Field(description="What officials decided.")
    holds: list[CaseHoldOut] = Field(description="Holds, lifted ones included.")


class SubjectOrgOut(Out):
    """An organization that a case is about."""

    id: UUID = Field(description="The organization.")
    uscc: str = Field(description="Its credit code.")
    role: str = Field(description="Its role, or `legal_entity`.")
    parent_usccs: list[str] = Field(description="Organizations above it.")


class SubjectPersonOut(Out):
    """Somebody who acted in a case."""

    person_id: UUID = Field(description="The person.")
    capacity: str = Field(description="As what.")


class ReviewSubjectOut(Out):
    """What evaluation needs of an application to form a panel without conflicts."""

    application_id: UUID = Field(description="The application.")
    center_id: UUID = Field(description="The candidate centre.")
    state: State = Field(description="Where it stands.")
    applicant_org_id: UUID = Field(description="The lead sponsor.")
    round: int = Field(description="The round of submission.")
    snapshot_hash: str | None = Field(description="SHA-256 of the last submission.")
    orgs: list[SubjectOrgOut] = Field(description="Everyone it is about.")
    case_people: list[SubjectPersonOut] = Field(description="Who acted as what.")
