"""Resources that an application states, over the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.applications.rules.resources import ResourceStanding
from registry.applications.tables import StatedResource
from registry.resources.rules import ResourceType
from shared.http.schemas import Body, Day, Earning, LongText, Money, Out, ShortText, fen


class StatedResourceIn(Body):
    """A resource that is at hand, or one that is to be built (A045)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "standing": "to_be_built",
                    "resource_type": "facility",
                    "name": "车规级可靠性试验线",
                    "value": {"amount": 3_000_000_000, "currency": "CNY"},
                    "ready_on": "2027-06-30",
                }
            ]
        }
    )

    standing: ResourceStanding = Field(description="`at_hand`, or `to_be_built`.")
    resource_type: ResourceType = Field(description="A code of the table `resource-types`.")
    name: ShortText = Field(description="What it is.")
    description: LongText | None = Field(default=None, description="More of it.")
    owner_org_id: UUID | None = Field(
        default=None, description="Whose it is or will be; what is at hand has to say so."
    )
    value: Earning | None = Field(
        default=None, description="Original value, or what building it is to cost."
    )
    ready_on: Day | None = Field(
        default=None, description="By when it is to be there; only of what is to be built."
    )


class StatedResourceOut(Out):
    """A resource that an application states."""

    id: UUID = Field(description="The statement's id.")
    standing: ResourceStanding = Field(description="`at_hand`, or `to_be_built`.")
    resource_type: ResourceType = Field(description="A code of the table `resource-types`.")
    name: str = Field(description="What it is.")
    description: str | None = Field(description="More of it.")
    owner_org_id: UUID | None = Field(description="Whose it is or will be.")
    value: Money | None = Field(description="Original value, or what building it is to cost.")
    ready_on: date | None = Field(description="By when it is to be there.")

    @classmethod
    def of(cls, row: StatedResource) -> "StatedResourceOut":
        """Show a stored statement."""
        value = None if row.value_fen is None else fen(row.value_fen)
        return cls(value=value, **row.model_dump(exclude={"application_id", "value_fen"}))
