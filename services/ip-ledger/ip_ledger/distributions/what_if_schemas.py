"""What would be, on the wire."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from ip_ledger.distributions.schemas import InventorRewardOut, RewardRuleIn, StepOut
from ip_ledger.revenue.rules import RevenueKind
from ip_ledger.revenue.schemas import DeductionIn
from ip_ledger.rewards.rules import Incentive
from shared.http.expected import unfit
from shared.http.schemas import Body, Day, Earning, Money, Out, PpmValue

ASSET = "01980000-0000-7000-8000-000000000001"
ORGS = ("01980000-0000-7000-8000-000000000002", "01980000-0000-7000-8000-000000000003")


class SupposedIncomeIn(Body):
    """Income that has not come in; its day may lie ahead."""

    asset_id: UUID = Field(description="The asset that would earn it.")
    kind: RevenueKind = Field(description="How it would be earned.")
    gross: Earning = Field(description="What would come in.")
    deductions: list[DeductionIn] = Field(
        default_factory=list, max_length=100, description="What would be taken off."
    )
    received_on: Day = Field(description="The day; the owners of that day share.")


class SupposedShareIn(Body):
    """An owner and its part."""

    owner_id: UUID = Field(description="The owner.")
    ppm: PpmValue


class SupposedSharesIn(Body):
    """Who would own an asset from a day on."""

    asset_id: UUID = Field(description="The asset.")
    valid_from: Day = Field(description="The first day.")
    shares: list[SupposedShareIn] = Field(
        min_length=1, max_length=100, description="They sum to 1,000,000 ppm."
    )


class DistributionWhatIfIn(Body):
    """What is asked: recorded and supposed income of a centre, owners, rates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "0199a000-0000-7000-8000-0000000000c3",
                    "incomes": [
                        {
                            "asset_id": ASSET,
                            "kind": "license",
                            "gross": {"amount": 120000000},
                            "received_on": "2029-03-01",
                        }
                    ],
                    "shares": [
                        {
                            "asset_id": ASSET,
                            "valid_from": "2029-01-01",
                            "shares": [
                                {"owner_id": ORGS[0], "ppm": 600000},
                                {"owner_id": ORGS[1], "ppm": 400000},
                            ],
                        }
                    ],
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    revenue_event_ids: list[UUID] = Field(
        default_factory=list, max_length=500, description="Income that is recorded."
    )
    incomes: list[SupposedIncomeIn] = Field(
        default_factory=list, max_length=500, description="Income that is not."
    )
    shares: list[SupposedSharesIn] = Field(
        default_factory=list, max_length=100, description="Owners other than there are."
    )
    reward_rules: list[RewardRuleIn] = Field(
        default_factory=list, max_length=100, description="Rates; owners without one owe the law's."
    )
    closing: bool = Field(
        default=False, description="The assets' last run: what rounding still owes is written off."
    )

    @model_validator(mode="after")
    def _some_income_once(self) -> Self:
        if not (self.incomes or self.revenue_event_ids):
            raise unfit(
                "revenue_event_ids or incomes name something to share",
                "revenue_event_ids 与 incomes 至少列一项收入",
            )
        if len(set(self.revenue_event_ids)) < len(self.revenue_event_ids):
            raise unfit(
                "revenue_event_ids name each income once", "revenue_event_ids 中每项收入只列一次"
            )
        return self


class WhatIfLineOut(Out):
    """What one owner would get of one income."""

    payee_id: UUID = Field(description="The owner.")
    asset_id: UUID = Field(description="The asset.")
    received_on: date = Field(description="The day of the income.")
    revenue_event_id: UUID | None = Field(description="The income, where it is recorded.")
    ppm: int = Field(description="The owner's share.")
    amount: Money = Field(description="What it would get.")
    explanation: list[StepOut] = Field(description="Every step from gross income to the 分.")


class WhatIfRewardOut(Out):
    """What one owner would owe its inventors of one income."""

    owner_id: UUID = Field(description="The owner.")
    received_on: date = Field(description="The day of the income.")
    amount: Money = Field(description="What it would owe.")
    floor: Money = Field(description="The least that the law allows.")
    rate_ppm: int = Field(description="The rate applied.")
    rule: str = Field(description="The provision.")
    form: Incentive = Field(description="In which form.")
    inventors: list[InventorRewardOut] = Field(description="Its parts.")


class WhatIfYearOut(Out):
    """What one payee would get in a year, and owe its inventors of it."""

    year: int = Field(description="The year of the income.")
    payee_id: UUID = Field(description="The owner.")
    amount: Money = Field(description="What it would get.")
    rewards: Money = Field(description="What it would owe its inventors.")


class DistributionWhatIfOut(Out):
    """A plan that nobody has agreed to, of what may never be."""

    plan_hash: str = Field(
        description="SHA-256 over inputs and amounts; of recorded income alone, a draft's own."
    )
    net: Money = Field(description="What would be shared.")
    lines: list[WhatIfLineOut] = Field(description="They sum to net.")
    rewards: list[WhatIfRewardOut] = Field(description="What owners would owe their inventors.")
    years: list[WhatIfYearOut] = Field(description="By year and payee.")
