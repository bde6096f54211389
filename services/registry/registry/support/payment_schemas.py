"""Payments of measures, over the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.support.payment_rules import PaymentState
from registry.support.schemas import SupportAmount
from registry.support.tables import SupportPayment
from shared.http.schemas import Body, Code, Day, Money, Out, fen


class SupportPaymentIn(Body):
    """What was paid of a measure (A138)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "amount": {"amount": 150000000, "currency": "CNY"},
                    "paid_on": "2027-09-15",
                    "voucher_no": "ZC-2027-0031",
                }
            ]
        }
    )

    amount: SupportAmount = Field(description="How much.")
    paid_on: Day = Field(description="The day of payment.")
    voucher_no: Code = Field(description="The treasury's voucher; one pays once.")


class SupportPaymentOut(Out):
    """A payment of a measure."""

    id: UUID = Field(description="The payment.")
    version: int = Field(description="Rises with each change.")
    measure_id: UUID = Field(description="The measure.")
    center_id: UUID = Field(description="The centre.")
    payee_org_id: UUID = Field(description="The centre's legal person then.")
    amount: Money = Field(description="How much.")
    paid_on: date = Field(description="The day of payment.")
    voucher_no: str = Field(description="The treasury's voucher.")
    state: PaymentState = Field(description="Where it stands.")
    decided_on: date | None = Field(description="When it was decided last.")
    reason: str | None = Field(description="Why it was rejected or recalled.")

    @classmethod
    def of(cls, row: SupportPayment) -> "SupportPaymentOut":
        """Show a stored payment."""
        return cls(amount=fen(row.amount_fen), **row.model_dump(exclude={"amount_fen"}))
