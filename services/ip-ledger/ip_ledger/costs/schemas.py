"""Costs of rights, and money followed, on the wire."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.costs.rules import CostKind, SourceKind
from shared.evidence import FileId
from shared.http.schemas import MAX_SAFE, Body, Day, ExternalId, LongText, Money, Out, ShortText


class Spending(Money):
    """An amount above zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class CostSourceIn(Body):
    """A part of a cost and the money that paid it."""

    source_id: UUID = Field(
        description="A payment of a contribution, or a record of funding from outside."
    )
    amount: Spending = Field(description="How much of the cost it paid.")


class AssetCostIn(Body):
    """What was spent on a right."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "asset_id": "01980000-0000-7000-8000-000000000001",
                    "kind": "research",
                    "amount": {"amount": 30000000, "currency": "CNY"},
                    "spent_on": "2026-03-10",
                    "description": "铺粉试验材料",
                    "sources": [
                        {
                            "source_id": "01980000-0000-7000-8000-000000000011",
                            "amount": {"amount": 20000000, "currency": "CNY"},
                        }
                    ],
                }
            ]
        }
    )

    asset_id: UUID = Field(description="The right.")
    kind: CostKind = Field(description="On what.")
    amount: Spending = Field(description="All that was spent.")
    spent_on: Day = Field(description="When.")
    description: ShortText = Field(description="For what.")
    sources: list[CostSourceIn] = Field(
        default_factory=list, max_length=100,
        description="Out of which money, each once; what none paid stays unattributed.",
    )  # fmt: skip
    evidence: list[FileId] = Field(default_factory=list, max_length=20, description="Files.")
    external_id: ExternalId | None = Field(
        default=None, description="The reporter's own reference, once for a centre."
    )


class CostUndoingIn(Body):
    """Why a cost was written down wrongly."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "金额填写错误"}]})

    reason: LongText = Field(description="What was wrong.")
    effective_on: Day | None = Field(
        default=None, description="The day of the reversing entry; today when absent."
    )


class SourcePartOut(Out):
    """A source's part of a cost or an income."""

    source_id: UUID = Field(description="The payment or the record of funding.")
    amount: Money = Field(description="Its part.")


class AssetCostOut(Out):
    """What was spent on a right."""

    id: UUID = Field(description="The cost.")
    center_id: UUID = Field(description="The centre.")
    asset_id: UUID = Field(description="The right.")
    kind: CostKind = Field(description="On what.")
    amount: Money = Field(description="How much; below zero for what undoes another one.")
    spent_on: date = Field(description="When.")
    description: str = Field(description="For what.")
    trustee_org_id: UUID | None = Field(description="Who paid it out of money held in trust.")
    fee_id: UUID | None = Field(description="The fee that it paid.")
    entry_id: UUID = Field(description="Its entry in the books.")
    undoes_id: UUID | None = Field(description="The cost that it undoes.")
    reason: str | None = Field(description="Why.")
    evidence: list[UUID] = Field(description="Files.")
    recorded_at: datetime = Field(description="When it was written down.")


class TrailSubject(StrEnum):
    """From where money is followed."""

    ASSET = "asset"
    CONTRIBUTION = "contribution"
    REVENUE = "revenue"


class TrailSourceOut(Out):
    """Money, what it paid for, and what comes back to it."""

    source_id: UUID = Field(description="The payment or the record of funding.")
    kind: SourceKind = Field(description="A member's contribution, or money from outside.")
    contribution_id: UUID | None = Field(description="The contribution.")
    org_id: UUID | None = Field(description="Who gave it.")
    received: Money = Field(description="How much it was.")
    received_on: date = Field(description="When it came in.")
    held_in_trust: bool = Field(description="Came in before the centre was registered.")
    spent: Money = Field(description="What of it paid for these costs.")
    earned: Money = Field(description="What of these incomes goes back to it.")


class TrailCostOut(Out):
    """A cost and who paid it."""

    cost_id: UUID = Field(description="The cost.")
    asset_id: UUID = Field(description="The right.")
    kind: CostKind = Field(description="On what.")
    spent_on: date = Field(description="When.")
    amount: Money = Field(description="All of it.")
    in_scope: Money = Field(description="What of it belongs to what was asked for.")
    held_in_trust: bool = Field(description="Paid by a trustee out of money that it held.")
    sources: list[SourcePartOut] = Field(description="The parts that one may see.")
    by_others: Money = Field(description="What money of others paid.")
    unattributed: Money = Field(description="What nobody is known to have paid.")


class PayeePartOut(Out):
    """What somebody was paid of an income."""

    payee_id: UUID = Field(description="Who.")
    amount: Money = Field(description="How much.")


class TrailIncomeOut(Out):
    """An income, to whose money it goes back, and who was paid."""

    event_id: UUID = Field(description="The income.")
    asset_id: UUID = Field(description="The right.")
    received_on: date = Field(description="When.")
    net: Money = Field(description="All of it, after deductions.")
    in_scope: Money = Field(description="What of it belongs to what was asked for.")
    held_in_trust: bool = Field(description="Received by a trustee.")
    sources: list[SourcePartOut] = Field(description="The parts that one may see.")
    by_others: Money = Field(description="What goes back to money of others.")
    unattributed: Money = Field(description="What nobody is known to have paid for.")
    payees: list[PayeePartOut] = Field(description="Who was paid what of it by runs.")
    unpaid: Money = Field(description="What has not been paid out yet.")


class TrailSumsOut(Out):
    """The sums of a trail; each is the sum of its parts."""

    spent: Money = Field(description="All costs, as far as they belong to what was asked for.")
    spent_unattributed: Money = Field(description="What of that nobody is known to have paid.")
    earned: Money = Field(description="All income, as far as it belongs to it.")
    earned_unattributed: Money = Field(description="What of that is nobody's.")
    paid: Money = Field(description="What was paid out of these incomes, whole.")
    unpaid: Money = Field(description="What of these incomes waits.")
    unspent: Money | None = Field(description="Of a contribution: what of it is not spent yet.")


class MoneyTrailOut(Out):
    """Money followed from what came in to who got what it earned."""

    subject: TrailSubject = Field(description="From where.")
    subject_id: UUID = Field(description="The asset, contribution or income.")
    center_id: UUID = Field(description="The centre.")
    sources: list[TrailSourceOut] = Field(description="The money that one may see, as it came in.")
    costs: list[TrailCostOut] = Field(description="What was spent, the earliest first.")
    income: list[TrailIncomeOut] = Field(description="What was earned, the earliest first.")
    sums: TrailSumsOut = Field(description="All of it together.")
