"""Objections to published results."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.objections import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONE_OPEN: Final = "uq_result_objection_one_open"
# Two at once: the table keeps one.
meaning(ONE_OPEN, rules.OBJECTING, "STATE_CONFLICT")


class ResultObjection(Base, table=True):
    """An objection to one version of a result: `leaves` are code, reason and evidence files."""

    __tablename__ = "result_objection"
    __table_args__ = (
        Index(ONE_OPEN, "case_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_result_objection_case_id", "case_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    result_id: UUID = Field(foreign_key="evaluation_result.id")
    center_id: UUID
    org_id: UUID
    person_id: UUID
    leaves: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    last_on: date
    state: rules.State = Field(default=rules.State.OPEN, sa_type=EnumText(rules.State))
    filed_at: datetime = Field(sa_type=InstantColumn())
    reopened: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    decision_reason: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn())
