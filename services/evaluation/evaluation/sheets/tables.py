"""What experts write. A submitted sheet and its items are fixed by triggers (migration 0002)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric
from sqlmodel import Field

from evaluation.base import Base
from evaluation.sheets import rules
from shared.database import EnumText, InstantColumn
from shared.http.constraints import meaning

meaning("sheet_is_fixed", rules.SHEETS, "STATE_CONFLICT")


class ScoreSheet(Base, table=True):
    """The sheet of one seat: it begins with the expert's declaration and has the seat's id."""

    __tablename__ = "score_sheet"

    id: UUID = Field(foreign_key="panel_seat.id", primary_key=True)
    state: rules.State = Field(
        default=rules.State.ASSIGNED,
        sa_type=EnumText(rules.State),
    )
    conflict: bool | None = None
    statement: str | None = None
    declared_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    submitted_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    content_hash: str | None = None
    voided_at: datetime | None = Field(default=None, sa_type=InstantColumn())
    void_reason: str | None = None


class ScoreItem(Base, table=True):
    """One score of a sheet, in percent of what the indicator can give; never points."""

    __tablename__ = "score_item"
    __table_args__ = (CheckConstraint("score BETWEEN 0 AND 100", name="percent"),)

    sheet_id: UUID = Field(foreign_key="score_sheet.id", primary_key=True)
    indicator: str = Field(primary_key=True)
    score: Decimal = Field(sa_type=Numeric(5, 2))
    comment: str = ""
