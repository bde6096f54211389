"""Tasks that were passed on; each answer is a row of its own, so that none is overwritten."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field

from gateway.base import Base
from gateway.referrals.rules import ReferralAnswer, ReferralState
from shared.database import EnumText, InstantColumn, new_id


class Referral(Base, table=True):
    """A task that an official passed to an agency."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_agency_id", "agency_id", "id"),
        Index("ix_referral_subject_id", "subject_id"),
        Index(
            "ix_referral_open",
            "state",
            "id",
            postgresql_where="state NOT IN ('closed', 'withdrawn')",
        ),
        CheckConstraint("round > 0", name="rounds_counted"),
        CheckConstraint("agency_id <> passed_by", name="passed_to_another"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    # Who answers for the agency's program.
    agency_id: UUID = Field(foreign_key="person.id")
    subject_kind: str
    subject_id: UUID
    center_id: UUID | None = None
    request: str
    due_on: date
    # How often it was asked.
    round: int = 1
    state: ReferralState = Field(
        default=ReferralState.PASSED, sa_column=Column(EnumText(ReferralState), nullable=False)
    )
    passed_by: UUID
    # The programme's instants.
    passed_at: datetime = Field(sa_type=InstantColumn)
    changed_at: datetime = Field(sa_type=InstantColumn)


class ReferralReply(Base, table=True):
    """What an agency answered, or why it returned a task, in one round."""

    __tablename__ = "referral_reply"
    __table_args__ = (
        Index("uq_referral_reply_round", "referral_id", "round", unique=True),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id")
    round: int
    # None where the task was returned.
    answer: ReferralAnswer | None = Field(
        default=None, sa_column=Column(EnumText(ReferralAnswer), nullable=True)
    )
    text: str
    doc_no: str | None = None
    replied_by: UUID
    replied_at: datetime = Field(sa_type=InstantColumn)
    is_late: bool
