"""Costs of rights, out of which money they were paid, and how much of each money is spent."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.costs.rules import CORRECTIONS, COSTS, CostKind, SourceKind
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.money import MAX_FEN

meaning("ck_money_source_spent", COSTS, "SOURCE_SPENT")
meaning("uq_asset_cost_undoes_id", CORRECTIONS, "ALREADY_REVERSED")
meaning("uq_asset_cost_reference", COSTS, "EXTERNAL_ID_MISMATCH")


class AssetCost(Base, table=True):
    """Money spent on a right; what was written down wrongly is undone by a row below zero."""

    __tablename__ = "asset_cost"
    __table_args__ = (
        UniqueConstraint("undoes_id"),
        Index("ix_asset_cost_asset_id_spent_on", "asset_id", "spent_on"),
        Index("ix_asset_cost_center_id_id", "center_id", "id"),
        Index(
            "uq_asset_cost_reference",
            "center_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        CheckConstraint(
            "(undoes_id IS NULL AND amount_fen > 0) OR (undoes_id IS NOT NULL AND amount_fen < 0)",
            name="sign",
        ),
        CheckConstraint("(undoes_id IS NULL) = (reason IS NULL)", name="reason"),
        CheckConstraint(f"abs(amount_fen) <= {MAX_FEN}", name="readable"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    kind: CostKind = Field(sa_column=Column(EnumText(CostKind), nullable=False))
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    spent_on: date
    description: str
    # Who paid it out of the money that it holds for a consortium (A053).
    trustee_org_id: UUID | None = None
    fee_id: UUID | None = Field(default=None, foreign_key="right_fee.id")
    external_id: str | None = None
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    undoes_id: UUID | None = Field(default=None, foreign_key="asset_cost.id")
    reason: str | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class MoneySource(Base, table=True):
    """How much of a payment or of funding has been spent; never more than came in."""

    __tablename__ = "money_source"
    __table_args__ = (CheckConstraint("spent_fen BETWEEN 0 AND received_fen", name="spent"),)

    # The payment of a contribution, or the record of funding; their ids never meet.
    source_id: UUID = Field(primary_key=True)
    center_id: UUID
    kind: SourceKind = Field(sa_column=Column(EnumText(SourceKind), nullable=False))
    received_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    spent_fen: int = Field(sa_column=Column(BigInteger, nullable=False))


class AssetCostSource(Base, table=True):
    """The part of a cost that a source paid; below zero where it undoes one."""

    __tablename__ = "asset_cost_source"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_fen"),
        Index("ix_asset_cost_source_source_id", "source_id"),
        {"info": {"insert_only": True}},
    )

    cost_id: UUID = Field(foreign_key="asset_cost.id", primary_key=True)
    source_id: UUID = Field(foreign_key="money_source.source_id", primary_key=True)
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
