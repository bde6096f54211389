"""Fees of rights on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.costs.schemas import CostSourceIn
from ip_ledger.fees.rules import FeeState
from ip_ledger.fees.schedule_rules import CountedFrom, EndsWith, Relief
from shared.http.schemas import Body, Day, Earning, Money, Out

FeeNumber = Annotated[int, Field(strict=True, ge=1, le=100)]


class FeePaymentIn(Body):
    """A fee that was paid at the office."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 4,
                    "paid_on": "2026-10-30",
                    "amount": {"amount": 120000, "currency": "CNY"},
                    "relief": "none",
                }
            ]
        }
    )

    number: FeeNumber = Field(description="Which fee: the year of the patent that it pays for.")
    paid_on: Day = Field(description="On which day the office got it.")
    amount: Earning = Field(description="All that was paid, with what lateness added.")
    relief: Relief = Field(default=Relief.NONE, description="The reduction that was granted.")
    payer_org_id: UUID | None = Field(
        default=None, description="Who paid; one's own organization when absent."
    )
    evidence: list[UUID] = Field(
        default_factory=list,
        max_length=20,
        description="Files; at least one for a right that was taken for lapsed.",
    )
    sources: list[CostSourceIn] = Field(
        default_factory=list,
        max_length=100,
        description="Out of which money, where the centre itself paid; it is a cost of the right.",
    )


class RightFeeOut(Out):
    """A fee that keeps a right alive."""

    id: UUID = Field(description="The fee.")
    center_id: UUID = Field(description="The centre.")
    asset_id: UUID = Field(description="The right.")
    number: int = Field(description="The year of the patent that it pays for.")
    statutory_on: date = Field(description="The day of the calendar on which it falls due.")
    due_on: date = Field(description="The last day in time: that day, or the next working day.")
    grace_until: date = Field(description="The last day on which it can be paid late.")
    amount: Money | None = Field(
        description="The whole fee; none where the office's tariff is not kept."
    )
    law: str = Field(description="The law that asks for it.")
    tariff_id: UUID = Field(description="The version of the tariff by which it is judged.")
    state: FeeState = Field(description="Where it stands.")
    paid_on: date | None = Field(description="When it was paid.")
    paid: Money | None = Field(description="What was paid.")
    surcharge: Money = Field(description="What of that lateness added.")
    relief: Relief = Field(description="The reduction that was granted.")
    payer_org_id: UUID | None = Field(description="Who paid.")
    evidence: list[UUID] = Field(description="Files.")
    reported_at: datetime | None = Field(description="When the payment was reported.")


class FeePlanOut(Out):
    """A fee of the office's schedule, and what became of it here."""

    number: int = Field(description="The year of the patent that it pays for.")
    due_on: date = Field(description="The last day in time.")
    grace_until: date = Field(description="The last day on which it can be paid late.")
    amount: Money | None = Field(description="The whole fee.")
    law: str = Field(description="The law that asks for it on its day.")
    tariff_id: UUID = Field(description="The version of the tariff in force on its day.")
    state: FeeState | None = Field(
        description="Where it stands; null for one that nobody owes yet, or paid before it came."
    )
    owed_today: Money | None = Field(description="What it comes to today, without a reduction.")


class FeeScheduleOut(Out):
    """The fees of a right by law, from its grant to its last day."""

    asset_id: UUID = Field(description="The right.")
    law: str | None = Field(description="The law that asks for them, or that asks for none.")
    counted_from: CountedFrom | None = Field(description="From which day the years are counted.")
    grace_months: int | None = Field(description="How long a fee can be paid late.")
    ends_with: EndsWith | None = Field(description="The last day of a right without its fee.")
    is_known: bool = Field(
        description="False where the office's schedule is not kept here: mind it yourself."
    )
    is_confirmed: bool = Field(
        description="Whether today's tariff was held against the office's own list."
    )
    tariff_id: UUID | None = Field(description="Today's version of the tariff.")
    fees: list[FeePlanOut] = Field(description="Each fee after the grant, in order.")
