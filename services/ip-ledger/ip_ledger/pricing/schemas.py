"""How prices were found, on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.pricing.rules import DealKind, PriceMethod
from shared.evidence import FileId
from shared.http.schemas import Body, Day, Earning, Money, Out, ShortText


class PricePublicityIn(Body):
    """What a public institute told its staff: the result's name and its price (转化法18)."""

    published_on: Day = Field(description="The day on which it was made public inside.")
    file_id: FileId = Field(description="The notice, as a file of the registry.")


class PriceFindingIn(Body):
    """How the price of a deal was found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "deal": "license",
                    "deal_id": "01980000-0000-7000-8000-000000000001",
                    "method": "negotiated",
                    "price": {"amount": 120000000, "currency": "CNY"},
                    "found_on": "2026-03-01",
                    "publicity": {
                        "published_on": "2026-03-02",
                        "file_id": "01980000-0000-7000-8000-000000000002",
                    },
                }
            ]
        }
    )

    deal: DealKind = Field(
        description="A license, a technology contract, or a contribution of a result as equity."
    )
    deal_id: UUID = Field(description="Which one.")
    method: PriceMethod = Field(description="By agreement, by listing on a market, or by auction.")
    price: Earning = Field(description="What it came to; a contract's own amount.")
    found_on: Day = Field(description="The day on which it was found.")
    venue: ShortText | None = Field(
        default=None, description="The market or auctioneer; not for an agreed price."
    )
    publicity: PricePublicityIn | None = Field(
        default=None, description="What staff were told; public institutes that negotiated owe it."
    )


class PriceFindingOut(Out):
    """How the price of a deal was found."""

    id: UUID = Field(description="The record.")
    center_id: UUID = Field(description="The centre of the deal.")
    deal: DealKind = Field(description="A license, or a technology contract.")
    deal_id: UUID = Field(description="Which one.")
    seller_id: UUID = Field(description="Whose price it is.")
    is_public_institute: bool = Field(description="Whether it owes its staff that word.")
    method: PriceMethod = Field(description="How it was found.")
    price: Money = Field(description="What it came to.")
    found_on: date = Field(description="When.")
    venue: str | None = Field(description="The market or auctioneer.")
    published_on: date | None = Field(description="When staff were told.")
    published_late: bool = Field(
        description="Whether they were told after the deal: 转化法18 asks for it before."
    )
    publicity_file_id: UUID | None = Field(description="Where that is written down.")
    recorded_at: datetime = Field(description="When it was recorded.")


class UnpricedDealOut(Out):
    """A deal whose price nobody has explained."""

    deal: DealKind = Field(description="A license, or a technology contract.")
    deal_id: UUID = Field(description="Which one.")
    seller_id: UUID = Field(description="Who is to explain it.")
