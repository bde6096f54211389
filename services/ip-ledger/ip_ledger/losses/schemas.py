"""Losses on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.evidence import FileId
from shared.http.schemas import MAX_SAFE, Body, Day, LongText, Money, Out

CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"


class LossAmount(Money):
    """An amount lost: more than zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class LossEventIn(Body):
    """A loss of joint work."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "amount": {"amount": 30000000, "currency": "CNY"},
                    "occurred_on": "2026-05-10",
                    "reason": "中试失败，设备报废",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    asset_id: UUID | None = Field(default=None, description="The asset it arose from, if one.")
    amount: LossAmount = Field(description="How much was lost.")
    occurred_on: Day = Field(description="The day; its agreement decides.")
    reason: LongText = Field(description="What happened.")
    evidence: list[FileId] = Field(default_factory=list, max_length=20, description="Files.")


class LossStepOut(Out):
    """One step of an explanation; figures that a step has not got are null."""

    step: str = Field(description="`loss`, `risk_share`, `quota`, `remainder_unit`, `amount`.")
    amount: Money | None = Field(description="A whole amount.")
    exact: str | None = Field(description="An exact amount in 分, as a fraction.")
    ppm: int | None = Field(description="A share.")
    rank: int | None = Field(description="The place among the remainders, from 1.")
    ref_id: UUID | None = Field(description="The record that it rests on.")


class LossLineOut(Out):
    """What one party bears."""

    id: UUID = Field(description="The line, and its record in the log.")
    party_id: UUID = Field(description="The party.")
    risk_ppm: int = Field(description="Its share of risks, in ppm.")
    amount: Money = Field(description="What it bears.")
    explanation: list[LossStepOut] = Field(description="Every step to the 分.")


class LossEventOut(Out):
    """A loss as divided."""

    id: UUID = Field(description="The loss.")
    center_id: UUID = Field(description="The centre.")
    asset_id: UUID | None = Field(description="The asset.")
    amount: Money = Field(description="How much was lost.")
    occurred_on: date = Field(description="The day.")
    reason: str = Field(description="What happened.")
    evidence: list[UUID] = Field(description="Files.")
    agreement_id: UUID = Field(description="The agreement in force that day.")
    entry_id: UUID = Field(description="Its journal entry.")
    lines: list[LossLineOut] = Field(description="What each bears; they sum to the loss.")
    recorded_at: datetime = Field(description="When it was recorded.")
