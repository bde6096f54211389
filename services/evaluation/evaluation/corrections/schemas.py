"""Corrections on the wire."""

from uuid import UUID

from pydantic import ConfigDict, Field

from evaluation.corrections import rules
from evaluation.corrections.tables import ReportCorrection
from evaluation.reports.schemas import ACCOUNTS, AnnualAccounts
from shared.http.schemas import Body, Instant, LongText, Out, fen


class ReportCorrectionIn(Body):
    """A report's accounts once more, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"accounts": ACCOUNTS, "reason": "研发费用漏计委托外部研发部分"}]
        }
    )

    accounts: AnnualAccounts = Field(description="The year's accounts, all of them.")
    reason: LongText = Field(description="What was wrong.")


class ReportCorrectionReturnIn(Body):
    """Why a correction is sent back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "缺少审计报告佐证"}]})

    reason: LongText = Field(description="What is missing.")


class ReportCorrectionOut(Out):
    """A correction of a locked report."""

    id: UUID = Field(description="Names the correction.")
    case_id: UUID = Field(description="The case.")
    center_id: UUID = Field(description="The centre.")
    state: rules.CorrectionState = Field(description="Where it stands.")
    accounts: AnnualAccounts = Field(description="What counts for the reopened leaves.")
    reason: str = Field(description="What was wrong.")
    filed_at: Instant = Field(description="When it was last filed.")
    decided_at: Instant | None = Field(description="When it was accepted or sent back.")
    decision_reason: str | None = Field(description="Why it was sent back.")
    version: int = Field(description="Grows with every step; the ETag.")


def accounts_of(row: ReportCorrection) -> AnnualAccounts:
    """Give a correction's accounts as they go over the wire."""
    return AnnualAccounts.model_validate(
        {
            "rd_cost": fen(row.rd_cost_fen).model_dump(),
            "total_cost": fen(row.total_cost_fen).model_dump(),
            "income": fen(row.income_fen).model_dump(),
            "rd_staff": row.rd_staff,
            "staff": row.staff,
        }
    )


def correction_out(row: ReportCorrection) -> ReportCorrectionOut:
    """Show a correction."""
    return ReportCorrectionOut.model_validate({**row.model_dump(), "accounts": accounts_of(row)})
