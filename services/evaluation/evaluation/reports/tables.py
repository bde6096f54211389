"""Annual reports and their returns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.reports import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_annual_report_case_id", rules.YEARLY, "STATE_CONFLICT")


class AnnualReport(Base, table=True):
    """A centre's report of its year. Accounts are in 分 and persons; none before it is written.

    `due_on` is its own only after a reopening; `target_vs_actual` is kept as it was submitted.
    """

    __tablename__ = "annual_report"
    __table_args__ = (
        UniqueConstraint("case_id", name="uq_annual_report_case_id"),
        CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name="accounts",
        ),
        CheckConstraint("rd_staff >= 0 AND rd_staff <= staff", name="staff"),
        CheckConstraint("state IN ('draft', 'missing') OR rd_cost_fen IS NOT NULL", name="written"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    center_id: UUID
    state: rules.ReportState = Field(
        default=rules.ReportState.DRAFT,
        sa_type=EnumText(rules.ReportState),
    )
    rd_cost_fen: int | None = Field(default=None, sa_type=BigInteger)
    total_cost_fen: int | None = Field(default=None, sa_type=BigInteger)
    income_fen: int | None = Field(default=None, sa_type=BigInteger)
    rd_staff: int | None = None
    staff: int | None = None
    narrative: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False)
    )
    target_vs_actual: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JsonColumn(), nullable=True)
    )
    first_submitted_on: date | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    lateness_days: int = 0
    due_on: date | None = None
    reopened_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    version: int = 1
    updated_at: datetime = Field(sa_type=InstantColumn())

    @property
    def is_written(self) -> bool:
        """Tell whether its accounts were ever filled in."""
        return self.rd_cost_fen is not None


class AnnualReportReturn(Base, table=True):
    """A return for correction, with its reasons."""

    __tablename__ = "annual_report_return"
    __table_args__ = (
        Index("ix_annual_report_return_report_id", "report_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    report_id: UUID = Field(foreign_key="annual_report.id")
    person_id: UUID
    reasons: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    returned_at: datetime = Field(sa_type=InstantColumn())
