"""Runs on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.distributions.rules import RunKind, State
from ip_ledger.rewards.rules import Incentive
from shared.http.schemas import Body, Day, Digest, LongText, Money, Out, ShortText

RatePpm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class RewardRuleIn(Body):
    """What an owner's rule, or its agreement with the inventors, gives them of its share."""

    owner_id: UUID = Field(description="The owner whose inventors are rewarded.")
    rate_ppm: RatePpm = Field(description="The part of the owner's line, in ppm.")
    basis: ShortText | None = Field(
        default=None, description="What the rate rests on: the published rule, or the agreement."
    )
    form: Incentive = Field(default=Incentive.CASH, description="In which form it is given (A033).")


class DistributionRunIn(Body):
    """Income to share out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revenue_event_ids": ["01980000-0000-7000-8000-000000000001"],
                    "reward_rules": [
                        {
                            "owner_id": "01980000-0000-7000-8000-000000000002",
                            "rate_ppm": 700000,
                            "basis": "rule of the university, 2027, article 9",
                        }
                    ],
                }
            ]
        }
    )

    revenue_event_ids: list[UUID] = Field(
        min_length=1, max_length=50, description="Recorded income of one centre, each once."
    )
    reward_rules: list[RewardRuleIn] = Field(
        default_factory=list, max_length=100, description="Rates; owners without one owe the law's."
    )
    closing: bool = Field(
        default=False, description="The asset's last run: what rounding still owes is written off."
    )


class StepOut(Out):
    """One step of an explanation; figures that a step has not got are null."""

    step: str = Field(description="What is done: `gross`, `less_tax`, `net`, `share`, `quota`, …")
    clause: str | None = Field(description="The clause that the step follows.")
    amount: Money | None = Field(description="A whole amount.")
    exact: str | None = Field(description="An exact amount in 分, before rounding, as a decimal.")
    ppm: int | None = Field(description="A share.")
    rank: int | None = Field(description="The place among the remainders, from 1.")
    ref_id: UUID | None = Field(description="The event, ownership version or asset it rests on.")


class DistributionLineOut(Out):
    """What one payee gets of one event."""

    id: UUID = Field(description="The line, and its record in the log.")
    payee_id: UUID = Field(description="The owner that is paid.")
    revenue_event_id: UUID = Field(description="The income it is a part of.")
    asset_id: UUID = Field(description="The asset that earned it.")
    ppm: int = Field(description="The owner's share on the day the money came in.")
    amount: Money = Field(description="What it gets.")
    ownership_version_id: UUID = Field(description="The version of ownership in force that day.")
    explanation: list[StepOut] = Field(description="Every step from gross income to the 分.")


class InventorRewardOut(Out):
    """What one inventor gets of a reward."""

    person_id: UUID = Field(description="The inventor.")
    amount: Money = Field(description="His part.")


class RewardOut(Out):
    """What one owner owes its inventors."""

    id: UUID = Field(description="The reward.")
    owner_id: UUID = Field(description="The owner that owes it.")
    revenue_event_id: UUID = Field(description="The income it is for.")
    amount: Money = Field(description="What it owes.")
    floor: Money = Field(description="The least that the law allows.")
    rate_ppm: int = Field(description="The rate applied.")
    rule: str = Field(description="The provision: 转化法44, 转化法45(1), 转化法45(2) or 沪条例33.")
    basis: str | None = Field(description="What the rate rests on, as given.")
    form: Incentive = Field(description="In which form it is given.")
    inventors: list[InventorRewardOut] = Field(description="Its parts.")


class ConfirmationOut(Out):
    """An owner's agreement to the plan."""

    owner_id: UUID = Field(description="The owner.")
    confirmed_at: datetime = Field(description="When.")


class DistributionRunOut(Out):
    """A run: its plan, who agreed, and where it stands."""

    id: UUID = Field(description="The run.")
    center_id: UUID = Field(description="The centre that shares.")
    kind: RunKind = Field(description="`distribution`, or the `reversal` of one.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes.")
    plan_hash: str = Field(description="SHA-256 over inputs and amounts; owners confirm this.")
    net: Money = Field(description="What is shared.")
    revenue_event_ids: list[UUID] = Field(description="The income shared out.")
    lines: list[DistributionLineOut] = Field(description="What each owner gets; they sum to net.")
    rewards: list[RewardOut] = Field(description="What owners owe their inventors.")
    confirmations: list[ConfirmationOut] = Field(description="Owners that agreed.")
    closing: bool = Field(description="Whether it is the asset's last run.")
    drafted_at: datetime = Field(description="When it was drafted.")
    approved_at: datetime | None = Field(description="When another person approved it.")
    paid_on: date | None = Field(description="The day of its entries.")
    reverses_id: UUID | None = Field(description="The run that this one undoes.")
    corrects_id: UUID | None = Field(
        default=None, description="The run whose place this one takes when it is paid."
    )
    effective_on: date | None = Field(
        default=None, description="The day on which a correcting run does so."
    )
    entry_ids: list[UUID] = Field(
        default_factory=list, description="Its journal entries, in the answer to paying."
    )


class RunConfirmationIn(Body):
    """An owner agrees to a plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan_hash": "ab" * 32}]})

    plan_hash: Digest = Field(description="The plan agreed to, as the run shows it.")
    owner_id: UUID | None = Field(
        default=None, description="For whom; no other than the caller's own organization."
    )


class PaymentIn(Body):
    """When a run is paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paid_on": "2028-03-20"}]})

    paid_on: Day | None = Field(
        default=None, description="The day of the entries; today, or a correction's own."
    )


class RunReversalIn(Body):
    """Why and as of when a paid run is undone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_on": "2028-04-01", "reason": "the license was void"}]
        }
    )

    effective_on: Day | None = Field(
        default=None, description="The day of the entries, not before the payment; today if none."
    )
    reason: LongText | None = Field(default=None, description="Why.")
