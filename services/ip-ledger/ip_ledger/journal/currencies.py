"""Amounts in the currencies in which books are kept, on the wire."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.codes.currencies import MINOR_DIGITS
from shared.http.schemas import MAX_SAFE, Body, Int53


def _known(value: str) -> str:
    if value not in MINOR_DIGITS:
        raise PydanticCustomError(
            "CURRENCY_UNKNOWN",
            "a currency of ISO 4217",
            {"rule": "X07", "clause": "delivery"},
        )
    return value


Currency = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
    Field(description="ISO 4217."),
]


class BookAmount(Body):
    """An amount in minor units of its currency: 分, cents, whole yen."""

    amount: Int53 = Field(description="Integer minor units, as many as ISO 4217 says.")
    currency: Currency = Field(default="CNY", description="ISO 4217.")


class PostedAmount(BookAmount):
    """An amount of a posting: more than zero; the side gives its sign."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units; more than zero."
    )


def booked(amount: int, currency: str) -> BookAmount:
    """Give minor units as an amount."""
    return BookAmount(amount=amount, currency=currency)
