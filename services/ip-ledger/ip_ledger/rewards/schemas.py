"""Rewards and own use on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.rewards.rules import LEAST_YEARS, MOST_YEARS, Incentive, RewardKind, State
from shared.evidence import FileId
from shared.http.schemas import MAX_SAFE, Body, Day, Money, Out, ShortText, Year

ASSET: Final = "0199a000-0000-7000-8000-0000000000a1"
FILE: Final = "0199a000-0000-7000-8000-0000000000f1"
MAX_EVIDENCE: Final = 20


class RewardSum(Money):
    """An amount of a reward: more than zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class GrantBonusIn(Body):
    """A bonus for a granted patent, to the caller's own inventors."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"asset_id": ASSET, "amount": {"amount": 400000, "currency": "CNY"}}]
        }
    )

    asset_id: UUID = Field(description="The granted patent.")
    amount: RewardSum = Field(description="The whole bonus; inventors share it by their parts.")
    form: Incentive = Field(default=Incentive.CASH, description="In which form it is given.")
    basis: ShortText | None = Field(
        default=None,
        description="The published rule or the agreement that sets it; without one the law's least"
        " holds (专利法实施细则93).",
    )


class RewardPaymentIn(Body):
    """What one inventor was paid."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"amount": {"amount": 240000, "currency": "CNY"}, "paid_on": "2026-02-20"}]
        }
    )

    amount: RewardSum = Field(description="How much; equity and options at their value.")
    paid_on: Day = Field(description="The day; not ahead of time.")
    evidence: list[FileId] = Field(
        default_factory=list, max_length=MAX_EVIDENCE, description="Files that show it."
    )


class PublicityIn(Body):
    """That the reward of the unit's head was made public inside."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"published_on": "2026-02-10", "file_id": FILE}]}
    )

    published_on: Day = Field(description="The first day of the publicity.")
    file_id: FileId = Field(description="The file that shows it.")


class InventorPaymentOut(Out):
    """A payment to an inventor."""

    id: UUID = Field(description="The payment.")
    amount: Money = Field(description="How much.")
    paid_on: date = Field(description="The day.")
    evidence: list[UUID] = Field(description="Files that show it.")
    entry_id: UUID = Field(description="Its journal entry.")


class InventorRewardRowOut(Out):
    """What an owner owes one inventor."""

    id: UUID = Field(description="The reward.")
    center_id: UUID = Field(description="The centre of the asset.")
    asset_id: UUID = Field(description="The asset.")
    owner_id: UUID = Field(description="Who owes it.")
    person_id: UUID = Field(description="The inventor.")
    kind: RewardKind = Field(description="`grant_bonus`, `remuneration` or `own_use`.")
    form: Incentive = Field(description="`cash`, `equity`, `option`, `dividend`, `project_profit`.")
    amount: Money = Field(description="What is owed.")
    paid: Money = Field(description="What of it is paid.")
    offset: Money = Field(
        description="What of it is settled by payments of runs that were undone since."
    )
    floor: Money = Field(description="The law's least for the whole reward of which it is a part.")
    law: str = Field(description="The provision.")
    basis: str | None = Field(description="The rule or agreement that set it.")
    source_id: UUID | None = Field(description="The run, or the year of own use.")
    due_on: date | None = Field(description="The last day, where the law sets one.")
    is_overdue: bool = Field(description="Whether that day has passed and something is unpaid.")
    is_head_of_unit: bool = Field(description="Needs publicity inside first (沪条例39).")
    published_on: date | None = Field(description="The day of that publicity.")
    publicity_file_id: UUID | None = Field(description="The file that shows it.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    recorded_at: datetime = Field(description="When it was recorded.")
    payments: list[InventorPaymentOut] = Field(description="In their order.")


class GrantBonusOut(Out):
    """A bonus, inventor by inventor."""

    rewards: list[InventorRewardRowOut] = Field(description="One for each of the inventors.")


class RestatementIn(Body):
    """The asset whose inventors were corrected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"asset_id": ASSET}]})

    asset_id: UUID = Field(description="The asset.")


class RestatementOut(Out):
    """Bonuses and years of own use as they are divided now."""

    rewards: list[InventorRewardRowOut] = Field(
        description="What is owed anew, inventor by inventor; what it replaces is `cancelled`."
    )


class BonusDueOut(Out):
    """A granted patent for which a unit has given no bonus yet."""

    asset_id: UUID = Field(description="The patent.")
    owner_id: UUID = Field(description="The unit that employs inventors of it.")
    granted_on: date = Field(description="The day on which the grant was announced.")
    due_on: date = Field(description="The last day for the bonus.")
    least: Money = Field(description="The least by law, without rule or agreement.")
    is_overdue: bool = Field(description="Whether that day has passed.")


class BonusesDueOut(Out):
    """Granted patents without a bonus."""

    items: list[BonusDueOut] = Field(description="At most 500.")


class OwnUseIn(Body):
    """An owner's own use of an asset."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"asset_id": ASSET, "started_on": "2024-03-01"}]}
    )

    asset_id: UUID = Field(description="The asset.")
    started_on: Day = Field(description="The day on which production began.")
    agreed_years: Annotated[int, Field(strict=True, ge=LEAST_YEARS, le=MOST_YEARS)] = Field(
        default=LEAST_YEARS,
        description="For how many years others than state institutions share: 3 to 5.",
    )


class OwnUseYearIn(Body):
    """A year's operating profit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"year": 2025, "operating_profit": {"amount": 200000000, "currency": "CNY"}}
            ]
        }
    )

    year: Year = Field(description="A year that has ended.")
    operating_profit: Money = Field(description="Profit of the year; below zero is a loss.")
    rate_ppm: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = Field(
        default=None, description="The part that a rule or agreement gives; absent: 5 %."
    )
    basis: ShortText | None = Field(default=None, description="That rule or agreement.")


class OwnUseYearOut(Out):
    """A year of own use, and what the inventors get of it."""

    id: UUID = Field(description="The year; the `source_id` of its rewards.")
    year: int = Field(description="The year.")
    operating_profit: Money = Field(description="Its profit; below zero is a loss.")
    is_owed: bool = Field(description="Whether the year is one of those that count.")
    reward: Money = Field(description="What the inventors get.")
    floor: Money = Field(description="The law's least.")
    rate_ppm: int | None = Field(description="The rate that was agreed.")
    basis: str | None = Field(description="The rule or agreement.")


class OwnUseOut(Out):
    """An owner's own use with its years."""

    id: UUID = Field(description="The use.")
    center_id: UUID = Field(description="The centre of the asset.")
    asset_id: UUID = Field(description="The asset.")
    owner_id: UUID = Field(description="The owner.")
    started_on: date = Field(description="When production began.")
    is_institution: bool = Field(description="Whether the owner is a state institution.")
    agreed_years: int = Field(description="Years that others share for.")
    years: list[OwnUseYearOut] = Field(description="In order.")
