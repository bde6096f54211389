"""What a record keeps of its own undoing: why, by whom, on which day, by which entry."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from shared.database import InstantColumn

# What is set when a record is undone, all at once and never before.
UNDOING: Final = ("undone_reason", "undone_on", "undone_by", "undone_at", "undoing_entry_id")


class Undoable(SQLModel):
    """The columns of a record that stands until another person undoes it."""

    undone_reason: str | None = None
    # The day of the reversing entry.
    undone_on: date | None = None
    undone_by: UUID | None = None
    undone_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    undoing_entry_id: UUID | None = Field(default=None, foreign_key="journal_entry.id")


def undoable(first_on: str) -> tuple[CheckConstraint, ...]:
    """Give what the database holds of an undoing: whole, by another person, not before its day."""
    return tuple(CheckConstraint(bound, name=name) for name, bound in bounds(first_on).items())


def bounds(first_on: str) -> dict[str, str]:
    """Give those conditions by name; `first_on` is the column of the record's own day."""
    return {
        "undone_whole": f"num_nulls({', '.join(UNDOING)}) IN (0, {len(UNDOING)})",
        "undone_by_another": "undone_by <> recorded_by",
        "undone_after": f"undone_on >= {first_on}",
    }


def undoing_of(row: Undoable) -> dict[str, Any] | None:
    """Give how a record was undone as callers are shown it, if it was."""
    if row.undone_at is None:
        return None
    return {
        "reason": row.undone_reason,
        "effective_on": row.undone_on,
        "entry_id": row.undoing_entry_id,
        "undone_at": row.undone_at,
    }
