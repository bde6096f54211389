"""Panels, the organizations they must stay clear of, and their seats."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.duties.rules import SubjectType
from evaluation.experts import rules as experts
from evaluation.panels import rules, seating_rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

# Two handlers form a panel at once: both pass the check, and the table keeps one.
meaning("uq_panel_subject", rules.REVIEW, "STATE_CONFLICT")
meaning("uq_panel_seat_panel_id_expert_id", rules.REVIEW, "ALREADY_EXISTS")
meaning("uq_panel_seat_replaces_seat_id", rules.REVIEW, "STATE_CONFLICT")
meaning("pk_seat_answer", rules.REVIEW, "STATE_CONFLICT")


class Panel(Base, table=True):
    """The experts who review one subject in one round, and what came of it.

    `version` grows with every change of the composition or of what counts, so that whoever
    stored version and hash notices. `mean` and `passed` are set while it is completed, and only
    for an application: a case is scored leaf by leaf. `until_on` is the last day of its work: who
    is away on a day up to it is asked for no seat. `max_load` and `loads` are the limits that it
    was formed within: of everybody, and of experts who have one of their own.
    """

    __tablename__ = "panel"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "round", name="uq_panel_subject"),
        Index("ix_panel_center_id", "center_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject_type: SubjectType = Field(sa_type=EnumText(SubjectType))
    subject_id: UUID
    round: int
    center_id: UUID
    applicant_org_id: UUID | None = None
    subject_hash: str | None = None
    indicators: list[str] = Field(sa_type=JsonColumn())
    state: rules.State = Field(
        default=rules.State.FORMED,
        sa_type=EnumText(rules.State),
    )
    version: int = 1
    hash: str = ""
    formed_on: date
    until_on: date
    formed_at: datetime = Field(sa_type=InstantColumn())
    completed_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    mean: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    pass_line: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    sheets_hash: str | None = None
    max_load: int = seating_rules.USUAL_LOAD
    loads: dict[str, int] = Field(default_factory=dict, sa_type=JsonColumn())


class PanelOrganization(Base, table=True):
    """An organization behind the subject when the panel was formed; ties to it bar an expert."""

    __tablename__ = "panel_organization"
    __table_args__ = ({"info": {"insert_only": True}},)

    panel_id: UUID = Field(foreign_key="panel.id", primary_key=True)
    org_id: UUID = Field(primary_key=True)
    uscc: str
    role: str
    parent_usccs: list[str] = Field(sa_type=JsonColumn())


class PanelDuty(Base, table=True):
    """Who had acted in the case, by the account of the service that owns it."""

    __tablename__ = "panel_duty"
    __table_args__ = ({"info": {"insert_only": True}},)

    panel_id: UUID = Field(foreign_key="panel.id", primary_key=True)
    person_id: UUID = Field(primary_key=True)
    capacity: str = Field(primary_key=True)


class PanelSeat(Base, table=True):
    """The place of one expert on a panel; it is also the address of that expert's sheet.

    A vacated seat stays, and the seat that replaces it says so. An expert who left a panel does
    not come back to it. `alternate_rank` is that of an alternate who moved up; `passed_over` says
    why somebody else was taken although one could.
    """

    __tablename__ = "panel_seat"
    __table_args__ = (
        UniqueConstraint("panel_id", "expert_id", name="uq_panel_seat_panel_id_expert_id"),
        Index("ix_panel_seat_expert_id", "expert_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    panel_id: UUID = Field(foreign_key="panel.id")
    expert_id: UUID = Field(foreign_key="expert.id")
    person_id: UUID
    field: experts.ExpertField = Field(sa_type=EnumText(experts.ExpertField))
    replaces_seat_id: UUID | None = Field(default=None, foreign_key="panel_seat.id", unique=True)
    seated_at: datetime = Field(sa_type=InstantColumn())
    vacated_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    alternate_rank: int | None = None
    passed_over: str | None = None


class SeatAlternate(Base, table=True):
    """Who was ranked for a seat when it was drawn; 1 is asked first."""

    __tablename__ = "seat_alternate"
    __table_args__ = (
        CheckConstraint("rank >= 1", name="rank"),
        {"info": {"insert_only": True}},
    )

    seat_id: UUID = Field(foreign_key="panel_seat.id", primary_key=True)
    rank: int = Field(primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")


class EndedApplication(Base, table=True):
    """An application that was rejected, withdrawn or expired: its panel is at work no more."""

    __tablename__ = "ended_application"
    __table_args__ = ({"info": {"insert_only": True}},)

    application_id: UUID = Field(primary_key=True)
    center_id: UUID
    state: str
    ended_at: datetime = Field(sa_type=InstantColumn())


class SeatAnswer(Base, table=True):
    """What an expert answered to being asked; a seat declined is vacated, and its reason kept."""

    __tablename__ = "seat_answer"
    __table_args__ = (
        CheckConstraint("accepted OR reason IS NOT NULL", name="reason"),
        {"info": {"insert_only": True}},
    )

    seat_id: UUID = Field(foreign_key="panel_seat.id", primary_key=True)
    accepted: bool
    reason: str | None = None
    answered_at: datetime = Field(sa_type=InstantColumn())
