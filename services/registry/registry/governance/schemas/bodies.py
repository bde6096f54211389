"""Plans, bodies, votes and resolutions on the wire."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from registry.governance.rules import (
    BodyKind,
    Choice,
    Matter,
    Organ,
    Sector,
    TieKind,
    VoteBasis,
)
from shared.http.expected import unfit
from shared.http.schemas import (
    Body,
    Day,
    Instant,
    LongText,
    Out,
    PpmValue,
    ShortText,
)

VotesPpm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class BodyIn(Body):
    """A body of a centre."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "decision", "term_from": "2026-04-01"}]}
    )

    kind: BodyKind = Field(description="What body it is; a technical committee only advises.")
    term_from: Day = Field(description="First day of its term.")
    term_until: Day | None = Field(default=None, description="Last day of its term.")
    rules_file_id: UUID | None = Field(default=None, description="Its rules of procedure.")
    quorum_ppm: PpmValue | None = Field(
        default=None, description="What must be present; the policy's figure when absent."
    )


class BodyOut(Out):
    """A body of a centre."""

    id: UUID = Field(description="The body.")
    center_id: UUID = Field(description="The centre.")
    kind: BodyKind = Field(description="What it is.")
    term_from: date = Field(description="First day of its term.")
    term_until: date | None = Field(description="Last day of its term.")
    rules_file_id: UUID | None = Field(default=None, description="Its rules of procedure.")
    quorum_ppm: int | None = Field(default=None, description="What must be present.")


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
    end_reason: str | None = Field(default=None, description="Why it ended.")
    flagged_on: date | None = Field(
        default=None, description="Since when the nightly check knows of a tie to a member."
    )


class SeatListOut(Out):
    """The seats of a body."""

    items: list[SeatOut] = Field(description="Oldest first; ended ones stay.")


class SeatEndIn(Body):
    """The end of a seat."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"until_on": "2026-09-30", "reason": "任期内辞任"}]}
    )

    until_on: Day = Field(description="The last day, included.")
    reason: LongText = Field(description="Why.")


class PersonTieIn(Body):
    """A person's tie to an organization."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e53",
                    "org_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f",
                    "kind": "employment",
                    "from_on": "2026-05-01",
                }
            ]
        }
    )

    person_id: UUID = Field(description="The person; names stand elsewhere.")
    org_id: UUID = Field(description="The organization it is tied to.")
    kind: Literal["employment", "shareholding", "board"] = Field(description="How it is tied.")
    from_on: Day = Field(description="First day.")
    until_on: Day | None = Field(default=None, description="Last day, included.")
    note: ShortText | None = Field(default=None, description="Where this is known from.")


class PersonTieEndIn(Body):
    """The end of a tie."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until_on": "2026-09-30"}]})

    until_on: Day = Field(description="The last day, included.")


class PersonTieOut(Out):
    """A person's tie to an organization, as it was stated."""

    id: UUID = Field(description="The tie.")
    version: int = Field(description="Counts its changes.")
    person_id: UUID = Field(description="The person.")
    org_id: UUID = Field(description="The organization.")
    kind: TieKind = Field(description="How it is tied.")
    from_on: date = Field(description="First day.")
    until_on: date | None = Field(description="Last day, included.")
    note: str | None = Field(description="Where this is known from.")
    stated_by_org_id: UUID | None = Field(description="Who stated it; an official for none.")
    at: Instant = Field(description="When it was stated.")


class SeatFindingOut(Out):
    """What the nightly check found of an independent seat."""

    id: UUID = Field(description="The finding.")
    seat_id: UUID = Field(description="The seat.")
    center_id: UUID = Field(description="The centre.")
    person_id: UUID = Field(description="Who holds the seat.")
    org_id: UUID = Field(description="The member it is tied to.")
    kind: TieKind = Field(description="How it is tied.")
    found_on: date = Field(description="When it was found.")
    cleared_on: date | None = Field(description="When it was so no more.")


class VoteIn(Body):
    """A holder's votes: those of one organization, or of one person that holds shares."""

    holder_org_id: UUID | None = Field(default=None, description="Who votes.")
    holder_person_id: UUID | None = Field(
        default=None, description="The person who votes, where a person holds shares."
    )
    share_ppm: PpmValue
    basis: VoteBasis = Field(description="What the share rests on.")
    as_shareholder: bool = Field(
        default=False,
        description="Whether it is held for a share of the centre's legal person: by members or"
        " others, and beyond a membership; people hold it so alone.",
    )

    @model_validator(mode="after")
    def _held_by_one(self) -> Self:
        if (self.holder_org_id is None) is (self.holder_person_id is None):
            raise unfit(
                "one of holder_org_id and holder_person_id",
                "holder_org_id 与 holder_person_id 应填且只填一项",
            )
        if self.holder_person_id is not None and not self.as_shareholder:
            raise unfit(
                "as_shareholder: true for a person", "自然人须以股东身份表决（as_shareholder）"
            )
        return self


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
    in_force_on: Day | None = Field(
        default=None, description="First day on which it holds; today when absent, never later."
    )
    reason: LongText | None = Field(
        default=None, description="Why it is set for days that are over; asked for then."
    )


class VoteOut(Out):
    """A holder's votes in an organ."""

    organ: Organ = Field(description="The organ.")
    holder_org_id: UUID | None = Field(description="Who votes.")
    holder_person_id: UUID | None = Field(
        default=None, description="The person who votes, where a person holds shares."
    )
    share_ppm: int = Field(description="Its share of the votes.")
    basis: VoteBasis = Field(description="What the share rests on.")
    as_shareholder: bool = Field(
        default=False, description="Whether it is held for a share of the legal person."
    )


class VotingTableOut(Out):
    """The voting table of an organ."""

    voting_table_id: UUID | None = Field(default=None, description="The table; none until set.")
    in_force_on: date | None = Field(default=None, description="First day on which it holds.")
    set_at: Instant | None = Field(default=None, description="Since when this is known.")
    reason: str | None = Field(
        default=None, description="Why it was set for days that were over, or what ended votes."
    )
    items: list[VoteOut] = Field(description="Holders.")


class BallotIn(Body):
    """How one voter voted."""

    voter_id: UUID = Field(
        description="A seat of the body; a holder of votes where it votes by its table."
    )
    choice: Choice = Field(description="How the vote fell.")


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
    for_ppm: VotesPpm = Field(default=0, description="Votes for it, as a share of all votes.")
    against_ppm: VotesPpm = Field(default=0, description="Votes against it.")
    abstain_ppm: VotesPpm = Field(default=0, description="Abstentions.")
    ballots: list[BallotIn] = Field(
        default_factory=list,
        max_length=500,
        description="Voter by voter instead of shares; the shares are then counted from them.",
    )
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
    quorum_ppm: int = Field(description="What had to be present.")
    quorum_met: bool = Field(description="Whether it was.")
    passed: bool = Field(description="Whether the votes carried it.")
    voting_table_id: UUID | None = Field(
        default=None, description="The voting table that was in force on its day."
    )
    file_id: UUID | None = Field(default=None, description="The minutes.")


class ResolutionListOut(Out):
    """What a centre's bodies resolved."""

    items: list[ResolutionOut] = Field(description="Newest first; at most 500.")
