"""Dossiers for agencies on the wire."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.cycles.schemas import AskedYear
from evaluation.dossiers.rules import DossierPart, DossierState
from evaluation.schemes.rules import Rating
from shared.http.schemas import Body, Day, Instant, LongText, Out

EXAMPLE: dict[str, Any] = {
    "agency_id": "019b2f6e-0000-7000-8000-000000000031",
    "center_id": "019b2f6e-0000-7000-8000-000000000002",
    "parts": ["ratings", "assessments"],
    "first_year": 2025,
    "last_year": 2027,
    "purpose": "国家重大项目立项参考",
    "until_on": "2028-12-31",
}


class AgencyDossierIn(Body):
    """What is released to which agency, what for, and until when."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    agency_id: UUID = Field(description="The agency's account, from the list of agencies.")
    center_id: UUID = Field(description="The centre.")
    parts: list[DossierPart] = Field(min_length=1, max_length=3, description="What it may read.")
    first_year: AskedYear = Field(description="The first year in scope.")
    last_year: AskedYear = Field(description="The last one; at most ten years in all.")
    purpose: LongText = Field(description="What for; the centre is told.")
    until_on: Day = Field(description="The last day on which it may be read.")


class DossierWithdrawalIn(Body):
    """Why a release is withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "项目评审已经结束"}]})

    reason: LongText = Field(description="Why.")


class AgencyDossierOut(Out):
    """A release."""

    id: UUID = Field(description="Names the release.")
    agency_id: UUID = Field(description="Who may read it.")
    center_id: UUID = Field(description="The centre.")
    parts: list[DossierPart] = Field(description="What may be read.")
    first_year: int = Field(description="The first year in scope.")
    last_year: int = Field(description="The last one.")
    purpose: str = Field(description="What for.")
    until_on: date = Field(description="The last day on which it is read.")
    state: DossierState = Field(description="Whether it stands.")
    released_at: Instant = Field(description="When it was released.")
    withdrawn_at: Instant | None = Field(description="When it was withdrawn.")
    version: int = Field(description="Grows with every change; the ETag.")


class DossierLeafOut(Out):
    """What a centre got for an indicator."""

    code: str = Field(description="The indicator.")
    points: str = Field(description="Points.")
    max: str = Field(description="Points at most.")


class DossierYearOut(Out):
    """A year as it stands published."""

    year: int = Field(description="The year that was judged.")
    version: int = Field(description="Which version of the result.")
    total: str = Field(description="Its total.")
    rating: Rating = Field(description="Its grade.")
    result_hash: str = Field(description="Hash of the result.")
    published_at: Instant = Field(description="When it was published.")
    leaves: list[DossierLeafOut] = Field(description="Empty unless `leaf_points` are in scope.")


class DossierAssessmentOut(Out):
    """Three years as they were assessed."""

    last_year: int = Field(description="The last of the three years.")
    total: str = Field(description="What counts.")
    rating: Rating = Field(description="The grade.")
    result_hash: str = Field(description="SHA-256 of the canonical document.")
    published_at: Instant = Field(description="When it was published.")


class AgencyDossierContentOut(Out):
    """What an agency reads of a centre: published, in scope, as of now."""

    dossier: AgencyDossierOut = Field(description="The release with its scope.")
    years: list[DossierYearOut] = Field(
        description="Oldest first; empty unless `ratings` or `leaf_points` are in scope."
    )
    assessments: list[DossierAssessmentOut] = Field(
        description="Those all of whose years are in scope; empty unless they are a part of it."
    )
