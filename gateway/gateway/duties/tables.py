"""Grants of duties, with who proposed and who agreed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field

from gateway.base import Base
from gateway.duties.rules import TWO_PEOPLE, GrantState
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("ck_duty_grant_two_people", TWO_PEOPLE, "SOD_VIOLATION", Kind.SCOPE)


class DutyGrant(Base, table=True):
    """Duties that somebody proposed for an official, and that a second person agreed to."""

    __tablename__ = "duty_grant"
    __table_args__ = (
        Index("ix_duty_grant_person_id", "person_id"),
        CheckConstraint("cardinality(duties) > 0", name="gives_something"),
        CheckConstraint("until_on IS NULL OR until_on >= first_on", name="days_in_order"),
        CheckConstraint("NOT lent OR until_on IS NOT NULL", name="lent_for_some_days"),
        CheckConstraint(
            "proposed_by <> person_id AND (decided_by IS NULL"
            " OR (decided_by <> proposed_by AND decided_by <> person_id))",
            name="two_people",
        ),
        CheckConstraint(
            "state NOT IN ('confirmed', 'refused') OR decided_by IS NOT NULL",
            name="decided_by_somebody",
        ),
        CheckConstraint("(state = 'ended') = (ended_by IS NOT NULL)", name="ended_by_somebody"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    duties: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    first_on: date
    until_on: date | None = None
    lent: bool
    reason: str
    state: GrantState = Field(
        default=GrantState.PROPOSED, sa_column=Column(EnumText(GrantState), nullable=False)
    )
    proposed_by: UUID
    proposed_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    ended_by: UUID | None = None
    ended_at: datetime | None = Field(default=None, sa_type=InstantColumn)
