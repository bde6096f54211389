"""Site visits on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.duties.rules import SubjectType
from evaluation.panels.schemas import ExpertIds
from evaluation.visits import rules
from shared.evidence import FileId
from shared.http.schemas import Body, Day, DecimalText, Digest, Instant, Out


class VisitEvidenceIn(Body):
    """A file that shows what was seen: a photograph, with when and where it was taken."""

    file_id: FileId = Field(description="A file of the registry.")
    taken_at: Instant | None = Field(default=None, description="When it was taken.")
    latitude: DecimalText | None = Field(
        default=None, description="Degrees north, with a longitude (WGS 84)."
    )
    longitude: DecimalText | None = Field(
        default=None, description="Degrees east, with a latitude (WGS 84)."
    )


class VisitEvidenceOut(Out):
    """A file that shows what was seen; the experts sign it with the report."""

    file_id: UUID = Field(description="A file of the registry.")
    sha256: str = Field(description="Its hash when it was shown.")
    taken_at: Instant | None = Field(description="When it was taken.")
    latitude: str | None = Field(description="Degrees north, with a longitude (WGS 84).")
    longitude: str | None = Field(description="Degrees east, with a latitude (WGS 84).")


Evidence = Annotated[
    list[VisitEvidenceIn],
    Field(max_length=50, description="What shows the visit; it is signed with the report."),
]


class SiteVisitIn(Body):
    """The report of a visit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_type": "application",
                    "subject_id": "01980000-0000-7000-8000-000000000201",
                    "visited_on": "2026-02-12",
                    "expert_ids": [
                        "01980000-0000-7000-8000-000000000302",
                        "01980000-0000-7000-8000-000000000305",
                    ],
                    "report_file_id": "01980000-0000-7000-8000-000000000401",
                }
            ]
        }
    )

    subject_type: SubjectType = Field(description="What was visited for.")
    subject_id: UUID = Field(description="The application or the case.")
    visited_on: Day = Field(description="The day of the visit, today at the latest.")
    expert_ids: ExpertIds
    report_file_id: FileId = Field(description="The report, a file of the registry.")
    evidence: Evidence = Field(default_factory=list)


class SiteVisitChange(Body):
    """A change of a report; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"visited_on": "2026-02-13"}]})

    visited_on: Day | None = Field(default=None, description="The day of the visit.")
    report_file_id: FileId | None = Field(default=None, description="Another report file.")
    evidence: Evidence | None = Field(default=None, description="All that shows the visit, anew.")


class VisitSignatureIn(Body):
    """A signature; the hash, when given, must be the report's present one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    hash: Digest | None = Field(default=None, description="The `hash` that the expert has read.")


class VisitSignatureOut(Out):
    """A signature under the present version of a report."""

    expert_id: UUID = Field(description="Who signed.")
    signed_at: Instant = Field(description="When.")


class SiteVisitOut(Out):
    """A site visit with its signatures."""

    id: UUID = Field(description="Names the visit.")
    subject_type: SubjectType = Field(description="What was visited for.")
    subject_id: UUID = Field(description="The application or the case.")
    center_id: UUID = Field(description="The centre visited.")
    visited_on: date = Field(description="The day of the visit.")
    expert_ids: list[UUID] = Field(description="Who went.")
    report_file_id: UUID = Field(description="The report.")
    report_sha256: str = Field(description="SHA-256 of the report.")
    evidence: list[VisitEvidenceOut] = Field(description="What shows the visit.")
    reported_at: Instant = Field(description="When the report was first handed in.")
    state: rules.State = Field(description="Whether it has the signatures it needs.")
    version: int = Field(description="Grows when the report changes.")
    hash: str = Field(description="SHA-256 of what is signed.")
    signatures: list[VisitSignatureOut] = Field(description="Under the present version.")
