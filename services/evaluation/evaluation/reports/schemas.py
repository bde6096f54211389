"""Annual reports on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, StringConstraints

from evaluation.reports import rules
from shared.http.schemas import (
    Body,
    CheckOut,
    Count,
    Day,
    Earning,
    LongText,
    Money,
    Out,
    fen,
)

PartName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
PartText = Annotated[str, StringConstraints(max_length=20_000)]
ACCOUNTS: dict[str, Any] = {
    "rd_cost": {"amount": 340_000_000, "currency": "CNY"},
    "total_cost": {"amount": 1_000_000_000, "currency": "CNY"},
    "rd_staff": 46,
    "staff": 100,
    "income": {"amount": 1_200_000_000, "currency": "CNY"},
}
NARRATIVE: dict[str, Any] = {"summary": "全年完成两项共性关键技术突破。"}


class AnnualAccounts(Body):
    """The centre's own accounts of the year (A055)."""

    rd_cost: Earning = Field(description="R&D cost, a part of the total.")
    total_cost: Earning = Field(description="All cost.")
    rd_staff: Count = Field(description="R&D staff, a part of the staff.")
    staff: Count = Field(description="All staff.")
    income: Earning = Field(description="All income.")

    def figures(self) -> dict[str, int]:
        """Give the figures that a rule compares."""
        return {
            "rd_cost": self.rd_cost.amount,
            "total_cost": self.total_cost.amount,
            "rd_staff": self.rd_staff,
            "staff": self.staff,
        }

    def columns(self) -> dict[str, int]:
        """Give the columns."""
        return {
            "rd_cost_fen": self.rd_cost.amount,
            "total_cost_fen": self.total_cost.amount,
            "income_fen": self.income.amount,
            "rd_staff": self.rd_staff,
            "staff": self.staff,
        }


class AnnualNarrative(RootModel[dict[PartName, PartText]]):
    """The report in words, by part: `summary`, `problems`, `plans` and whatever else."""

    model_config = ConfigDict(json_schema_extra={"examples": [NARRATIVE]})

    root: dict[PartName, PartText] = Field(max_length=50)


class AnnualReportIn(Body):
    """What a centre writes; figures that are counted from facts are not its to write."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"accounts": ACCOUNTS, "narrative": NARRATIVE}]}
    )

    accounts: AnnualAccounts = Field(description="The year's accounts.")
    narrative: AnnualNarrative = Field(
        default_factory=lambda: AnnualNarrative({}), description="The year in words, by part."
    )


class AnnualReportReturnIn(Body):
    """Why a report goes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reasons": ["研发费用口径有误"]}]})

    reasons: list[LongText] = Field(min_length=1, max_length=50, description="One per point.")


class AnnualReportReopeningIn(Body):
    """Why a missing report may be sent after all, and until when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "不可抗力：机房水淹", "due_on": "2028-05-20"}]}
    )

    reason: LongText = Field(description="Such as force majeure; kept in the audit.")
    due_on: Day = Field(description="The last day, with no days of grace.")


class TargetActualOut(Out):
    """A counted indicator against the plan; read-only, prefilled from the records."""

    code: str = Field(description="The indicator.")
    name: str = Field(description="In Chinese.")
    unit: str = Field(description="`count`, `fen`, `ratio` or `equivalent`.")
    target: str | None = Field(description="The filed plan's, in the unit; none where none.")
    actual: str | None = Field(description="Counted from the records, in the unit.")
    facts: int = Field(description="How many records stand behind it.")


class AnnualReportReturnOut(Out):
    """A return."""

    reasons: list[str] = Field(description="One per point.")
    returned_at: datetime = Field(description="When.")


class AnnualReportOut(Out):
    """An annual report."""

    case_id: UUID = Field(description="Its case.")
    center_id: UUID = Field(description="The centre that reports.")
    state: rules.ReportState = Field(description="Where it stands.")
    accounts: AnnualAccounts | None = Field(description="None before it is written.")
    profit: Money | None = Field(
        description="Income less all cost, a loss below zero; computed, so nobody types it in."
    )
    narrative: AnnualNarrative = Field(description="In words, by part.")
    target_vs_actual: list[TargetActualOut] = Field(
        description="Counted now, or as it was when it was submitted."
    )
    due_on: date = Field(description="The last day on time.")
    last_on: date = Field(description="The last day on which it is taken, late.")
    first_submitted_on: date | None = Field(description="The day that lateness counts.")
    submitted_at: datetime | None = Field(description="When it was last sent.")
    late: bool = Field(description="Whether it was first sent after the due day.")
    lateness_days: int = Field(description="Days after the due day; a return adds none.")
    returns: list[AnnualReportReturnOut] = Field(description="Oldest first.")
    version: int = Field(description="Grows with every change.")
    warnings: list[CheckOut] = Field(default_factory=list, description="Such as REPORT_LATE.")


class Reporting(Protocol):
    """A row with a year's accounts, in 分 and persons: of a judged centre, or of another."""

    @property
    def id(self) -> UUID:
        """Name the report."""

    @property
    def rd_cost_fen(self) -> int | None:
        """Give R&D cost."""

    @property
    def total_cost_fen(self) -> int | None:
        """Give all cost."""

    @property
    def income_fen(self) -> int | None:
        """Give all income."""

    @property
    def rd_staff(self) -> int | None:
        """Give R&D staff."""

    @property
    def staff(self) -> int | None:
        """Give all staff."""

    @property
    def is_written(self) -> bool:
        """Tell whether the accounts were ever filled in."""


def profit_of(report: Reporting | None) -> Money | None:
    """Give what the year left over by the centre's own accounts (A055); none without them."""
    if report is None or report.income_fen is None or report.total_cost_fen is None:
        return None
    return fen(rules.profit(report.income_fen, report.total_cost_fen))


def accounts_of(report: Reporting | None) -> AnnualAccounts | None:
    """Give a report's accounts as they go over the wire; none before it is written."""
    if report is None or not report.is_written:
        return None
    return AnnualAccounts.model_validate(
        {
            "rd_cost": fen(report.rd_cost_fen or 0).model_dump(),
            "total_cost": fen(report.total_cost_fen or 0).model_dump(),
            "income": fen(report.income_fen or 0).model_dump(),
            "rd_staff": report.rd_staff,
            "staff": report.staff,
        }
    )
