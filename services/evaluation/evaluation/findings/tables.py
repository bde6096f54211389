"""Findings, and every step on their way."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.findings import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

TWO_PEOPLE: Final = "ck_result_finding_two_people"
meaning(TWO_PEOPLE, rules.APART, "SOD_VIOLATION")
meaning("uq_finding_step_finding_id_number", rules.FOUND, "STATE_CONFLICT")


class ResultFinding(Base, table=True):
    """What one version of a result found wanting; `leaf` is the indicator, where it is one.

    `next_on` is the day on which it is called to mind next; `overdue_on` when it was told so.
    """

    __tablename__ = "result_finding"
    __table_args__ = (
        CheckConstraint("closed_by IS NULL OR closed_by <> answered_by", name="two_people"),
        CheckConstraint(
            "(state = 'closed') = (closed_by IS NOT NULL)"
            " AND (state = 'open' OR answered_by IS NOT NULL)",
            name="steps",
        ),
        Index("ix_result_finding_case_id", "case_id"),
        Index("ix_result_finding_center_id", "center_id", "state"),
        Index("ix_result_finding_next_on", "next_on", postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    result_id: UUID = Field(foreign_key="evaluation_result.id")
    center_id: UUID
    year: int
    leaf: str | None = None
    matter: str
    due_on: date
    state: rules.FindingState = Field(
        default=rules.FindingState.OPEN, sa_type=EnumText(rules.FindingState)
    )
    version: int = 1
    raised_by: UUID
    raised_at: datetime = Field(sa_type=InstantColumn())
    answered_by: UUID | None = None
    answered_late: bool = False
    next_on: date | None = None
    reminded_days: int | None = None
    overdue_on: date | None = None
    closed_by: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class FindingStep(Base, table=True):
    """An answer, a return or the closure; `evidence` are files and their hashes."""

    __tablename__ = "finding_step"
    __table_args__ = (
        UniqueConstraint("finding_id", "number", name="uq_finding_step_finding_id_number"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    finding_id: UUID = Field(foreign_key="result_finding.id")
    number: int
    event: rules.FindingEvent = Field(sa_type=EnumText(rules.FindingEvent))
    person_id: UUID
    words: str
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    due_on: date
    at: datetime = Field(sa_type=InstantColumn())
