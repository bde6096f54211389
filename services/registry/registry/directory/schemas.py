"""Entries of the directory as the other services take them."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Out


class DirectoryMembershipOut(Out):
    """An organization in a centre."""

    id: UUID = Field(description="The membership's id.")
    org_id: UUID = Field(description="The organization.")
    role: str = Field(description="What it is in the centre.")
    state: str = Field(description="Where the membership stands.")
    joined_on: date | None = Field(description="First day.")
    left_on: date | None = Field(description="Last day.")


class DirectoryCenterOut(Out):
    """A centre as the other services keep it."""

    id: UUID = Field(description="The centre's id.")
    code: str | None = Field(description="Its code, once it is listed.")
    name: str = Field(description="Its name.")
    stage: str = Field(description="Where it stands.")
    model_type: str = Field(description="Who leads it.")
    applicant_form: str = Field(description="Legal entity or consortium.")
    legal_entity_id: UUID | None = Field(description="Its own legal person.")
    lead_sponsor_id: UUID = Field(description="Its lead sponsor.")
    trustee_org_id: UUID | None = Field(description="Who holds in trust for a consortium.")
    listed_on: date | None = Field(description="The day of its listing.")
    memberships: list[DirectoryMembershipOut] = Field(description="Past ones included.")
    position: int = Field(description="Feed position of its newest announcement.")


class DirectoryOrganizationOut(Out):
    """An organization as the other services keep it."""

    id: UUID = Field(description="The organization's id.")
    uscc: str = Field(description="Unified social credit code.")
    name: str = Field(description="Registered name.")
    org_type: str = Field(description="What kind it is.")
    legal_person_kind: str = Field(description="Whether it is a legal person.")
    is_sme: bool = Field(description="Whether it is a small or medium enterprise.")
    region_code: str = Field(description="Where it is registered.")
    parent_uscc: str | None = Field(description="Code of who holds it.")
    registered_on: date = Field(description="The day of its registration.")
    successor_id: UUID | None = Field(description="Who stands in its place today.")
    position: int = Field(description="Feed position of its newest announcement.")


class DirectoryOrganizationListOut(Out):
    """Organizations that fit a question; one at most for a code."""

    items: list[DirectoryOrganizationOut] = Field(description="The entries.")
    next_cursor: str | None = Field(default=None, description="Always none.")


class LedByOut(Out):
    """Whether one organization runs a centre that another one leads."""

    led: bool = Field(description="True when it does.")


class CenterIdsOut(Out):
    """The centres to which an organization belongs."""

    center_ids: list[UUID] = Field(description="Ids of the centres.")
