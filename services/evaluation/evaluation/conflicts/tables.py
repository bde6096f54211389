"""Conflicts found on seats after their panel was formed."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.conflicts import rules
from shared.database import InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONE_OPEN: Final = "uq_seat_conflict_open"
meaning(ONE_OPEN, rules.CLEAR, "STATE_CONFLICT")


class SeatConflict(Base, table=True):
    """A conflict of a seated expert, with its path; it is cleared and never taken away."""

    __tablename__ = "seat_conflict"
    __table_args__ = (
        Index(
            ONE_OPEN,
            "seat_id",
            "path_hash",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
        {"info": {"insert_only": True, "closing": ("cleared_at",)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seat_id: UUID = Field(foreign_key="panel_seat.id")
    panel_id: UUID = Field(foreign_key="panel.id")
    path: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    path_hash: str
    found_at: datetime = Field(sa_type=InstantColumn())
    cleared_at: datetime | None = Field(default=None, sa_type=InstantColumn())
