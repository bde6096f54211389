"""Optional reports; what was counted is kept as it was when it was sent."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.optional_reports import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONE: Final = "uq_optional_report_center_id"
# Two who begin at once: the table keeps one.
meaning(ONE, rules.REPORTED, "STATE_CONFLICT")


class OptionalReport(Base, table=True):
    """A year's accounts of a centre that the cycle does not judge, in 分 and persons."""

    __tablename__ = "optional_report"
    __table_args__ = (
        UniqueConstraint("center_id", "cycle_id", name=ONE),
        Index("ix_optional_report_cycle_id", "cycle_id"),
        CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name="accounts",
        ),
        CheckConstraint("rd_staff >= 0 AND rd_staff <= staff", name="staff"),
        CheckConstraint("state = 'draft' OR submitted_at IS NOT NULL", name="submitted"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    center_id: UUID
    year: int
    state: rules.OptionalReportState = Field(
        default=rules.OptionalReportState.DRAFT, sa_type=EnumText(rules.OptionalReportState)
    )
    rd_cost_fen: int = Field(default=0, sa_type=BigInteger)
    total_cost_fen: int = Field(default=0, sa_type=BigInteger)
    income_fen: int = Field(default=0, sa_type=BigInteger)
    rd_staff: int = 0
    staff: int = 0
    narrative: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False)
    )
    target_vs_actual: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JsonColumn(), nullable=True)
    )
    return_reasons: list[str] = Field(
        default_factory=list, sa_column=Column(JsonColumn(), nullable=False)
    )
    submitted_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    version: int = 0
    updated_at: datetime = Field(sa_type=InstantColumn())

    @property
    def is_written(self) -> bool:
        """Tell whether its accounts were filled in: a row is made with them."""
        return True
