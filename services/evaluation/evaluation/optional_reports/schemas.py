"""Optional reports on the wire."""

from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.optional_reports.rules import OptionalReportState
from evaluation.reports.schemas import (
    ACCOUNTS,
    NARRATIVE,
    AnnualAccounts,
    AnnualNarrative,
    AnnualReportIn,
    TargetActualOut,
)
from shared.http.schemas import Instant, Money, Out


class OptionalReportIn(AnnualReportIn):
    """A year's report of a centre that the cycle does not judge."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": "01980000-0000-7000-8000-000000000101",
                    "accounts": ACCOUNTS,
                    "narrative": NARRATIVE,
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre that reports.")


class OptionalReportItemOut(Out):
    """An optional report in a list."""

    id: UUID = Field(description="Names the report.")
    cycle_id: UUID = Field(description="The cycle that left the centre out.")
    center_id: UUID = Field(description="The centre that reports.")
    year: int = Field(description="The year that it tells of.")
    state: OptionalReportState = Field(description="Where it stands.")
    submitted_at: Instant | None = Field(description="When it was last sent.")
    version: int = Field(description="Grows with every change.")


class OptionalReportOut(OptionalReportItemOut):
    """A report that nobody owes: it is read, and never scored."""

    accounts: AnnualAccounts = Field(description="The year's accounts.")
    profit: Money | None = Field(
        description="Income less all cost, a loss below zero; computed, so nobody types it in."
    )
    narrative: AnnualNarrative = Field(description="In words, by part.")
    target_vs_actual: list[TargetActualOut] = Field(
        description="Counted now, or as it was when it was submitted."
    )
    return_reasons: list[str] = Field(description="Why it was last returned; one per point.")
