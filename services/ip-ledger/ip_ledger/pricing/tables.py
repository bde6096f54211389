"""How prices were found; recorded once for a deal, never edited."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.pricing.rules import PRICING, DealKind, PriceMethod
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_price_finding_deal_id", PRICING, "ALREADY_EXISTS", Kind.STATE)


class PriceFinding(Base, table=True):
    """How the price of a license or a technology contract was found, and who was told."""

    __tablename__ = "price_finding"
    __table_args__ = (
        UniqueConstraint("deal_id", name="uq_price_finding_deal_id"),
        Index("ix_price_finding_center_id_id", "center_id", "id"),
        CheckConstraint("price_fen >= 0", name="price_fen"),
        CheckConstraint("method = 'negotiated' OR venue IS NOT NULL", name="venue"),
        CheckConstraint(
            "NOT is_public_institute OR method <> 'negotiated' OR published_on IS NOT NULL",
            name="publicity",
        ),
        CheckConstraint("(published_on IS NULL) = (publicity_file_id IS NULL)", name="evidence"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    deal: DealKind = Field(sa_column=Column(EnumText(DealKind), nullable=False))
    deal_id: UUID
    # The day of the deal, before which staff are told.
    deal_on: date | None = None
    seller_id: UUID
    is_public_institute: bool
    method: PriceMethod = Field(sa_column=Column(EnumText(PriceMethod), nullable=False))
    price_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    found_on: date
    venue: str | None = None
    published_on: date | None = None
    publicity_file_id: UUID | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
