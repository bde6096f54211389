"""Declared rights, planned rights, the branches that rights belong to, and events about them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Index, UniqueConstraint, Uuid
from sqlmodel import Field

from ip_ledger.assets.rules import AssetKind
from ip_ledger.base import Base
from ip_ledger.portfolio.rules import BACKGROUND, LAYOUT, PROTECTION, ProtectionKind
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_background_right_asset_id_org_id", BACKGROUND, "ALREADY_EXISTS", Kind.STATE)
meaning("uq_layout_line_place", LAYOUT, "PLAN_LINE_REPEATED", Kind.CONTENT)
meaning("ck_protection_event_after_asset", PROTECTION, "BEFORE_ASSET", Kind.CONTENT)
meaning("uq_layout_plan_version", LAYOUT, "VERSION_CONFLICT", Kind.STALE)


class BackgroundRight(Base, table=True):
    """A right that a member brought in and declared, and the license that the centre has of it."""

    __tablename__ = "background_right"
    __table_args__ = (
        UniqueConstraint("asset_id", "org_id", name="uq_background_right_asset_id_org_id"),
        Index("ix_background_right_center_id_id", "center_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    org_id: UUID
    scope: str
    restrictions: str | None = None
    license_id: UUID | None = Field(default=None, foreign_key="license.id")
    version: int = 1
    declared_by: UUID
    declared_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class LayoutPlan(Base, table=True):
    """A version of a centre's plan of rights for a year; the highest one counts."""

    __tablename__ = "layout_plan"
    __table_args__ = (
        UniqueConstraint("center_id", "year", "version", name="uq_layout_plan_version"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    year: int
    version: int
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class LayoutLine(Base, table=True):
    """How many rights of a kind a plan wants in a branch and country."""

    __tablename__ = "layout_line"
    __table_args__ = (
        UniqueConstraint("plan_id", "branch", "jurisdiction", "kind", name="uq_layout_line_place"),
        CheckConstraint("planned > 0", name="planned"),
        {"info": {"insert_only": True}},
    )

    plan_id: UUID = Field(foreign_key="layout_plan.id", primary_key=True)
    place: int = Field(primary_key=True)
    branch: str
    jurisdiction: str
    kind: AssetKind = Field(sa_column=Column(EnumText(AssetKind), nullable=False))
    planned: int


class AssetBranch(Base, table=True):
    """The branch of the technology that an asset belongs to."""

    __tablename__ = "asset_branch"

    asset_id: UUID = Field(foreign_key="ip_asset.id", primary_key=True)
    branch: str
    placed_by: UUID
    placed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ProtectionEvent(Base, table=True):
    """What happened to a right: infringed, attacked, pledged, insured."""

    __tablename__ = "protection_event"
    __table_args__ = (
        Index("ix_protection_event_asset_id", "asset_id"),
        CheckConstraint("until_on IS NULL OR until_on >= occurred_on", name="days"),
        CheckConstraint(
            "kind NOT IN ('pledge', 'insurance')"
            " OR (amount_fen IS NOT NULL AND until_on IS NOT NULL)",
            name="whole",
        ),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    kind: ProtectionKind = Field(sa_column=Column(EnumText(ProtectionKind), nullable=False))
    occurred_on: date
    until_on: date | None = None
    counterparty: str
    outcome: str | None = None
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
