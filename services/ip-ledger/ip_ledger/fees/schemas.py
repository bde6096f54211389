"""Fees of rights on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.assets.rules import State as AssetState
from ip_ledger.costs.schemas import CostSourceIn
from ip_ledger.fees.restoration_rules import RestorationGround
from ip_ledger.fees.rules import FeeState
from ip_ledger.fees.schedule_rules import CountedFrom, EndsWith, Relief
from shared.evidence import FileId
from shared.http.schemas import Body, Code, Day, Earning, Money, Out

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
    evidence: list[FileId] = Field(
        default_factory=list,
        max_length=20,
        description="Files; at least one for a right that was taken for lapsed.",
    )
    sources: list[CostSourceIn] = Field(
        default_factory=list,
        max_length=100,
        description="Out of which money, where the centre itself paid; it is a cost of the right.",
    )


class MissedFeeIn(Body):
    """A fee that was missed, and paid for the restoration."""

    number: FeeNumber = Field(description="Which fee: the year of the patent that it pays for.")
    paid_on: Day = Field(description="On which day the office got it.")
    amount: Earning = Field(description="All that was paid, with what lateness added.")
    relief: Relief = Field(default=Relief.NONE, description="The reduction that was granted.")


class RestorationIn(Body):
    """The office's decision that a right comes back (专利法实施细则6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ground": "justified",
                    "counted_from": "2028-02-16",
                    "requested_on": "2028-03-20",
                    "decided_on": "2028-04-12",
                    "decision_no": "2028041200001",
                    "request_fee": {"amount": 100000, "currency": "CNY"},
                    "payments": [
                        {"number": 4, "paid_on": "2028-03-20", "amount": {"amount": 150000}}
                    ],
                    "evidence": ["0199a000-0000-7000-8000-0000000000f1"],
                }
            ]
        }
    )

    ground: RestorationGround = Field(description="`force_majeure`, or a `justified` reason.")
    counted_from: Day = Field(
        description="The day on which the obstacle was removed, or the office's notice received:"
        " two months run from it."
    )
    requested_on: Day = Field(description="When restoring was asked for.")
    decided_on: Day = Field(description="The day of the office's decision.")
    decision_no: Code = Field(description="The decision's number.")
    request_fee: Earning = Field(description="What the office asked for the request.")
    payments: list[MissedFeeIn] = Field(
        default_factory=list,
        max_length=20,
        description="Every fee whose grace was over on the day of the decision, in order.",
    )
    payer_org_id: UUID | None = Field(
        default=None, description="Who paid; one's own organization when absent."
    )
    evidence: list[FileId] = Field(
        min_length=1, max_length=20, description="Files: the decision, and the receipts."
    )
    sources: list[CostSourceIn] = Field(
        default_factory=list,
        max_length=100,
        description="Out of which money, where the centre itself paid; it is a cost of the right.",
    )


class RestorationOut(Out):
    """A right that came back."""

    id: UUID = Field(description="The restoration.")
    asset_id: UUID = Field(description="The right.")
    center_id: UUID = Field(description="The centre.")
    ground: RestorationGround = Field(description="`force_majeure`, or a `justified` reason.")
    ended_on: date = Field(description="The last day of the right before it came back.")
    counted_from: date = Field(description="From which day two months ran.")
    requested_on: date = Field(description="When restoring was asked for.")
    decided_on: date = Field(description="The day of the office's decision.")
    decision_no: str = Field(description="The decision's number.")
    request_fee: Money = Field(description="What the office asked for the request.")
    payer_org_id: UUID = Field(description="Who paid.")
    evidence: list[UUID] = Field(description="Files.")
    reported_at: datetime = Field(description="When it was recorded.")
    state: AssetState = Field(description="Where the right stands now.")
    term_until: date | None = Field(description="The last day of the right, by law.")


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
