"""Needs of industry, and cases from elsewhere."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field

from registry.base import Base
from registry.outlook.rules import CaseTheme, DemandState, Origin
from shared.database import EnumText, InstantColumn, new_id, resource


class IndustryDemand(Base, table=True):
    """A need of industry: who has it, what it is, and the centre that took it up (A018)."""

    __tablename__ = "industry_demand"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('matched', 'settled')) = (center_id IS NOT NULL)", name="matched_with_one"
        ),
        CheckConstraint("(state = 'settled') = (answer IS NOT NULL)", name="settled_by_an_answer"),
        CheckConstraint("state <> 'withdrawn' OR reason IS NOT NULL", name="withdrawal_says_why"),
        Index("ix_industry_demand_org_id", "org_id", "id"),
        Index("ix_industry_demand_center_id", "center_id", "id"),
        Index("ix_industry_demand_state", "state", "id"),
        {"info": resource("industry_demand")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    org_id: UUID = Field(foreign_key="organization.id")
    title: str
    need: str
    field_code: str
    needed_by: date | None = None
    is_shared: bool
    state: DemandState = Field(
        default=DemandState.OPEN, sa_column=Column(EnumText(DemandState), nullable=False)
    )
    entered_by: UUID
    entered_at: datetime = Field(sa_type=InstantColumn)
    center_id: UUID | None = Field(default=None, foreign_key="center.id")
    matched_by: UUID | None = None
    matched_on: date | None = None
    answer: str | None = None
    closed_on: date | None = None
    reason: str | None = None


class OutsideCase(Base, table=True):
    """How others do it, abroad or in another province, and what follows from it (A096)."""

    __tablename__ = "outside_case"
    __table_args__ = (
        CheckConstraint("place NOT IN ('CN', '31')", name="from_elsewhere"),
        CheckConstraint("(withdrawn_on IS NULL) = (reason IS NULL)", name="withdrawal_says_why"),
        Index("ix_outside_case_theme", "theme", "id"),
        {"info": resource("outside_case")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    origin: Origin = Field(sa_column=Column(EnumText(Origin), nullable=False))
    place: str
    theme: CaseTheme = Field(sa_column=Column(EnumText(CaseTheme), nullable=False))
    title: str
    practice: str
    lesson: str
    source: str
    observed_on: date
    entered_by: UUID
    entered_at: datetime = Field(sa_type=InstantColumn)
    withdrawn_on: date | None = None
    reason: str | None = None
