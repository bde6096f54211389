"""Explanations and statements on the wire."""

from datetime import date
from uuid import UUID

from pydantic import Field

from ip_ledger.statements.tree_rules import FigurePart, FigureRecord
from shared.http.schemas import Money, Out


class FigureSourceOut(Out):
    """The record that a figure comes from."""

    kind: FigureRecord = Field(description="What kind of record it is.")
    id: UUID = Field(description="The record.")
    leaf_index: int | None = Field(
        description="Its leaf in the log; null for what is no leaf, or has not been numbered yet."
    )


class ExplainedFigureOut(Out):
    """A figure of a line, over the figures that it was made of."""

    step: str = Field(description="What it is: `amount`, `owed`, `quota`, `net`, `share`, …")
    part: FigurePart = Field(
        description="What it is to the figure above: it adds, subtracts, multiplies, or only tells."
    )
    zh: str = Field(description="The figure in a Chinese sentence.")
    en: str = Field(description="The figure in an English sentence.")
    clause: str | None = Field(description="The clause that it follows.")
    amount: Money | None = Field(description="A whole amount.")
    exact: str | None = Field(description="An exact amount in minor units, as a decimal.")
    ppm: int | None = Field(description="A share.")
    rank: int | None = Field(description="The place among the remainders, from 1.")
    source: FigureSourceOut | None = Field(description="The record that it comes from.")
    made_of: list["ExplainedFigureOut"] = Field(description="The figures below it.")


class ExplainedLineOut(Out):
    """A line of a run, explained from the income to the last minor unit."""

    line_id: UUID = Field(description="The line.")
    payee_id: UUID = Field(description="The owner that is paid.")
    payee_name: str | None = Field(description="Its name, where the directory knows it.")
    revenue_event_id: UUID = Field(description="The income it is a part of.")
    amount: Money = Field(description="What it gets.")
    tree: ExplainedFigureOut = Field(description="The amount, over all that it was made of.")


class ExplainedRunOut(Out):
    """Every line of a run, explained."""

    run_id: UUID = Field(description="The run.")
    net: Money = Field(description="What the run shares; the lines sum to it.")
    lines: list[ExplainedLineOut] = Field(description="Its lines, in their order.")


class StatementLineOut(Out):
    """A line of a run that was paid in the year."""

    line_id: UUID = Field(description="The line, and its record in the log.")
    run_id: UUID = Field(description="The run.")
    center_id: UUID = Field(description="The centre that shared.")
    center_name: str = Field(description="Its name.")
    asset_id: UUID = Field(description="The asset that earned it.")
    asset_title: str = Field(description="Its title.")
    revenue_event_id: UUID = Field(description="The income.")
    received_on: date = Field(description="The day the income came in.")
    paid_on: date = Field(description="The day of the entries.")
    net: Money = Field(description="The income's net amount.")
    ppm: int = Field(description="The share on the day of receipt.")
    amount: Money = Field(description="What the payee got; negative where it was taken back.")
    reverses: bool = Field(description="Whether it takes an earlier line back.")


class StatementRewardOut(Out):
    """What the payee came to owe its inventors."""

    reward_id: UUID = Field(description="The reward.")
    run_id: UUID = Field(description="The run.")
    revenue_event_id: UUID = Field(description="The income it is for.")
    paid_on: date = Field(description="The day of the run's entries.")
    rule: str = Field(description="The provision.")
    rate_ppm: int = Field(description="The rate applied.")
    floor: Money = Field(description="The least that the law allows.")
    amount: Money = Field(description="What is owed.")


class StatementBooksOut(Out):
    """What a centre's books say of what it owes the payee."""

    account_id: UUID = Field(description="The account.")
    center_id: UUID = Field(description="The centre.")
    opening: Money = Field(description="Owed before the year.")
    credits: Money = Field(description="What came to be owed.")
    debits: Money = Field(description="What was paid, or is owed no longer.")
    closing: Money = Field(description="Owed at its end.")
    paid_by_runs: Money = Field(description="What runs paid; the lines come to it.")


class StatementTotalOut(Out):
    """The sums of a statement in one currency."""

    amount: Money = Field(description="What was shared out.")
    rewards: Money = Field(description="What is owed to inventors.")


class PayeeStatementOut(Out):
    """A payee's year."""

    payee_id: UUID = Field(description="The organization.")
    payee_name: str = Field(description="Its name.")
    year: int = Field(description="The year of the payments.")
    lines: list[StatementLineOut] = Field(description="Lines, in the order of payment.")
    rewards: list[StatementRewardOut] = Field(description="Rewards, in the order of payment.")
    books: list[StatementBooksOut] = Field(description="The payee's account, by centre.")
    totals: list[StatementTotalOut] = Field(description="Sums, by currency.")
    agrees: bool = Field(description="Whether the lines come to what the books say was paid.")
