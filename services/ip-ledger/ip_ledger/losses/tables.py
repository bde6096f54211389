"""Losses and what each party bears of them; recorded once, never edited."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, Index, UniqueConstraint, Uuid
from sqlmodel import Field

from ip_ledger.base import Base
from shared.database import InstantColumn, JsonColumn, new_id
from shared.money import MAX_FEN


class LossEvent(Base, table=True):
    """A loss of joint work on a day, and the agreement by which it was divided."""

    __tablename__ = "loss_event"
    __table_args__ = (
        Index("ix_loss_event_center_id_id", "center_id", "id"),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(f"amount_fen <= {MAX_FEN}", name="readable"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID | None = Field(default=None, foreign_key="ip_asset.id")
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = "CNY"
    occurred_on: date
    reason: str
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    agreement_id: UUID = Field(foreign_key="agreement.id")
    entry_id: UUID = Field(foreign_key="journal_entry.id")
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class LossLine(Base, table=True):
    """What one party bears; the lines of a loss sum to it."""

    __tablename__ = "loss_line"
    __table_args__ = (
        UniqueConstraint("loss_id", "place"),
        Index("ix_loss_line_party_id", "party_id"),
        CheckConstraint("amount_fen >= 0", name="amount_fen"),
        CheckConstraint("risk_ppm BETWEEN 1 AND 1000000", name="risk_ppm"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    loss_id: UUID = Field(foreign_key="loss_event.id")
    place: int
    party_id: UUID
    risk_ppm: int
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    explanation: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
