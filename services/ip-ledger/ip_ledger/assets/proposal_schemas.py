"""Changes of ownership on their way, on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.assets.proposal_rules import FilingPosition, OwnerAnswer, State
from ip_ledger.assets.schemas import MAX_OWNERS, OWNERS, OwnerShareIn, OwnerShareOut
from shared.http.schemas import Body, Code, Day, Out


class OwnershipConsentIn(Body):
    """Exactly the change that one consents to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "valid_from": "2026-03-01",
                    "cause": "assignment",
                    "shares": [{"owner_id": OWNERS[0], "ppm": 1000000}],
                }
            ]
        }
    )

    valid_from: Day = Field(description="The first day of the change.")
    cause: Code = Field(description="Its cause.")
    shares: list[OwnerShareIn] = Field(
        min_length=1, max_length=MAX_OWNERS, description="Its shares, all of them."
    )


class AbandonmentConsentIn(Body):
    """The day on which one agrees that the right is given up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"occurred_on": "2028-03-01"}]})

    occurred_on: Day = Field(description="The day that the report of it will name.")


class OwnershipConsentOut(Out):
    """What an organization's own account said to a change."""

    org_id: UUID = Field(description="The organization.")
    answer: OwnerAnswer = Field(description="`consent`, `exercise` or `refuse`.")
    given_at: datetime = Field(description="When.")


class OwnershipAnswerIn(Body):
    """What one says to a change that waits."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "consent"}]})

    answer: OwnerAnswer = Field(
        default=OwnerAnswer.CONSENT,
        description="`exercise`: one takes the offered share oneself (first refusal), `refuse`.",
    )


class OwnershipRegistrationIn(Body):
    """The office's registration of a transfer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"registered_on": "2026-04-02", "registration_no": "2026040200001"}]
        }
    )

    registered_on: Day = Field(description="The day of registration: the transfer's first day.")
    registration_no: Code = Field(description="The office's number.")


class OwnershipProposalOut(Out):
    """A change of ownership that waits, or what became of it."""

    id: UUID = Field(description="The proposal.")
    asset_id: UUID = Field(description="The asset.")
    center_id: UUID = Field(description="Its centre.")
    cause: str = Field(description="Why.")
    valid_from: date = Field(description="The first day proposed.")
    shares: list[OwnerShareOut] = Field(description="All owners; they sum to 1,000,000 ppm.")
    answers: list[OwnershipConsentOut] = Field(description="What owners said, in order.")
    needs_registration: bool = Field(description="No effect before the office registers it.")
    refusal_until: date | None = Field(description="Last day of the co-owners' first refusal.")
    registered_on: date | None = Field(description="The day of registration.")
    registration_no: str | None = Field(description="The office's number.")
    version_id: UUID | None = Field(description="The version of ownership that it became.")
    state: State = Field(description="`pending`, `effective`, `refused` or `withdrawn`.")
    version: int = Field(description="Counts its changes; the ETag.")
    proposed_by_org_id: UUID = Field(description="Who proposed it.")
    proposed_at: datetime = Field(description="When.")


class FilingPositionIn(Body):
    """What one says about filing a joint result."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": "renounce"}]})

    position: FilingPosition = Field(
        description="`agree`; `renounce`: the others may file and one uses it freely; `oppose`:"
        " nobody files."
    )


class FilingPositionOut(Out):
    """What a joint developer said about filing."""

    asset_id: UUID = Field(description="The asset.")
    org_id: UUID = Field(description="The joint developer.")
    position: FilingPosition = Field(description="What it said last.")
    free_use: bool = Field(description="Whether it uses the result freely, having renounced.")
    stated_at: datetime = Field(description="When.")


class FilingPositionsOut(Out):
    """What the joint developers said."""

    items: list[FilingPositionOut] = Field(description="One for each that spoke.")
