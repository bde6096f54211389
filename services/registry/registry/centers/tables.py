"""Centres, the changes of their stage, and what they owe by a day."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from registry.base import Base
from registry.centers.rules import (
    GATE,
    REGISTRATION,
    ApplicantForm,
    Level,
    MilestoneKind,
    MilestoneState,
    ModelType,
    Stage,
    Standing,
)
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning
from shared.rules import Rule

ONE_CENTER_AN_ENTITY: Final = "uq_center_legal_entity"
meaning(ONE_CENTER_AN_ENTITY, Rule("A105", "四(二)1"), "ENTITY_TAKEN")
ONE_OWED: Final = "uq_center_milestone_one_owed"
meaning(ONE_OWED, REGISTRATION, "STATE_CONFLICT")
# Two drawn alike would be one code twice; the counter's lock keeps that from happening.
meaning("uq_center_code", GATE, "STATE_CONFLICT")


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
        {"info": resource("center", Audience.MEMBERS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    code: str | None = None
    name: str
    model_type: ModelType = Field(sa_column=Column(EnumText(ModelType), nullable=False))
    applicant_form: ApplicantForm = Field(sa_column=Column(EnumText(ApplicantForm), nullable=False))
    field_codes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    stage: Stage = Field(default=Stage.CANDIDATE, sa_column=Column(EnumText(Stage), nullable=False))
    # Where a suspension leads back to, and where a rectification does.
    came_from: Stage | None = Field(default=None, sa_column=Column(EnumText(Stage)))
    rectified_from: Stage | None = Field(default=None, sa_column=Column(EnumText(Stage)))
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
    # Its place in an industry chain, and the industries by two classifications (A007).
    chain_code: str | None = None
    chain_node: str | None = None
    industry_codes: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String), nullable=False, server_default="{}")
    )
    sei_codes: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String), nullable=False, server_default="{}")
    )
    zone_tags: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(String), nullable=False, server_default="{}")
    )
    # An official's mark that it serves the whole Yangtze delta (A092).
    yrd_platform: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default="false")
    )
    # From the first submission on officials see it.
    disclosed_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    created_at: datetime = Field(sa_type=InstantColumn)
    # Of what was taken over: where from, and the day on which it stood so there.
    imported_from: str | None = None
    imported_on: date | None = None

    @property
    def standing(self) -> Standing:
        """Give where it stands and where that leads back to."""
        return Standing(self.stage, self.came_from, self.rectified_from)


class StageChange(Base, table=True):
    """A centre's step from one stage to another, with its reason and what it rests on.

    `basis` is what other services and the case's own papers told at that moment.
    """

    __tablename__ = "stage_change"
    __table_args__ = (
        Index("ix_stage_change_center_id", "center_id"),
        {"info": {"insert_only": True, **resource("stage_change", Audience.OPERATORS)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    from_stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    to_stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    reason: str
    doc_no: str | None = None
    cause: str | None = None
    recommendation_id: UUID | None = None
    basis: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False, server_default="{}")
    )
    person_id: UUID
    at: datetime = Field(sa_type=InstantColumn)


class CenterMilestone(Base, table=True):
    """What a centre owes by a day; `next_at` is when the clerk has something to say of it."""

    __tablename__ = "center_milestone"
    __table_args__ = (
        Index(
            ONE_OWED,
            "center_id",
            "kind",
            unique=True,
            postgresql_where=text("state IN ('open', 'overdue')"),
        ),
        Index("ix_center_milestone_next_at", "next_at", postgresql_where=text("state = 'open'")),
        CheckConstraint("(state = 'met') = (met_on IS NOT NULL)", name="met_on_a_day"),
        CheckConstraint("(state = 'open') = (next_at IS NOT NULL)", name="open_is_looked_at"),
        {"info": resource("center_milestone", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: MilestoneKind = Field(sa_column=Column(EnumText(MilestoneKind), nullable=False))
    # The last day, included.
    due_on: date
    state: MilestoneState = Field(
        default=MilestoneState.OPEN, sa_column=Column(EnumText(MilestoneState), nullable=False)
    )
    opened_on: date
    met_on: date | None = None
    # The reminder given last, in days before the last one.
    reminded_days: int | None = None
    next_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class Counter(Base, table=True):
    """The last number drawn of a series; drawing locks the row until the commit, so none is lost.

    Listings and receipts are few, and a code without gaps is worth the wait.
    """

    __tablename__ = "counter"

    series: str = Field(primary_key=True)
    last: int
