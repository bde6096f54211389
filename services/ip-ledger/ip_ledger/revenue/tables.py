"""Income of an asset and its deductions; recorded once, never edited."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Index, Uuid
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.revenue.rules import CORRECTIONS, NET_INCOME, DeductionKind, RevenueKind
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.money import MAX_FEN
from shared.rules import Kind

meaning("pk_revenue_undoing", CORRECTIONS, "ALREADY_REVERSED")
meaning("ck_revenue_event_after_asset", NET_INCOME, "BEFORE_ASSET", Kind.CONTENT)
meaning("ck_revenue_event_earned", NET_INCOME, "AMOUNT_ZERO", Kind.CONTENT)


class RevenueEvent(Base, table=True):
    """Money received for an asset on a day; `source_id` is the license or contract behind it."""

    __tablename__ = "revenue_event"
    __table_args__ = (
        Index("ix_revenue_event_center_id_received_on", "center_id", "received_on"),
        Index("ix_revenue_event_asset_id", "asset_id"),
        CheckConstraint("gross_fen >= 0", name="gross_fen"),
        # A year of one's own production may end with nothing; nobody else pays nothing.
        CheckConstraint("gross_fen > 0 OR kind = 'self_implementation'", name="earned"),
        CheckConstraint(f"gross_fen <= {MAX_FEN}", name="readable"),
        CheckConstraint("net_fen BETWEEN 0 AND gross_fen", name="net_fen"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID
    source_id: UUID | None = None
    kind: RevenueKind = Field(sa_column=Column(EnumText(RevenueKind), nullable=False))
    gross_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    net_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = "CNY"
    received_on: date
    # The member that received it for a consortium; none where the centre did itself (A053).
    trustee_org_id: UUID | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class RevenueDeduction(Base, table=True):
    """An amount that the law lets one take off, with the files that show it."""

    __tablename__ = "revenue_deduction"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        {"info": {"insert_only": True}},
    )

    event_id: UUID = Field(foreign_key="revenue_event.id", primary_key=True)
    place: int = Field(primary_key=True)
    kind: DeductionKind = Field(sa_column=Column(EnumText(DeductionKind), nullable=False))
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    # The clause of the agreement in force that allows what the law does not name (D12.1).
    agreement_id: UUID | None = Field(default=None, foreign_key="agreement.id")
    clause: str | None = None
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))


class RevenueUndoing(Base, table=True):
    """That an income was recorded wrongly; its entry is reversed, and no run shares it any more."""

    __tablename__ = "revenue_undoing"
    __table_args__ = ({"info": {"insert_only": True}},)

    event_id: UUID = Field(foreign_key="revenue_event.id", primary_key=True)
    reason: str
    effective_on: date
    undone_by: UUID
    undone_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
