"""Calls for the catalogue, the products nominated to it, and the contracts of first purchases."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import Base
from registry.products.rules import (
    CATALOGUE,
    FIRST_PURCHASE,
    ProductKind,
    ProductSector,
    ProductState,
)
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

ONE_CALL_A_YEAR: Final = "uq_product_call_year"
ONE_NUMBER: Final = "uq_product_catalog_no"
ONE_NOMINATION: Final = "uq_product_one_open"
ONE_CONTRACT: Final = "uq_first_purchase_contract_no"


class ProductCall(Base, table=True):
    """A year's call for the catalogue: the last day to nominate, the last day it holds."""

    __tablename__ = "product_call"
    __table_args__ = (
        UniqueConstraint("year", name=ONE_CALL_A_YEAR),
        CheckConstraint("valid_until > cut_off_on", name="days_in_order"),
        {"info": resource("product_call")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int
    title: str
    cut_off_on: date
    valid_until: date
    opened_by: UUID
    opened_on: date


class Product(Base, table=True):
    """A product nominated to the catalogue; `catalog_no` and its days come with the entry.

    `maker_name` is the maker's name as the list shows it: a later change of name leaves it.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("catalog_no", name=ONE_NUMBER),
        CheckConstraint(
            "(state IN ('catalogued', 'removed')) = (catalog_no IS NOT NULL)",
            name="number_comes_with_entry",
        ),
        CheckConstraint(
            "(catalog_no IS NULL) = (valid_from IS NULL)"
            " AND (catalog_no IS NULL) = (valid_to IS NULL)",
            name="entry_has_days",
        ),
        CheckConstraint(
            "valid_to >= valid_from - 1 AND (state = 'removed' OR valid_to >= valid_from)",
            name="days_in_order",
        ),
        # The same maker's product is not twice under way to one year's catalogue.
        Index(
            ONE_NOMINATION,
            "call_id",
            "maker_org_id",
            "name",
            unique=True,
            postgresql_where=text("state NOT IN ('rejected', 'withdrawn', 'removed')"),
        ),
        Index("ix_product_center_id", "center_id"),
        Index("ix_product_state", "state", "id"),
        Index("ix_product_valid", "valid_from", "valid_to", "id"),
        {"info": resource("product", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    call_id: UUID = Field(foreign_key="product_call.id")
    center_id: UUID = Field(foreign_key="center.id")
    maker_org_id: UUID = Field(foreign_key="organization.id", index=True)
    maker_name: str
    kind: ProductKind = Field(sa_column=Column(EnumText(ProductKind), nullable=False))
    sector: ProductSector = Field(sa_column=Column(EnumText(ProductSector), nullable=False))
    name: str
    description: str
    patents: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    particulars: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    first_sale_on: date | None = None
    first_purchase: bool
    evidence: list[str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    provisional: bool
    rule_source: str
    policy_version: str
    state: ProductState = Field(
        default=ProductState.NOMINATED, sa_column=Column(EnumText(ProductState), nullable=False)
    )
    nominated_by: UUID
    nominated_at: datetime = Field(sa_type=InstantColumn)
    reviewed_by: UUID | None = None
    noticed_by: UUID | None = None
    decided_by: UUID | None = None
    reason: str | None = None
    catalog_no: str | None = None
    year: int
    valid_from: date | None = None
    valid_to: date | None = None


class FirstPurchase(Base, table=True):
    """A contract by which a public buyer bought a product first; public once it is entered."""

    __tablename__ = "first_purchase"
    __table_args__ = (
        # A number that was entered by mistake may be entered again.
        Index(
            ONE_CONTRACT,
            "contract_no",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("(withdrawn_at IS NULL) = (reason IS NULL)", name="withdrawal_says_why"),
        CheckConstraint("late = (recorded_on > due_on)", name="late_is_told"),
        Index("ix_first_purchase_product_id", "product_id"),
        Index("ix_first_purchase_center_id", "center_id"),
        Index("ix_first_purchase_recorded_at", "recorded_at", "id"),
        {"info": resource("first_purchase")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    contract_no: str
    product_id: UUID = Field(foreign_key="product.id")
    center_id: UUID = Field(foreign_key="center.id")
    product_name: str
    maker_name: str
    buyer_name: str
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    signed_on: date
    due_on: date
    recorded_on: date
    recorded_at: datetime = Field(sa_type=InstantColumn)
    recorded_by: UUID
    recorded_by_org_id: UUID | None = None
    late: bool
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    withdrawn_by: UUID | None = None
    reason: str | None = None


meaning(ONE_CALL_A_YEAR, CATALOGUE, "ALREADY_EXISTS")
meaning(ONE_NUMBER, CATALOGUE, "STATE_CONFLICT")
meaning(ONE_NOMINATION, CATALOGUE, "ALREADY_EXISTS")
meaning(ONE_CONTRACT, FIRST_PURCHASE, "ALREADY_EXISTS")
