"""Centres on the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.centers.rules import ApplicantForm, Level, ModelType, Stage
from shared.http.schemas import Body, Instant, LongText, Out


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


class StageChangeIn(Body):
    """A step to another stage."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "pilot", "reason": "条件齐备，转入试点"}]}
    )

    to: Stage = Field(description="The stage to enter.")
    reason: LongText = Field(description="Why.")


class StageChangeOut(Out):
    """A step from one stage to another."""

    id: UUID = Field(description="The step.")
    center_id: UUID = Field(description="The centre.")
    from_stage: Stage = Field(description="Where it stood.")
    to_stage: Stage = Field(description="Where it stands since.")
    reason: str = Field(description="Why.")
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
