"""Results that no longer stand, and the holds that follow on the centres that rest on them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import Base
from registry.governance.rules.holds import BAD_FAITH, HoldGround, HoldOutcome, HoldState
from registry.governance.rules.stages import RatingKind
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONE_HOLD: Final = "uq_center_hold_one_open"
meaning(ONE_HOLD, BAD_FAITH, "STATE_CONFLICT")


class RatingEnding(Base, table=True):
    """A published rating that was voided or reopened: its hash no longer counts, told once."""

    __tablename__ = "rating_ending"
    __table_args__ = (
        UniqueConstraint("center_id", "kind", "result_hash", name="uq_rating_ending_result"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: RatingKind = Field(sa_column=Column(EnumText(RatingKind), nullable=False))
    year: int
    result_hash: str
    ground: HoldGround = Field(sa_column=Column(EnumText(HoldGround), nullable=False))
    # What evaluation decided: the voiding, or the assessment.
    source_id: UUID
    at: datetime = Field(sa_type=InstantColumn)


class CenterHold(Base, table=True):
    """A centre that waits: what it rests on has changed, and somebody says whether it stands."""

    __tablename__ = "center_hold"
    __table_args__ = (
        Index(
            ONE_HOLD,
            "center_id",
            "kind",
            "year",
            unique=True,
            postgresql_where=text("state <> 'lifted'"),
        ),
        Index("ix_center_hold_center_id", "center_id"),
        CheckConstraint("(state = 'placed') = (examined_by IS NULL)", name="examined_by_somebody"),
        CheckConstraint("(state = 'lifted') = (lifted_at IS NOT NULL)", name="lifted_when"),
        CheckConstraint("decided_by <> examined_by", name="two_people"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    kind: RatingKind = Field(sa_column=Column(EnumText(RatingKind), nullable=False))
    year: int
    ground: HoldGround = Field(sa_column=Column(EnumText(HoldGround), nullable=False))
    # What took the place of the result: its id where the feed told it, and its hash.
    result_id: UUID | None = None
    result_hash: str
    # What rests on the year: `{"what": "stage", "id": …, "stage": "recognized"}`.
    resting: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    state: HoldState = Field(
        default=HoldState.PLACED, sa_column=Column(EnumText(HoldState), nullable=False)
    )
    placed_at: datetime = Field(sa_type=InstantColumn)
    outcome: HoldOutcome | None = Field(default=None, sa_column=Column(EnumText(HoldOutcome)))
    finding: str | None = None
    examined_by: UUID | None = None
    decision: str | None = None
    decided_by: UUID | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=InstantColumn)
