"""How a deal's price was found: by agreement, by listing or by auction (转化法18)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

PRICING: Final = Rule("A030", "二(三)功能三 · 转化法18")


class PriceMethod(StrEnum):
    """The three ways that the law knows."""

    NEGOTIATED = "negotiated"
    LISTED = "listed"
    AUCTION = "auction"


class DealKind(StrEnum):
    """What was dealt in."""

    LICENSE = "license"
    TECH_CONTRACT = "tech_contract"
    # A result that is put in as equity (作价投资).
    CONTRIBUTION = "contribution"


@dataclass(frozen=True, slots=True)
class Publicity:
    """What staff were told, and where that is written down."""

    published_on: date
    file_id: UUID


@dataclass(frozen=True, slots=True)
class Finding:
    """How a price was found; `venue` is the exchange or the auctioneer."""

    method: PriceMethod
    price_fen: int
    found_on: date
    venue: str | None = None
    publicity: Publicity | None = None


def finding_checks(
    finding: Finding, *, is_public_institute: bool, agreed_fen: int | None, today: date
) -> list[Check]:
    """Check how a price was found; `agreed_fen` is the contract's own amount, where it has one.

    A public institute that negotiated names result and price inside, so that its staff can object;
    a market needs no such word, but has a place.
    """
    told_on = None if finding.publicity is None else finding.publicity.published_on
    return [
        PRICING.check(
            "PRICE_PUBLICITY_MISSING",
            Kind.CONTENT,
            passed=finding.method is not PriceMethod.NEGOTIATED
            or not is_public_institute
            or told_on is not None,
            pointer="/publicity",
        ),
        PRICING.check(
            "PRICE_VENUE_MISSING",
            Kind.CONTENT,
            passed=finding.method is PriceMethod.NEGOTIATED or bool(finding.venue),
            pointer="/venue",
        ),
        PRICING.check(
            "PRICE_MISMATCH",
            Kind.CONTENT,
            passed=agreed_fen is None or agreed_fen == finding.price_fen,
            pointer="/price",
            agreed_fen=agreed_fen,
        ),
        *(
            PRICING.past(day, today, pointer)
            for pointer, day in (
                ("/found_on", finding.found_on),
                ("/publicity/published_on", told_on),
            )
        ),
    ]


def deal_checks(*, is_priced: bool) -> list[Check]:
    """Check that a contribution is a result put in as equity: money has its price already."""
    return [
        PRICING.check(
            "FIELD_INVALID", Kind.CONTENT, passed=is_priced, pointer="/deal_id", field="deal_id"
        )
    ]


def told_late(deal_on: date | None, published_on: date | None) -> bool:
    """Tell whether staff learned of the price after the deal: 拟交易价格 is told before it."""
    return deal_on is not None and published_on is not None and deal_on < published_on


def seller_checks(seller_id: UUID, acting_id: UUID | None) -> list[Check]:
    """Check that the seller itself says how its price was found."""
    return [PRICING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == seller_id)]
