"""What the deciding service is told."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from evaluation.experts import rules as experts
from evaluation.panels import rules as panels
from evaluation.visits import rules as visits
from shared.http.schemas import Out, decimal_text

Figure = Annotated[
    Decimal, PlainSerializer(decimal_text, return_type=str), Field(examples=["82.00"])
]


class StandingExpertOut(Out):
    """An expert who sits on the panel."""

    expert_id: UUID = Field(description="The expert.")
    person_id: UUID = Field(description="The person.")
    field: experts.ExpertField = Field(description="The field.")


class StandingPanelOut(Out):
    """The panel that counts."""

    id: UUID = Field(description="Names the panel.")
    round: int = Field(description="The round of the application.")
    state: panels.State = Field(description="Whether it works, waits or is done.")
    version: int = Field(description="Its version.")
    hash: str = Field(description="SHA-256 of its composition.")
    experts: list[StandingExpertOut] = Field(description="Who sits on it now.")


class StandingReviewOut(Out):
    """The result of a finished review."""

    panel_id: UUID = Field(description="The panel whose review it is.")
    version: int = Field(description="The panel's version; it grows when a sheet is voided.")
    mean: Figure | None = Field(description="For an application: the mean of the sheets.")
    pass_line: Figure | None = Field(description="For an application: the mean it needs.")
    passed: bool | None = Field(description="Whether the mean reaches the pass line.")
    sheets: int = Field(description="How many sheets count.")
    sheets_hash: str = Field(description="SHA-256 of the sheets that count.")
    scorers: list[UUID] = Field(description="The persons whose sheets count.")


class StandingVisitOut(Out):
    """The site visit."""

    id: UUID = Field(description="Names the visit.")
    state: visits.State = Field(description="Whether it has the signatures it needs.")
    version: int = Field(description="Version of the report.")
    hash: str = Field(description="SHA-256 of what is signed.")
    signatures: int = Field(description="Signatures under this version.")
    signers: list[UUID] = Field(description="The persons who signed.")


class CasePersonOut(Out):
    """Who did what in the case."""

    person_id: UUID = Field(description="The person.")
    capacity: str = Field(description="What the person did.")


class ReviewStandingOut(Out):
    """Where a review stands: what the decision on it may rest on."""

    panel: StandingPanelOut | None = Field(description="None before one is formed.")
    review: StandingReviewOut | None = Field(description="None until every sheet is in.")
    site_visit: StandingVisitOut | None = Field(description="None before one is reported.")
    case_people: list[CasePersonOut] = Field(description="For separation of duties.")
