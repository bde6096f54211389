"""Seeds that were committed to, and the draws made with them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from evaluation.assignments import rules
from evaluation.base import Base
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

# Whoever commits to a second seed could choose the draw that he likes.
meaning("uq_draw_seed_cycle_id", rules.DRAW, "ALREADY_EXISTS")


class DrawSeed(Base, table=True):
    """The seed of a cycle's draws: its hash is public from the first day, itself on acceptance."""

    __tablename__ = "draw_seed"
    __table_args__ = ({"info": {"insert_only": True}},)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id", unique=True)
    seed: str
    commitment: str
    person_id: UUID
    committed_at: datetime = Field(sa_type=InstantColumn())


class PanelDraw(Base, table=True):
    """A draw: the frozen problem, what the solver made of it, and the proof.

    `problem` and `result` are canonical JSON, named by their SHA-256. `claimed_at` is when a
    worker took it; one that did not come back in time is taken by another.
    """

    __tablename__ = "panel_draw"
    __table_args__ = (
        Index("ix_panel_draw_cycle_id", "cycle_id"),
        Index("ix_panel_draw_waiting", "created_at", postgresql_where="state = 'queued'"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    seed_id: UUID = Field(foreign_key="draw_seed.id")
    replaces_id: UUID | None = Field(default=None, foreign_key="panel_draw.id")
    person_id: UUID
    state: rules.DrawState = Field(
        default=rules.DrawState.QUEUED, sa_type=EnumText(rules.DrawState)
    )
    version: int = 1
    groups: dict[str, list[str]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    barred: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    recused: list[list[str]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    problem: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    problem_hash: str
    result: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    result_hash: str | None = None
    optimal: bool = False
    # The limits that were asked for: of everybody, and of experts who have one of their own.
    max_load: int
    loads: dict[str, int] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # The last day of the panels' work: who is away before it was not drawn.
    until_on: date
    created_at: datetime = Field(sa_type=InstantColumn())
    claimed_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    finished_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    accepted_at: datetime | None = Field(default=None, sa_type=InstantColumn())
