"""Seeds that were committed to, and the draws made with them."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from evaluation.assignments import rules
from evaluation.base import Base
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

STANDING: Final = "uq_draw_seed_standing"
# Whoever commits to a second seed while one stands could choose the draw that he likes.
meaning(STANDING, rules.DRAW, "ALREADY_EXISTS")
meaning("uq_draw_seed_cycle_id", rules.DRAW, "ALREADY_EXISTS")


class DrawSeed(Base, table=True):
    """A seed of a cycle's draws: its hash is public from the first day, itself on acceptance.

    One stands at a time. It is opened when a draw made with it is accepted, and the next is
    committed to in the same transaction: no pool freezes under a seed that somebody may know.
    """

    __tablename__ = "draw_seed"
    __table_args__ = (
        UniqueConstraint("cycle_id", "number", name="uq_draw_seed_cycle_id"),
        Index(STANDING, "cycle_id", unique=True, postgresql_where=text("opened_at IS NULL")),
        {"info": {"insert_only": True, "closing": ("opened_at",)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cycle_id: UUID = Field(foreign_key="evaluation_cycle.id")
    number: int = 1
    seed: str
    commitment: str
    person_id: UUID
    committed_at: datetime = Field(sa_type=InstantColumn())
    opened_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class PanelDraw(Base, table=True):
    """A draw: the frozen problem, what the solver made of it, and the proof.

    `problem` and `result` are canonical JSON, named by their SHA-256. `claimed_at` is when a
    worker took it; one that did not come back in time is taken by another, `attempts` in all.
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
    attempts: int = 0
    failure: rules.DrawFailure | None = Field(default=None, sa_type=EnumText(rules.DrawFailure))
