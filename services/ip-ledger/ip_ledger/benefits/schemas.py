"""Membership benefits on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.agreements.rules import ExitMethod
from ip_ledger.costs.schemas import Spending
from shared.evidence import FileId
from shared.http.schemas import Body, Day, ExternalId, Money, Out, Year


class PoolIncomeIn(Body):
    """What came into the pool on a day."""

    received_on: Day = Field(description="The day, within the year.")
    amount: Spending = Field(description="How much.")


class BenefitDivisionIn(Body):
    """A year's pool of membership benefits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "0199a000-0000-7000-8000-0000000000c3",
                    "external_id": "2026-会员收益",
                    "year": 2026,
                    "incomes": [
                        {
                            "received_on": "2026-03-15",
                            "amount": {"amount": 60000000, "currency": "CNY"},
                        }
                    ],
                    "resolved_on": "2026-12-31",
                    "resolution_file_id": "0199a000-0000-7000-8000-0000000000f3",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    external_id: ExternalId = Field(description="The pool's own name: divided once.")
    year: Year = Field(description="The year.")
    incomes: list[PoolIncomeIn] = Field(
        min_length=1, max_length=1_000, description="What came in, by day."
    )
    resolved_on: Day = Field(description="The day of the resolution; its agreement holds.")
    resolution_file_id: FileId = Field(description="The resolution.")


class BenefitLineOut(Out):
    """What a party gets of a pool."""

    org_id: UUID = Field(description="The party.")
    benefit_ppm: int = Field(description="Its share of benefit.")
    last_on: date | None = Field(description="Its last day as a member, if it left.")
    amount: Money = Field(description="What it gets.")


class DivisionUndoingOut(Out):
    """That a division was recorded wrongly."""

    reason: str = Field(description="What was wrong.")
    effective_on: date = Field(description="The day of the reversing entry.")
    entry_id: UUID = Field(description="The reversing entry.")
    undone_at: datetime = Field(description="When.")


class BenefitDivisionOut(Out):
    """A divided pool; its lines sum to it."""

    id: UUID = Field(description="The division.")
    center_id: UUID = Field(description="The centre.")
    external_id: str = Field(description="The pool's own name.")
    year: int = Field(description="The year.")
    agreement_id: UUID = Field(description="The agreement that says the shares.")
    method: ExitMethod = Field(description="How an exit within the year counts, as agreed.")
    pool: Money = Field(description="All of it.")
    lines: list[BenefitLineOut] = Field(description="In the order of the signed agreement.")
    resolved_on: date = Field(description="The day of the resolution.")
    resolution_file_id: UUID = Field(description="The resolution.")
    entry_id: UUID = Field(description="Its journal entry.")
    recorded_at: datetime = Field(description="When it was divided.")
    undoing: DivisionUndoingOut | None = Field(description="How it was undone, if it was.")
