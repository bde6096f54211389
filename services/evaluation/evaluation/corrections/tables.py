"""Corrections of locked reports."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.corrections import rules
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Rule

ONE: Final = "uq_report_correction_case_id"
TWO_PEOPLE: Final = "ck_report_correction_two_people"
# Two at once: the table keeps one.
meaning(ONE, rules.CORRECTED, "STATE_CONFLICT")
meaning(TWO_PEOPLE, Rule("X03", "delivery"), "SOD_VIOLATION")


class ReportCorrection(Base, table=True):
    """A report's accounts once more, in 分 and persons; the report itself stays as it is."""

    __tablename__ = "report_correction"
    __table_args__ = (
        UniqueConstraint("case_id", name=ONE),
        CheckConstraint(
            "rd_cost_fen >= 0 AND rd_cost_fen <= total_cost_fen AND income_fen >= 0",
            name="accounts",
        ),
        CheckConstraint("rd_staff >= 0 AND rd_staff <= staff", name="staff"),
        CheckConstraint("decided_by IS NULL OR decided_by <> filed_by", name="two_people"),
        CheckConstraint("(state = 'accepted') <= (decided_by IS NOT NULL)", name="accepted_by"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id")
    center_id: UUID
    state: rules.CorrectionState = Field(
        default=rules.CorrectionState.FILED, sa_type=EnumText(rules.CorrectionState)
    )
    rd_cost_fen: int = Field(sa_type=BigInteger)
    total_cost_fen: int = Field(sa_type=BigInteger)
    income_fen: int = Field(sa_type=BigInteger)
    rd_staff: int
    staff: int
    reason: str
    filed_by: UUID
    filed_at: datetime = Field(sa_type=InstantColumn())
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    decision_reason: str | None = None
    version: int = 1
