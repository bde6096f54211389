"""What goes over the wire about grants of duties."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from gateway.duties.rules import GrantState
from gateway.identity.rules import Duty
from gateway.identity.schemas import PERSON
from shared.http.schemas import Body, Day, Out, ShortText


class DutyGrantIn(Body):
    """Duties to give an official, or one's own to lend."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": PERSON,
                    "duties": ["reviewer"],
                    "first_on": "2026-03-02",
                    "until_on": "2026-03-13",
                    "lent": True,
                    "reason": "休假期间代理",
                }
            ]
        }
    )

    person_id: UUID = Field(description="The official, who is registered already.")
    duties: Annotated[list[Duty], Field(min_length=1, max_length=6)] = Field(
        description="The duties."
    )
    first_on: Day = Field(description="The first day on which they hold; today at the earliest.")
    until_on: Day | None = Field(default=None, description="The last day; none while lent is no.")
    lent: bool = Field(
        default=False, description="One's own duties for some days, as during a leave."
    )
    reason: ShortText = Field(description="Why.")


class DutyGrantOut(Out):
    """Duties that were proposed for an official."""

    id: UUID = Field(description="The grant.")
    person_id: UUID = Field(description="The official.")
    duties: list[str] = Field(description="The duties.")
    first_on: date = Field(description="The first day on which they hold.")
    until_on: date | None = Field(description="The last day, if there is one.")
    lent: bool = Field(description="Whether the proposer lends his own.")
    reason: str = Field(description="Why.")
    state: GrantState = Field(description="How far it has come.")
    proposed_by: UUID = Field(description="Who proposed it.")
    proposed_at: datetime = Field(description="When, in real time.")
    decided_by: UUID | None = Field(description="The second person.")
    decided_at: datetime | None = Field(description="When that one decided.")
    ended_by: UUID | None = Field(description="Who ended it.")
    ended_at: datetime | None = Field(description="When it was ended.")


class DutyReasonIn(Body):
    """Why duties are refused or ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "岗位调整"}]})

    reason: ShortText = Field(description="Kept in the trail.")
