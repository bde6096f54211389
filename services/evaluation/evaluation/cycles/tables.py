"""Cycles, their cases, and the centres that they leave out."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.cycles import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

# Two cycles of a year open at once: both see no case, and the table keeps one.
meaning("uq_evaluation_case_center_id", rules.YEARLY, "STATE_CONFLICT")


class EvaluationCycle(Base, table=True):
    """A year's evaluation. `cutoff_at` is the latest instant whose knowledge counts, if set."""

    __tablename__ = "evaluation_cycle"
    __table_args__ = (
        CheckConstraint("period_from <= period_until", name="period"),
        CheckConstraint("grace_days >= 0", name="grace_days"),
        CheckConstraint("(state = 'open') = (opened_at IS NOT NULL)", name="opened_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: rules.CycleKind = Field(sa_type=EnumText(rules.CycleKind))
    year: int
    scheme_id: UUID = Field(foreign_key="indicator_scheme.id")
    weight_profile: str
    # Profiles of single centres by their id; they go before `weight_profile`.
    center_profiles: dict[str, str] = Field(
        default_factory=dict,
        sa_column=Column(JsonColumn(), nullable=False, server_default=text("'{}'::jsonb")),
    )
    period_from: date
    period_until: date
    due_on: date
    grace_days: int
    cutoff_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    min_months_listed: int
    state: rules.CycleState = Field(
        default=rules.CycleState.PLANNED,
        sa_type=EnumText(rules.CycleState),
    )
    version: int = 1
    created_at: datetime = Field(sa_type=InstantColumn())
    opened_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class CycleExclusion(Base, table=True):
    """A centre that a cycle does not judge, and why."""

    __tablename__ = "cycle_exclusion"
    __table_args__ = ({"info": {"insert_only": True}},)

    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id", primary_key=True)
    center_id: UUID = Field(primary_key=True)
    reason: rules.ScopeExclusion = Field(sa_type=EnumText(rules.ScopeExclusion))


class EvaluationCase(Base, table=True):
    """A centre in a cycle. Scheme, profile and weights are those of the day of opening.

    `reopenings` are the leaves of each upheld objection by how they are judged anew, oldest first.
    """

    __tablename__ = "evaluation_case"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "year", name="uq_evaluation_case_center_id"),
        Index("ix_evaluation_case_cycle_id", "cycle_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    center_id: UUID
    kind: rules.CycleKind = Field(sa_type=EnumText(rules.CycleKind))
    year: int
    scheme_id: UUID = Field(foreign_key="indicator_scheme.id")
    profile: str
    weights: dict[str, str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    indicator_weights: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False)
    )
    state: rules.CaseState = Field(
        default=rules.CaseState.COLLECTING,
        sa_type=EnumText(rules.CaseState),
    )
    # The default lets a version that does not know it yet open cases during an upgrade.
    reopenings: list[dict[str, list[str]]] = Field(
        default_factory=list,
        sa_column=Column(JsonColumn(), nullable=False, server_default="[]"),
    )
    version: int = 1
    created_at: datetime = Field(sa_type=InstantColumn())
