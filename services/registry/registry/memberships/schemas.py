"""Memberships on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.memberships.rules import CommitmentKind, MembershipRole, State
from registry.organizations.rules import ChainPosition
from shared.http.schemas import Body, Day, Earning, Instant, LongText, Out


class InvitationIn(Body):
    """An invitation of an organization to a centre."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "org_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f",
                    "role": "member",
                    "chain_position": "upstream",
                }
            ]
        }
    )

    org_id: UUID = Field(description="The organization that is invited.")
    role: MembershipRole = Field(
        default=MembershipRole.MEMBER,
        description="`sponsor`, `member`, `alliance`.",
    )
    chain_position: ChainPosition | None = Field(
        default=None,
        description="Its place in the industry chain here; without one, that of the register.",
    )


class ExitNoticeIn(Body):
    """A member's notice that it leaves."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"left_on": "2026-06-30", "reason": "业务调整"}]}
    )

    left_on: Day = Field(description="The last day of membership, included.")
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = Field(
        default=None, description="Why it leaves."
    )


class ExpulsionIn(Body):
    """A member that the centre puts out, upon a resolution on `membership` that was carried."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resolution_id": "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f",
                    "left_on": "2026-06-30",
                    "reason": "连续两年未履行出资承诺",
                }
            ]
        }
    )

    resolution_id: UUID = Field(description="The resolution of the deciding body.")
    left_on: Day = Field(description="The last day of membership, included.")
    reason: LongText = Field(description="Why it goes.")


class SteppingBackIn(Body):
    """Why who has confirmed leaves before the listing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "企业战略调整"}]})

    reason: LongText = Field(description="Why it goes; its inviter reads it.")


class MembershipOut(Out):
    """An organization in a centre."""

    id: UUID = Field(description="The membership.")
    version: int = Field(description="Counts its changes.")
    center_id: UUID = Field(description="The centre.")
    org_id: UUID = Field(description="The member, or the organization invited.")
    inviter_id: UUID = Field(description="The organization that invited it.")
    role: MembershipRole = Field(description="What it is in the centre.")
    chain_position: ChainPosition | None = Field(description="Its place in the chain.")
    state: State = Field(description="Where the membership stands.")
    invited_at: Instant = Field(description="When it was invited.")
    joined_on: date | None = Field(description="The first day of membership, included.")
    left_on: date | None = Field(
        description="The last day of membership, included, or the day of stepping back before one."
    )
    notice_on: date | None = Field(description="When it gave notice, or was given it.")
    imported_from: str | None = Field(default=None, description="Where it was taken over from.")
    imported_on: date | None = Field(default=None, description="The day it stood so there.")


class MembershipDetailOut(MembershipOut):
    """A membership as its two sides see it."""

    exit_reason: str | None = Field(default=None, description="Why it ends.")
    expulsion_resolution_id: UUID | None = Field(
        default=None, description="The resolution that puts it out, where it does not leave itself."
    )


class CommitmentIn(Body):
    """What a member brings into its centre (A050)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "money",
                    "description": "首期研发投入",
                    "amount": {"amount": 500000000, "currency": "CNY"},
                    "starts_on": "2026-03-01",
                    "ends_on": "2028-12-31",
                }
            ]
        }
    )

    kind: CommitmentKind = Field(description="A resource, people or money.")
    description: LongText = Field(description="What it is, in words.")
    amount: Earning | None = Field(default=None, description="With `money`, and only with it.")
    people: int | None = Field(
        default=None, gt=0, le=100_000, description="With `people`: how many, and only with it."
    )
    starts_on: Day = Field(description="First day, included.")
    ends_on: Day | None = Field(default=None, description="Last day, included.")


class CommitmentOut(Out):
    """A commitment of a member."""

    id: UUID = Field(description="Names the commitment.")
    membership_id: UUID = Field(description="The membership that it belongs to.")
    kind: CommitmentKind = Field(description="A resource, people or money.")
    description: str = Field(description="What it is, in words.")
    amount: Earning | None = Field(default=None, description="How much, of money.")
    people: int | None = Field(default=None, description="How many, of people.")
    starts_on: date = Field(description="First day, included.")
    ends_on: date | None = Field(default=None, description="Last day, included.")
    committed_at: datetime = Field(description="When it was made.")
    withdrawn_at: datetime | None = Field(default=None, description="When it was taken back.")
