"""Runs over a cycle, and what each came to for every case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.runs import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_cycle_run_running", rules.RUNS, "STATE_CONFLICT")


class CycleRun(Base, table=True):
    """A job over a cycle; one of a kind at a time. It acts in the name of who asked for it."""

    __tablename__ = "cycle_run"
    __table_args__ = (
        Index("ix_cycle_run_cycle_id", "cycle_id"),
        Index(
            "uq_cycle_run_running",
            "cycle_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        CheckConstraint("done >= 0 AND refused >= 0 AND done + refused <= total", name="progress"),
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_when"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    kind: rules.CycleRunKind = Field(sa_type=EnumText(rules.CycleRunKind))
    state: rules.CycleRunState = Field(
        default=rules.CycleRunState.RUNNING, sa_type=EnumText(rules.CycleRunState)
    )
    person_id: UUID
    client_id: str
    total: int
    done: int = 0
    refused: int = 0
    codes: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn(), nullable=False))
    requested_at: datetime = Field(sa_type=InstantColumn())
    finished_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class CycleRunCase(Base, table=True):
    """What a computation came to for a case: nothing failed, or the codes of what did."""

    __tablename__ = "cycle_run_case"
    __table_args__ = ({"info": {"insert_only": True}},)

    run_id: UUID = Field(foreign_key="cycle_run.id", primary_key=True)
    case_id: UUID = Field(foreign_key="evaluation_case.id", primary_key=True)
    codes: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
