"""Plans, bodies, votes and resolutions on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.governance.rules import BodyKind, Matter, Organ, PlanState, Sector, VoteBasis
from shared.http.schemas import (
    Body,
    Code,
    Day,
    Instant,
    LongText,
    Out,
    PpmValue,
    ShortText,
    Year,
)

Part = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=5,
        description=(
            "1 research projects, 2 transfer and first commercialization, 3 funding, "
            "4 research spending, 5 budget of the results' income."
        ),
    ),
]
Value = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,15}(\.\d{1,6})?$"),
    Field(description="An exact decimal as text, zero or more.", examples=["30", "0.34"]),
]
VotesPpm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class PlanPartIn(Body):
    """A part of the plan with its text."""

    part: Part
    text: Annotated[str, StringConstraints(max_length=20_000)] = Field(
        default="", description="What the plan says there."
    )


class PlanTargetIn(Body):
    """What the plan promises for a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "30"}
            ]
        }
    )

    part: Part
    metric_code: Code = Field(description="The indicator's code, such as `B1`.")
    unit: ShortText = Field(description="The unit of the value.")
    year: Year
    value: Value


class PlanIn(Body):
    """A development plan: five parts, and targets by year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "horizon_years": 5,
                    "parts": [{"part": 1, "text": "中长期研发项目"}, 2, 3, 4, 5],
                    "targets": [
                        {"part": 2, "metric_code": "B1", "unit": "份", "year": 2027, "value": "30"}
                    ],
                }
            ]
        }
    )

    horizon_years: Annotated[int, Field(strict=True, ge=1, le=50)] = Field(
        description="How many years the plan looks ahead."
    )
    parts: list[PlanPartIn | Part] = Field(
        max_length=5, description="The parts, each as its number or with its text."
    )
    targets: list[PlanTargetIn] = Field(
        default_factory=list, max_length=500, description="One per metric and year."
    )


class PlanPartOut(Out):
    """A part of the plan."""

    part: int = Field(description="Its number, 1 to 5.")
    text: str = Field(description="What the plan says there.")


class PlanTargetOut(Out):
    """What the plan promises for a year."""

    part: int = Field(description="The part it belongs to.")
    metric_code: str = Field(description="The indicator.")
    unit: str = Field(description="The unit.")
    year: int = Field(description="The year.")
    value: str = Field(description="An exact decimal as text.")


class PlanOut(Out):
    """A version of a development plan."""

    id: UUID = Field(description="The version's id.")
    version: int = Field(description="Counts the edits; the ETag.")
    center_id: UUID = Field(description="The centre.")
    number: int = Field(description="Counts the versions of the plan.")
    state: PlanState = Field(description="Where it stands.")
    horizon_years: int = Field(description="How far it looks ahead.")
    parts: list[PlanPartOut] = Field(description="Its parts.")
    targets: list[PlanTargetOut] = Field(description="Its targets.")
    approved_resolution_id: UUID | None = Field(description="The resolution that adopted it.")
    filed_at: Instant | None = Field(description="Since when it counts.")


class PlanListOut(Out):
    """The versions of a centre's plan."""

    items: list[PlanOut] = Field(description="Newest first.")


class PlanTargetsOut(Out):
    """The targets in force, for evaluation."""

    center_id: UUID = Field(description="The centre.")
    plan_version: int | None = Field(description="Number of the plan's version.")
    filed_at: Instant | None = Field(description="Since when it counts.")
    targets: list[PlanTargetOut] = Field(description="Targets, of the year asked for.")


class PlanAdoptionIn(Body):
    """The resolution that adopts a plan."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"resolution_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e52"}]}
    )

    resolution_id: UUID = Field(description="A resolution of the decision body on the plan.")


class BodyIn(Body):
    """A body of a centre."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "decision", "term_from": "2026-04-01"}]}
    )

    kind: BodyKind = Field(description="Decision body or technical committee.")
    term_from: Day = Field(description="First day of its term.")
    term_until: Day | None = Field(default=None, description="Last day of its term.")


class BodyOut(Out):
    """A body of a centre."""

    id: UUID = Field(description="The body.")
    center_id: UUID = Field(description="The centre.")
    kind: BodyKind = Field(description="What it is.")
    term_from: date = Field(description="First day of its term.")
    term_until: date | None = Field(description="Last day of its term.")


class BodyListOut(Out):
    """The bodies of a centre."""

    items: list[BodyOut] = Field(description="Oldest first.")


class SeatIn(Body):
    """A person's seat in a body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e53",
                    "sector": "industry",
                    "independent": True,
                    "from_on": "2026-04-01",
                }
            ]
        }
    )

    person_id: UUID = Field(description="The person; names stand elsewhere.")
    org_id: UUID | None = Field(default=None, description="Whom the person works for.")
    sector: Sector = Field(description="For which sector the seat speaks.")
    independent: bool = Field(default=False, description="No tie to any member organization.")
    appointing_agency: ShortText | None = Field(
        default=None, description="A government seat's agency."
    )
    from_on: Day = Field(description="First day.")
    until_on: Day | None = Field(default=None, description="Last day.")


class SeatOut(Out):
    """A seat in a body."""

    id: UUID = Field(description="The seat.")
    body_id: UUID = Field(description="The body.")
    person_id: UUID = Field(description="The person.")
    org_id: UUID | None = Field(description="Whom the person works for.")
    sector: Sector = Field(description="Its sector.")
    independent: bool = Field(description="Without ties to members.")
    appointing_agency: str | None = Field(description="A government seat's agency.")
    from_on: date = Field(description="First day.")
    until_on: date | None = Field(description="Last day.")


class VoteIn(Body):
    """A holder's votes."""

    holder_org_id: UUID = Field(description="Who votes.")
    share_ppm: PpmValue
    basis: VoteBasis = Field(description="What the share rests on.")


class VotingTableIn(Body):
    """The whole voting table of an organ."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "votes": [
                        {
                            "holder_org_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f",
                            "share_ppm": 1000000,
                            "basis": "capital_ratio",
                        }
                    ]
                }
            ]
        }
    )

    votes: list[VoteIn] = Field(min_length=1, max_length=200, description="Sums to all votes.")


class VoteOut(Out):
    """A holder's votes in an organ."""

    organ: Organ = Field(description="The organ.")
    holder_org_id: UUID = Field(description="Who votes.")
    share_ppm: int = Field(description="Its share of the votes.")
    basis: VoteBasis = Field(description="What the share rests on.")


class VotingTableOut(Out):
    """The voting table of an organ."""

    items: list[VoteOut] = Field(description="Holders.")


class ResolutionIn(Body):
    """A resolution with how the votes fell."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "body_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e54",
                    "matter": "plan",
                    "text": "通过发展规划",
                    "resolved_on": "2026-04-20",
                    "for_ppm": 650000,
                    "against_ppm": 350000,
                    "abstain_ppm": 0,
                }
            ]
        }
    )

    body_id: UUID = Field(description="The decision body.")
    matter: Matter = Field(description="What it is about.")
    text: LongText = Field(description="What was resolved.")
    resolved_on: Day = Field(description="When.")
    for_ppm: VotesPpm = Field(description="Votes for it.")
    against_ppm: VotesPpm = Field(default=0, description="Votes against it.")
    abstain_ppm: VotesPpm = Field(default=0, description="Abstentions.")
    file_id: UUID | None = Field(default=None, description="The minutes.")


class ResolutionOut(Out):
    """A resolution, with whether it passed."""

    id: UUID = Field(description="The resolution.")
    center_id: UUID = Field(description="The centre.")
    body_id: UUID = Field(description="The body.")
    matter: Matter = Field(description="What it is about.")
    text: str = Field(description="What was resolved.")
    resolved_on: date = Field(description="When.")
    for_ppm: int = Field(description="Votes for it.")
    against_ppm: int = Field(description="Votes against it.")
    abstain_ppm: int = Field(description="Abstentions.")
    passed: bool = Field(description="Whether the votes carried it.")
