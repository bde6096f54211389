"""Fees of rights: the one that is owed next, and what became of those before it."""

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
from ip_ledger.fees.rules import UPKEEP, FeeState
from ip_ledger.fees.schedule_rules import Relief
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

meaning("uq_right_fee_asset_id_number", UPKEEP, "FEE_NOT_OWED")
meaning("uq_right_fee_owed", UPKEEP, "FEE_NOT_OWED")


class RightFee(Base, table=True):
    """A fee that an office wants for a right; of an asset one at a time is owed."""

    __tablename__ = "right_fee"
    __table_args__ = (
        UniqueConstraint("asset_id", "number"),
        Index(
            "uq_right_fee_owed",
            "asset_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'overdue')"),
        ),
        Index("ix_right_fee_center_id_due_on", "center_id", "due_on"),
        CheckConstraint("statutory_on <= due_on AND due_on <= grace_until", name="days"),
        CheckConstraint(
            "(state IN ('paid', 'paid_late')) = (paid_on IS NOT NULL)"
            " AND (paid_on IS NULL) = (paid_fen IS NULL)"
            " AND (paid_on IS NULL) = (payer_org_id IS NULL)",
            name="paid_whole",
        ),
        CheckConstraint(
            "paid_on IS NULL OR (state = 'paid') = (paid_on <= due_on)", name="paid_in_time"
        ),
        CheckConstraint("paid_on IS NULL OR paid_on <= grace_until", name="paid_in_grace"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    number: int
    # The day of the calendar, and the working day on which it ends; both are included.
    statutory_on: date
    due_on: date
    grace_until: date
    # The whole fee, none where the office's tariff is not kept.
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    law: str
    state: FeeState = Field(sa_column=Column(EnumText(FeeState), nullable=False))
    # The reminder given last, in days before the last one.
    reminded_days: int | None = None
    paid_on: date | None = None
    paid_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    surcharge_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    relief: Relief = Field(
        default=Relief.NONE,
        sa_column=Column(EnumText(Relief), nullable=False, server_default="none"),
    )
    payer_org_id: UUID | None = None
    evidence_ids: list[UUID] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(Uuid()), nullable=False, server_default="{}"),
    )
    opened_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    reported_by: UUID | None = None
    reported_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
