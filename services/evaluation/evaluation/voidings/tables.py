"""Proposals to void a published result."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.voidings import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONE_OPEN: Final = "uq_result_voiding_one_open"
TWO_PEOPLE: Final = "ck_result_voiding_two_people"
# Two at once: the table keeps one.
meaning(ONE_OPEN, rules.BAD_FAITH, "STATE_CONFLICT")
meaning(TWO_PEOPLE, rules.APART, "SOD_VIOLATION")


class ResultVoiding(Base, table=True):
    """A proposal, by one person, that another one confirms or drops."""

    __tablename__ = "result_voiding"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        Index(ONE_OPEN, "case_id", unique=True, postgresql_where=text("state <> 'dropped'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    result_id: UUID = Field(foreign_key="evaluation_result.id")
    center_id: UUID
    ground: rules.Ground = Field(sa_type=EnumText(rules.Ground))
    reason: str
    evidence: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    state: rules.State = Field(default=rules.State.PROPOSED, sa_type=EnumText(rules.State))
    proposed_by: UUID
    proposed_at: datetime = Field(sa_type=InstantColumn())
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    decision_reason: str | None = None
