"""Memberships on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.memberships.rules import MembershipRole, State
from registry.organizations.rules import ChainPosition
from shared.http.schemas import Body, Day, Instant, Out


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
    left_on: date | None = Field(description="The last day of membership, included.")
    notice_on: date | None = Field(description="When it gave notice.")
