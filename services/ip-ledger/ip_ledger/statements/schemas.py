"""Explanations and statements on the wire."""

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
