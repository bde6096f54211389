"""Centres and the changes of their stage."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from registry.base import Base
from registry.centers.rules import ApplicantForm, Level, ModelType, Stage
from shared.database import EnumText, instant, new_id
from shared.http.constraints import meaning
from shared.rules import Rule

ONE_CENTER_AN_ENTITY: Final = "uq_center_legal_entity"
meaning(ONE_CENTER_AN_ENTITY, Rule("A105", "四(二)1"), "ENTITY_TAKEN")


class Center(Base, table=True):
    """A centre, from the first draft of its application on; its code comes at listing."""

    __tablename__ = "center"
    __table_args__ = (
        UniqueConstraint("code", name="uq_center_code"),
        CheckConstraint("(code IS NULL) = (listed_on IS NULL)", name="code_comes_at_listing"),
        Index("ix_center_lead_sponsor_id", "lead_sponsor_id"),
        Index("ix_center_legal_entity_id", "legal_entity_id"),
        # A draft may name any legal person; what is applied for or listed has it alone.
        Index(
            ONE_CENTER_AN_ENTITY,
            "legal_entity_id",
            unique=True,
            postgresql_where=text(
                "disclosed_at IS NOT NULL AND stage NOT IN ('delisted', 'dissolved')"
            ),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    code: str | None = None
    name: str
    model_type: ModelType = Field(sa_column=Column(EnumText(ModelType), nullable=False))
    applicant_form: ApplicantForm = Field(sa_column=Column(EnumText(ApplicantForm), nullable=False))
    field_codes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    stage: Stage = Field(default=Stage.CANDIDATE, sa_column=Column(EnumText(Stage), nullable=False))
    # Where a side state leads back to.
    came_from: Stage | None = Field(default=None, sa_column=Column(EnumText(Stage)))
    level: Level = Field(default=Level.MUNICIPAL, sa_column=Column(EnumText(Level), nullable=False))
    lead_sponsor_id: UUID = Field(foreign_key="organization.id")
    legal_entity_id: UUID | None = Field(default=None, foreign_key="organization.id")
    # Holds rights and money for a consortium that has no legal person yet.
    trustee_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    # The last day by which a consortium has registered its legal person, and when it did.
    entity_due_on: date | None = None
    entity_met_on: date | None = None
    listed_on: date | None = None
    listing_doc_no: str | None = None
    # From the first submission on officials see it.
    disclosed_at: datetime | None = Field(default=None, sa_type=instant)  # type: ignore[call-overload]
    created_at: datetime = Field(sa_type=instant)  # type: ignore[call-overload]


class StageChange(Base, table=True):
    """A centre's step from one stage to another, with its reason."""

    __tablename__ = "stage_change"
    __table_args__ = (
        Index("ix_stage_change_center_id", "center_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    from_stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    to_stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    reason: str
    person_id: UUID
    at: datetime = Field(sa_type=instant)  # type: ignore[call-overload]


class Counter(Base, table=True):
    """The last number drawn of a series; drawing locks the row until the commit, so none is lost.

    Listings and receipts are few, and a code without gaps is worth the wait.
    """

    __tablename__ = "counter"

    series: str = Field(primary_key=True)
    last: int
