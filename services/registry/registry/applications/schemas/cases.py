"""Applications as a whole on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.applications.rules import State
from registry.applications.schemas.decisions import CaseDecisionOut, CaseHoldOut, FormalCheckOut
from registry.applications.schemas.parts import (
    CoreTechnologyOut,
    ExceptionOut,
    MaterialOut,
    OptionalText,
    SponsorProfileOut,
)
from registry.applications.schemas.resources import StatedResourceOut
from registry.centers.rules import ApplicantForm, ModelType
from registry.governance.schemas import PlanOut
from registry.memberships.schemas import MembershipOut
from shared.http.schemas import Body, CheckOut, Code, Day, Instant, Out, ShortText

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
