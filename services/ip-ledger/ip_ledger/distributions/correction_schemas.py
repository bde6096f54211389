"""Corrections of paid runs on the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.distributions.rules import Cause
from ip_ledger.distributions.schemas import RewardRuleIn
from shared.http.schemas import Body, Day, LongText, Money, Out


class CorrectionIn(Body):
    """When a correcting run takes the place of a paid one, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"effective_on": "2028-04-01", "reason": "assignment signed late, of 2028-01-15"}
            ]
        }
    )

    effective_on: Day = Field(
        description="The day of its entries: not before the payment that it corrects."
    )
    reason: LongText = Field(description="Why: what came to be known.")
    reward_rules: list[RewardRuleIn] | None = Field(
        default=None, max_length=100, description="Rates; those of the former run if none."
    )


class PartyDifferenceOut(Out):
    """What a party got, and what it would have got as known now."""

    party_id: UUID = Field(description="The party.")
    party_name: str | None = Field(description="Its name, where the directory knows it.")
    before: Money = Field(description="What it got.")
    after: Money = Field(description="What it would have got.")
    difference: Money = Field(description="What it is owed; below zero it has too much.")


class AffectedRunOut(Out):
    """A paid run that rests on what is believed no longer."""

    run_id: UUID = Field(description="The run.")
    paid_on: date | None = Field(description="The day of its entries.")
    net: Money = Field(description="What it shared.")
    causes: list[Cause] = Field(
        description="`ownership`, an `agreement` signed late, or `inventors` corrected."
    )
    revenue_event_ids: list[UUID] = Field(description="Its income of which something is other now.")
    differences: list[PartyDifferenceOut] = Field(
        description="Party by party; they sum to zero. Empty where the amounts stay."
    )
    reward_differences: list[PartyDifferenceOut] = Field(
        description="What owners owe their inventors, owner by owner."
    )
    is_corrected: bool = Field(description="Whether a correcting run is on its way.")


class AffectedRunsOut(Out):
    """The paid runs that a change of an asset's ownership touches."""

    asset_id: UUID = Field(description="The asset.")
    runs: list[AffectedRunOut] = Field(description="In the order of drafting.")
