"""Plans with their targets; bodies, seats, votes and resolutions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from registry.base import Base
from registry.governance.rules import BodyKind, Matter, Organ, PlanState, Sector, VoteBasis
from shared.database import EnumText, instant, json_column, new_id


class DevelopmentPlan(Base, table=True):
    """A version of a centre's plan; `number` counts the versions, `version` the edits of a draft.

    `parts` holds `{part, text}`, the part being 1 to 5 as in the plan's clause.
    """

    __tablename__ = "development_plan"
    __table_args__ = (
        UniqueConstraint("center_id", "number", name="uq_development_plan_number"),
        CheckConstraint("(state = 'filed') = (filed_at IS NOT NULL)", name="filed_with_an_instant"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    number: int
    state: PlanState = Field(
        default=PlanState.DRAFT, sa_column=Column(EnumText(PlanState), nullable=False)
    )
    horizon_years: int
    parts: list[dict[str, Any]] = Field(sa_column=Column(json_column(), nullable=False))
    approved_resolution_id: UUID | None = Field(default=None, foreign_key="resolution.id")
    filed_at: datetime | None = Field(default=None, sa_type=instant)  # type: ignore[call-overload]


class PlanTarget(Base, table=True):
    """What a plan promises for a year: a metric, a unit, a value."""

    __tablename__ = "plan_target"
    __table_args__ = (CheckConstraint("value >= 0", name="value_not_negative"),)

    plan_id: UUID = Field(foreign_key="development_plan.id", primary_key=True)
    metric_code: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    part: int
    unit: str
    value: Decimal = Field(sa_column=Column(Numeric(24, 6), nullable=False))


class GovernanceBody(Base, table=True):
    """A body of a centre with its term."""

    __tablename__ = "governance_body"
    __table_args__ = (Index("ix_governance_body_center_id", "center_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: BodyKind = Field(sa_column=Column(EnumText(BodyKind), nullable=False))
    term_from: date
    term_until: date | None = None
    rules_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")


class BodySeat(Base, table=True):
    """A person's seat in a body; `org_id` is whom the person works for."""

    __tablename__ = "body_seat"
    __table_args__ = (Index("ix_body_seat_body_id", "body_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    body_id: UUID = Field(foreign_key="governance_body.id")
    person_id: UUID
    org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    sector: Sector = Field(sa_column=Column(EnumText(Sector), nullable=False))
    independent: bool = False
    appointing_agency: str | None = None
    from_on: date
    until_on: date | None = None


class VotingRight(Base, table=True):
    """A holder's share of the votes in an organ of a centre."""

    __tablename__ = "voting_right"
    __table_args__ = (CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="share_is_a_share"),)

    center_id: UUID = Field(foreign_key="center.id", primary_key=True)
    organ: Organ = Field(sa_column=Column(EnumText(Organ), primary_key=True))
    holder_org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    share_ppm: int
    basis: VoteBasis = Field(sa_column=Column(EnumText(VoteBasis), nullable=False))


class Resolution(Base, table=True):
    """What a decision body resolved, and whether the votes carried it."""

    __tablename__ = "resolution"
    __table_args__ = (
        Index("ix_resolution_center_id", "center_id"),
        CheckConstraint("for_ppm + against_ppm + abstain_ppm <= 1000000", name="votes_within_all"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    body_id: UUID = Field(foreign_key="governance_body.id")
    matter: Matter = Field(sa_column=Column(EnumText(Matter), nullable=False))
    text: str
    resolved_on: date
    for_ppm: int
    against_ppm: int
    abstain_ppm: int
    passed: bool
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
