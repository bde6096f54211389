"""Memberships of organizations in centres."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlmodel import Field

from registry.base import Base
from registry.memberships.rules import VOLUNTARY, CommitmentKind, MembershipRole, State
from registry.organizations.rules import ChainPosition
from shared.database import Audience, EnumText, InstantColumn, new_id, resource
from shared.http.constraints import meaning

ONE_OPEN: Final = "uq_membership_one_open"
# Two invitations of one organization can pass the same check together; only the index sees both.
meaning(ONE_OPEN, VOLUNTARY, "STATE_CONFLICT")


class Membership(Base, table=True):
    """An organization in a centre, from its invitation on.

    `joined_on` is the first day of membership, `left_on` the last one, both included.
    """

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("left_on >= joined_on", name="days_in_order"),
        Index(
            ONE_OPEN,
            "center_id",
            "org_id",
            unique=True,
            postgresql_where=text("state IN ('invited', 'confirmed', 'active', 'leaving')"),
        ),
        Index("ix_membership_org_id", "org_id"),
        {"info": resource("membership", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    org_id: UUID = Field(foreign_key="organization.id")
    inviter_id: UUID = Field(foreign_key="organization.id")
    role: MembershipRole = Field(sa_column=Column(EnumText(MembershipRole), nullable=False))
    chain_position: ChainPosition | None = Field(
        default=None, sa_column=Column(EnumText(ChainPosition))
    )
    state: State = Field(default=State.INVITED, sa_column=Column(EnumText(State), nullable=False))
    invited_at: datetime = Field(sa_type=InstantColumn)
    # An invitation to a centre that is listed already: confirming it begins the membership.
    to_listed: bool = False
    joined_on: date | None = None
    left_on: date | None = None
    notice_on: date | None = None
    exit_reason: str | None = None
    # Set when the centre has resolved that the member goes: its last day ends in `expelled`.
    expulsion_resolution_id: UUID | None = Field(default=None, foreign_key="resolution.id")
    # Of what was taken over: where from, and the day on which it stood so there.
    imported_from: str | None = None
    imported_on: date | None = None


class MemberCommitment(Base, table=True):
    """What a member brings into its centre: a resource, people or money (A050).

    `starts_on` and `ends_on` are included.
    """

    __tablename__ = "member_commitment"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        CheckConstraint("(kind = 'money') = (amount_fen IS NOT NULL)", name="money_has_amount"),
        CheckConstraint("(kind = 'people') = (people IS NOT NULL)", name="people_have_number"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("people > 0", name="people_positive"),
        Index("ix_member_commitment_membership_id", "membership_id"),
        {"info": resource("member_commitment", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    membership_id: UUID = Field(foreign_key="membership.id")
    kind: CommitmentKind = Field(sa_column=Column(EnumText(CommitmentKind), nullable=False))
    description: str
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    people: int | None = None
    starts_on: date
    ends_on: date | None = None
    committed_by: UUID
    committed_at: datetime = Field(sa_type=InstantColumn)
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn)
