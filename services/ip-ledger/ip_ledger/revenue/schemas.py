"""Income on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.revenue.rules import DeductionKind, RevenueKind
from shared.evidence import FileId
from shared.http.schemas import (
    MAX_SAFE,
    Body,
    CheckOut,
    Day,
    Earning,
    LongText,
    Money,
    Out,
    ShortText,
)


class DeductedAmount(Money):
    """An amount taken off: more than zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class DeductionIn(Body):
    """What the law lets one take off before sharing."""

    kind: DeductionKind = Field(
        description="`tax`, `maintenance` of the result, `direct` costs of the deal; and"
        " `management_fee` only with the clause of the agreement that allows it."
    )
    amount: DeductedAmount = Field(description="The amount deducted.")
    clause: ShortText | None = Field(
        default=None, description="The clause of the agreement in force, for what no law names."
    )
    evidence: list[FileId] = Field(
        default_factory=list, max_length=20, description="Files that show the amount."
    )


class RevenueEventIn(Body):
    """Money received for an asset."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "asset_id": "01980000-0000-7000-8000-000000000001",
                    "source_id": "01980000-0000-7000-8000-000000000002",
                    "kind": "license",
                    "gross": {"amount": 120000000, "currency": "CNY"},
                    "deductions": [
                        {"kind": "tax", "amount": {"amount": 6792453, "currency": "CNY"}},
                        {"kind": "maintenance", "amount": {"amount": 3000000, "currency": "CNY"}},
                        {"kind": "direct", "amount": {"amount": 2000000, "currency": "CNY"}},
                    ],
                    "received_on": "2028-03-01",
                }
            ]
        }
    )

    asset_id: UUID = Field(description="The asset that earned it.")
    source_id: UUID | None = Field(
        default=None, description="The license or technology contract behind it."
    )
    kind: RevenueKind = Field(description="How it was earned; decides which floor the law sets.")
    gross: Earning = Field(description="What came in.")
    deductions: list[DeductionIn] = Field(
        default_factory=list, max_length=100, description="What is taken off before sharing."
    )
    received_on: Day = Field(description="The day the money came in; the owners of that day share.")
    held_in_trust: bool = Field(
        default=False, description="Received by the trustee of an unregistered consortium (A053)."
    )


class DeductionOut(Out):
    """A deduction as recorded."""

    kind: DeductionKind = Field(description="What it is for.")
    amount: Money = Field(description="The amount deducted.")
    clause: str | None = Field(description="The clause cited.")
    agreement_id: UUID | None = Field(description="The agreement that the clause stands in.")
    evidence: list[UUID] = Field(description="Files that show the amount.")


class RevenueEventOut(Out):
    """Income as recorded, with its net amount."""

    id: UUID = Field(description="The event.")
    center_id: UUID = Field(description="The asset's centre.")
    asset_id: UUID = Field(description="The asset that earned it.")
    source_id: UUID | None = Field(description="The license or technology contract behind it.")
    kind: RevenueKind = Field(description="How it was earned.")
    gross: Money = Field(description="What came in.")
    deductions: list[DeductionOut] = Field(description="What was taken off.")
    trustee_org_id: UUID | None = Field(description="Who holds it in trust, if anybody does.")
    net: Money = Field(description="Gross less deductions: what is shared.")
    received_on: date = Field(description="The day the money came in.")
    recorded_at: datetime = Field(description="When it was recorded.")
    state: str = Field(
        default="recorded", description="`recorded`, or `undone`: an event is never edited."
    )
    undone_on: date | None = Field(default=None, description="The day of the reversing entry.")
    undone_reason: str | None = Field(default=None, description="Why it was undone.")
    version: int = Field(default=1, description="Always 1.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class RevenueUndoingIn(Body):
    """Why an income was recorded wrongly."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "金额填写错误"}]})

    reason: LongText = Field(description="What was wrong.")
    effective_on: Day | None = Field(
        default=None, description="The day of the reversing entry; today when absent."
    )
