"""Public notices and the objections to them."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from registry.base import Base
from registry.notices.rules import NOTICE, NoticeSubject, ObjectionState, State
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

OF_OBJECTOR: Final = ("named_party", "contact", "grounds", "evidence")
ONE_OPEN: Final = "uq_public_notice_one_open"
meaning(ONE_OPEN, NOTICE, "STATE_CONFLICT")


class PublicNotice(Base, table=True):
    """What is about to be decided, shown to everyone from a day to a day, both included."""

    __tablename__ = "public_notice"
    __table_args__ = (
        CheckConstraint("closes_on >= opens_on", name="days_in_order"),
        Index(
            ONE_OPEN,
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        {"info": resource("public_notice", Audience.MEMBERS, withheld=("handled_by",))},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject_type: NoticeSubject = Field(sa_column=Column(EnumText(NoticeSubject), nullable=False))
    subject_id: UUID
    center_id: UUID = Field(foreign_key="center.id")
    title: str
    content: str
    opens_on: date
    closes_on: date
    state: State = Field(default=State.OPEN, sa_column=Column(EnumText(State), nullable=False))
    opened_at: datetime = Field(sa_type=InstantColumn)
    # Who prepared or judged the case up to here: none of them decides an objection to it.
    handled_by: list[str] = Field(
        default_factory=list, sa_column=Column(JsonColumn(), nullable=False)
    )


class Objection(Base, table=True):
    """An objection under a name; name and contact are personal, and stand nowhere else (X12).

    Both are sealed for their row (`queries.place_of`).
    """

    __tablename__ = "objection"
    __table_args__ = (
        Index("ix_objection_notice_id", "notice_id"),
        # Who objects is protected, and events are kept for ever.
        {"info": resource("objection", withheld=OF_OBJECTOR)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    notice_id: UUID = Field(foreign_key="public_notice.id")
    named_party: str
    contact: str
    grounds: str
    evidence: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    state: ObjectionState = Field(
        default=ObjectionState.OPEN, sa_column=Column(EnumText(ObjectionState), nullable=False)
    )
    received_at: datetime = Field(sa_type=InstantColumn)
    decision_reason: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class ObjectionInquiry(Base, table=True):
    """What an official asks those concerned about an objection, in his words, and their answer.

    Who objects, and what was written, stays with the officials.
    """

    __tablename__ = "objection_inquiry"
    __table_args__ = (
        CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name="answered_by_somebody",
        ),
        Index("ix_objection_inquiry_objection_id", "objection_id", "id"),
        Index("ix_objection_inquiry_center_id", "center_id", "id"),
        {"info": resource("objection_inquiry", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    objection_id: UUID = Field(foreign_key="objection.id")
    center_id: UUID = Field(foreign_key="center.id")
    question: str
    asked_by: UUID
    asked_at: datetime = Field(sa_type=InstantColumn)
    due_on: date
    answer: str | None = None
    evidence: list[str] = Field(
        default_factory=list, sa_column=Column(JsonColumn(), nullable=False)
    )
    answered_by: UUID | None = None
    answered_by_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    answered_at: datetime | None = Field(default=None, sa_type=InstantColumn)
