"""Who did what in a case; a row is never taken back."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from evaluation.base import Base
from evaluation.duties.rules import Capacity, SubjectType
from shared.database import EnumText, InstantColumn


class CaseDuty(Base, table=True):
    """A person who acted in a case, and as what; the same duty twice is one row."""

    __tablename__ = "case_duty"
    __table_args__ = ({"info": {"insert_only": True}},)

    subject_type: SubjectType = Field(sa_type=EnumText(SubjectType), primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    capacity: Capacity = Field(sa_type=EnumText(Capacity), primary_key=True)
    entered_at: datetime = Field(sa_type=InstantColumn())
