"""Publicity items and awards."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from registry.base import Base
from registry.centers.rules import Stage
from registry.publicity.rules import AwardReason, AwardState, ItemState, Occasion
from shared.database import Audience, EnumText, InstantColumn, new_id, resource


class PublicityItem(Base, table=True):
    """Something to be said in public of a centre, tied to its stage and an occasion (A156)."""

    __tablename__ = "publicity_item"
    __table_args__ = (
        CheckConstraint("decided_by <> written_by", name="two_people"),
        # Nothing stands in public that nobody approved.
        CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="released_is_dated"),
        CheckConstraint("released_at IS NULL OR decided_by IS NOT NULL", name="released_by_one"),
        CheckConstraint("state <> 'withdrawn' OR reason IS NOT NULL", name="withdrawal_says_why"),
        Index("ix_publicity_item_center_id", "center_id", "id"),
        Index("ix_publicity_item_released", "state", "released_at", "id"),
        {"info": resource("publicity_item", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    occasion: Occasion = Field(sa_column=Column(EnumText(Occasion), nullable=False))
    title: str
    body: str
    channels: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    typical_case: bool
    fact_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    state: ItemState = Field(
        default=ItemState.PROPOSED, sa_column=Column(EnumText(ItemState), nullable=False)
    )
    written_by: UUID
    written_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    released_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    reason: str | None = None


class Award(Base, table=True):
    """An award for a result or a contribution (A151); a person is a reference, never a name."""

    __tablename__ = "award"
    __table_args__ = (
        CheckConstraint("(person_ref IS NULL) <> (org_id IS NULL)", name="one_laureate"),
        CheckConstraint(
            "reviewed_by <> nominated_by AND approved_by <> nominated_by"
            " AND approved_by <> reviewed_by",
            name="three_people",
        ),
        CheckConstraint(
            "state NOT IN ('approved', 'published') OR approved_by IS NOT NULL",
            name="approved_by_one",
        ),
        Index("ix_award_center_id", "center_id", "id"),
        Index("ix_award_state", "state", "id"),
        {"info": resource("award", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    award_reason: AwardReason = Field(sa_column=Column(EnumText(AwardReason), nullable=False))
    title: str
    achievement: str
    person_ref: str | None = None
    org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    state: AwardState = Field(
        default=AwardState.NOMINATED, sa_column=Column(EnumText(AwardState), nullable=False)
    )
    nominated_by: UUID
    nominated_at: datetime = Field(sa_type=InstantColumn)
    reviewed_by: UUID | None = None
    approved_by: UUID | None = None
    published_on: date | None = None
    doc_no: str | None = None
    reason: str | None = None
