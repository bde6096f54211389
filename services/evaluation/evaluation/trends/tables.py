"""What officials found after five and ten years of operation."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.trends import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

ONCE: Final = "uq_operating_review_center_id_years"
# Two at once: the table keeps one.
meaning(ONCE, rules.PUBLIC, "STATE_CONFLICT")


class OperatingReview(Base, table=True):
    """A look at a centre's public service; `figures` are those that it rested on, by year."""

    __tablename__ = "operating_review"
    __table_args__ = (
        UniqueConstraint("center_id", "years", name=ONCE),
        CheckConstraint("years IN (5, 10)", name="years"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    years: int
    reached_on: date
    conclusion: rules.Conclusion = Field(sa_type=EnumText(rules.Conclusion))
    words: str
    figures: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    person_id: UUID
    reviewed_at: datetime = Field(sa_type=InstantColumn())
