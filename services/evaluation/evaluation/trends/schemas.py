"""A centre's years on the wire."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.trends import rules
from shared.http.schemas import Body, Instant, LongText, Money, Out


class TrendPartnerOut(Out):
    """An organization that the centre pulled along."""

    uscc: str = Field(description="Its social credit code.")
    is_member: bool = Field(description="Whether it was a member of the centre.")
    is_sme: bool = Field(description="Whether it was small or medium-sized.")
    kinds: list[str] = Field(description="How: `adoption`, `diffusion`.")
    fact_ids: list[str] = Field(description="The records that show it.")


class TrendServiceOut(Out):
    """A year's services; the public part went to others than members."""

    records: int = Field(description="Services in all.")
    public_records: int = Field(description="Of them to others than members.")
    public_ppm: int | None = Field(description="That part; none without services.")
    income: Money = Field(description="What services brought.")
    public_income: Money = Field(description="Of it from others than members.")
    public_income_ppm: int | None = Field(description="That part; none without income.")


class TrendExchangeOut(Out):
    """A year's exchange and cooperation across borders."""

    projects: int = Field(description="Projects with partners abroad.")
    nodes: int = Field(description="Seats in bodies abroad and nodes there.")
    events: int = Field(description="Cooperation and competition abroad.")
    for_city_or_nation: int = Field(description="Of these on behalf of city or nation.")
    talent_events: int = Field(description="Exchanges of talent across borders.")


class TrendAccountsOut(Out):
    """A year's own accounts."""

    income: Money = Field(description="Income.")
    total_cost: Money = Field(description="All cost.")
    covered_ppm: int | None = Field(description="How much of the cost was earned; none of none.")


class TrendYearOut(Out):
    """What one frozen year shows."""

    year: int = Field(description="The year that was judged.")
    snapshot_hash: str = Field(description="The frozen facts that it was counted from.")
    partners: list[TrendPartnerOut] = Field(description="Whom the centre pulled along.")
    outside_partners: int = Field(description="Of them no members.")
    new_partners: int = Field(description="Of them in no earlier year shown here.")
    service: TrendServiceOut = Field(description="What was public of its services.")
    exchange: TrendExchangeOut = Field(description="Across borders.")
    accounts: TrendAccountsOut | None = Field(description="None where the report is missing.")


class OperatingYearOut(Out):
    """A fifth or tenth year of operation."""

    years: int = Field(description="5 or 10.")
    reached_on: date = Field(description="The day on which it is over.")
    state: rules.OperatingYearState = Field(description="Ahead, due for its review, or reviewed.")


class CenterTrendsOut(Out):
    """A centre's frozen years, oldest first; no points come from them."""

    center_id: UUID = Field(description="The centre.")
    direction: rules.Direction | None = Field(
        description="How the public part of services moved from the first year to the last."
    )
    years: list[TrendYearOut] = Field(description="The last fifteen at most.")
    operating_years: list[OperatingYearOut] = Field(description="None before its listing.")


class OperatingReviewIn(Body):
    """What an official finds after five or ten years."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "years": 5,
                    "conclusion": "converting",
                    "words": "非成员服务占比由三成升至四成五，公共服务平台转化进展明显",
                }
            ]
        }
    )

    years: Literal[5, 10] = Field(description="Which operating year.")
    conclusion: rules.Conclusion = Field(description="Whether it turns into a public platform.")
    words: LongText = Field(description="What was seen.")


class OperatingFigureOut(Out):
    """A year's public service as a review knew it."""

    year: int = Field(description="The year.")
    snapshot_hash: str = Field(description="The frozen facts.")
    records: int = Field(description="Services in all.")
    public_records: int = Field(description="Of them to others than members.")
    public_ppm: int | None = Field(description="That part.")
    public_income_ppm: int | None = Field(description="That part of the income.")


class OperatingReviewOut(Out):
    """A look at a centre's public service after five or ten years."""

    id: UUID = Field(description="Names the review.")
    center_id: UUID = Field(description="The centre.")
    years: int = Field(description="Which operating year.")
    reached_on: date = Field(description="The day on which it was over.")
    conclusion: rules.Conclusion = Field(description="What was found.")
    words: str = Field(description="What was seen.")
    figures: list[OperatingFigureOut] = Field(description="What it rested on, by year.")
    reviewed_at: Instant = Field(description="When.")


class SustainabilityOut(Out):
    """How long a centre's money lasts, and how much of it is not public."""

    center_id: UUID = Field(description="The centre.")
    year: int = Field(description="The year.")
    last_on: date = Field(description="The last day counted.")
    cash: Money | None = Field(description="Cash and trust money on that day.")
    costs: Money | None = Field(description="Expenses of the twelve months before it.")
    months_covered: str | None = Field(description="Cash over monthly costs; none without costs.")
    funding: Money | None = Field(description="What came in during the year.")
    non_public_ppm: int | None = Field(description="The part that is not government's.")
    concentration_ppm: int | None = Field(description="1,000,000 is one giver alone.")
    accounts: TrendAccountsOut | None = Field(description="The frozen report's own accounts.")
