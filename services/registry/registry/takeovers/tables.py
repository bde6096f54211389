"""Files of existing centres, as they were read, and who entered them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column
from sqlmodel import Field

from registry.base import Base
from registry.takeovers.rules import TakeOverState
from shared.database import EnumText, InstantColumn, JsonColumn, new_id, resource


class TakeOver(Base, table=True):
    """Rows of existing centres that were judged good together, and wait for a second person."""

    __tablename__ = "take_over"
    __table_args__ = (
        CheckConstraint("state <> 'committed' OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided_when"),
        # Its rows are told by what they become.
        {"info": resource("take_over", withheld=("rows",))},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    # Where the rows come from, and the day on which they stood so there.
    source: str
    sourced_on: date
    sha256: str
    rows: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    centers: int
    state: TakeOverState = Field(
        default=TakeOverState.PROPOSED, sa_column=Column(EnumText(TakeOverState), nullable=False)
    )
    proposed_by: UUID
    proposed_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    reason: str | None = None
