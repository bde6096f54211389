"""Contributions, funding and divided profits on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.contributions.rules import (
    GRACE_DAYS,
    ContributionKind,
    Instrument,
    Source,
    State,
)
from ip_ledger.contributions.term_rules import TermBasis
from shared.evidence import FileId
from shared.http.schemas import (
    MAX_SAFE,
    Body,
    Day,
    ExternalId,
    LongText,
    Money,
    Out,
    PpmValue,
    ShortText,
    Year,
)

CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"
ORG: Final = "0199a000-0000-7000-8000-000000000004"
FILE: Final = "0199a000-0000-7000-8000-0000000000f1"
MAX_EVIDENCE: Final = 20


class FundAmount(Money):
    """An amount that came in or is promised: more than zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class InstalmentIn(Body):
    """A part of a contribution and its last day."""

    due_on: Day = Field(description="Its last day.")
    amount: FundAmount = Field(description="How much.")


class ValuationIn(Body):
    """What something that is no money is worth, and who says so."""

    file_id: FileId = Field(description="The appraisal.")
    amount: FundAmount = Field(description="The value found.")
    valued_on: Day | None = Field(default=None, description="The day of the appraisal.")
    appraiser: ShortText | None = Field(default=None, description="Who appraised it.")


class ContributionIn(Body):
    """What a member promises its centre."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "org_id": ORG,
                    "kind": "equity",
                    "committed": {"amount": 500000000, "currency": "CNY"},
                    "agreed_on": "2026-01-10",
                    "schedule": [
                        {"due_on": "2026-03-31", "amount": {"amount": 200000000}},
                        {"due_on": "2027-03-31", "amount": {"amount": 300000000}},
                    ],
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    org_id: UUID | None = Field(
        default=None, description="Who promises; the caller's organization when absent."
    )
    kind: ContributionKind = Field(description="`equity`, `membership_fee` or `in_kind`.")
    committed: FundAmount = Field(description="The whole of it; in kind: at its value.")
    schedule: list[InstalmentIn] = Field(
        default_factory=list,
        max_length=60,
        description="When it is due; absent: all of it on the day of the promise.",
    )
    agreed_on: Day = Field(description="The day of the promise.")
    increase_registered_on: Day | None = Field(
        default=None,
        description="Of equity that increases the company's capital: the day on which the increase"
        " was registered, from which its five years run (公司法228); absent: capital with which"
        " the company is founded.",
    )
    is_cash: bool = Field(default=True, description="False for equity in things or rights.")
    valuation: ValuationIn | None = Field(
        default=None, description="Needed for whatever is no money (公司法48)."
    )
    held_in_trust: bool = Field(
        default=False, description="Goes to the trustee member of a consortium (A053)."
    )
    description: LongText | None = Field(default=None, description="What is contributed.")
    external_id: ExternalId | None = Field(default=None, description="The reporter's reference.")


class ContributionPaymentIn(Body):
    """What came in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": {"amount": 200000000}, "paid_on": "2026-03-20"}]}
    )

    amount: FundAmount = Field(description="How much.")
    paid_on: Day = Field(description="The day; not ahead of time.")
    evidence: list[FileId] = Field(
        default_factory=list, max_length=MAX_EVIDENCE, description="Files that show it."
    )


class ArrearsNoticeIn(Body):
    """A written call for what is due and unpaid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"issued_on": "2026-04-10"}]})

    issued_on: Day | None = Field(default=None, description="The day of the call; today if none.")
    grace_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = Field(
        default=GRACE_DAYS, description="Days of grace: sixty at least."
    )


class ForfeitureIn(Body):
    """The resolution by which unpaid equity is lost."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resolution_file_id": FILE,
                    "resolved_on": "2026-06-12",
                    "amount": {"amount": 300000000, "currency": "CNY"},
                }
            ]
        }
    )

    resolution_file_id: FileId = Field(description="The resolution.")
    resolved_on: Day = Field(description="Its day: after the last day of the grace.")
    amount: FundAmount | None = Field(
        default=None,
        description="The capital that it says is lost; absent: all that was unpaid on its day.",
    )


class InstalmentOut(Out):
    """A part of a contribution."""

    due_on: date = Field(description="Its last day.")
    amount: Money = Field(description="How much.")


class MoneyUndoingOut(Out):
    """That money was recorded wrongly."""

    reason: str = Field(description="What was wrong.")
    effective_on: date = Field(description="The day of the reversing entry.")
    divided_years: list[int] = Field(
        description="Years whose profit was divided by capital that it was counted in."
    )
    entry_id: UUID = Field(description="The reversing entry.")
    undone_at: datetime = Field(description="When.")


class ContributionPaymentOut(Out):
    """What came in of a contribution; what was undone counts on no day."""

    id: UUID = Field(description="The payment.")
    amount: Money = Field(description="How much.")
    paid_on: date = Field(description="The day.")
    held_in_trust: bool = Field(description="Whether a trustee received it.")
    evidence: list[UUID] = Field(description="Files.")
    entry_id: UUID = Field(description="Its journal entry.")
    undoing: MoneyUndoingOut | None = Field(description="How it was undone, if it was.")


class ArrearsNoticeOut(Out):
    """A call for arrears."""

    id: UUID = Field(description="The call.")
    issued_on: date = Field(description="Its day.")
    grace_until: date = Field(description="The last day on which the member may still pay.")
    arrears: Money = Field(description="What was due and unpaid.")


class ForfeitureOut(Out):
    """The loss of unpaid equity."""

    resolution_file_id: UUID = Field(description="The resolution.")
    resolved_on: date = Field(description="Its day.")
    resolved: Money = Field(description="What it says is lost.")
    forfeited: Money = Field(description="The capital that was lost.")


class CapitalTermOut(Out):
    """Within which days equity has to be paid in (公司法47)."""

    counted_from: TermBasis = Field(
        description="`founding` of the company, registered `increase` of its capital, or `promise`"
        " where the register did not say when the company was founded."
    )
    since: date = Field(description="The day that the five years run from.")
    until: date = Field(description="The last day of them.")


class ContributionOut(Out):
    """A contribution with how it stands on the day asked for."""

    id: UUID = Field(description="The contribution.")
    center_id: UUID = Field(description="The centre.")
    org_id: UUID = Field(description="Who promised.")
    kind: ContributionKind = Field(description="`equity`, `membership_fee` or `in_kind`.")
    is_cash: bool = Field(description="Whether it is money.")
    committed: Money = Field(description="The whole of it.")
    due: Money = Field(description="What should have come in by the end of the day before.")
    paid: Money = Field(description="What has come in.")
    arrears: Money = Field(description="What is due and unpaid.")
    forfeited: Money = Field(description="What was lost by resolution.")
    on: date = Field(description="The day that these figures hold for.")
    agreed_on: date = Field(description="The day of the promise.")
    capital_term: CapitalTermOut | None = Field(
        description="Of equity: within which days it has to be paid in."
    )
    schedule: list[InstalmentOut] = Field(description="When it is due.")
    payments: list[ContributionPaymentOut] = Field(description="In order.")
    notices: list[ArrearsNoticeOut] = Field(description="Calls for arrears, the latest last.")
    forfeiture: ForfeitureOut | None = Field(
        description="The loss of what was unpaid, the latest if any."
    )
    held_in_trust: bool = Field(description="Whether a trustee receives it.")
    trustee_org_id: UUID | None = Field(description="That trustee.")
    valuation_file_id: UUID | None = Field(description="The appraisal.")
    valued: Money | None = Field(description="The value found.")
    valued_on: date | None = Field(description="The day of the appraisal.")
    appraiser: str | None = Field(description="Who appraised it.")
    description: str | None = Field(description="What is contributed.")
    external_id: str | None = Field(description="The reporter's reference.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    recorded_at: datetime = Field(description="When it was recorded.")


class FundingIn(Body):
    """Money that came to a centre from outside."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "source": "bank",
                    "instrument": "loan",
                    "amount": {"amount": 1000000000, "currency": "CNY"},
                    "received_on": "2026-01-15",
                    "provider_name": "上海示例银行",
                    "risk_note": "中试未通过时以设备抵偿",
                    "repay_by": "2029-01-14",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    source: Source = Field(description="Who gives; members give by their contributions.")
    instrument: Instrument = Field(description="`grant`, `loan`, `equity`, `fee` or `income`.")
    amount: FundAmount = Field(description="How much.")
    received_on: Day = Field(description="The day; not ahead of time.")
    provider_org_id: UUID | None = Field(default=None, description="Who, where it is known here.")
    provider_name: ShortText | None = Field(default=None, description="Else the name.")
    doc_no: ShortText | None = Field(
        default=None, description="Number of the decision or contract."
    )
    risk_note: LongText | None = Field(
        default=None, description="What is at risk and who bears it: needed for loans."
    )
    repay_by: Day | None = Field(default=None, description="The last day for repayment.")
    stake_ppm: PpmValue | None = Field(default=None, description="The stake taken, for equity.")
    purpose: LongText | None = Field(default=None, description="What it is for.")
    held_in_trust: bool = Field(default=False, description="Received by a consortium's trustee.")
    evidence: list[FileId] = Field(
        default_factory=list, max_length=MAX_EVIDENCE, description="Files that show it."
    )


class FundingOut(Out):
    """Money that came to a centre."""

    id: UUID = Field(description="The record.")
    center_id: UUID = Field(description="The centre.")
    source: Source = Field(description="Who gave.")
    instrument: Instrument = Field(description="As what.")
    amount: Money = Field(description="How much.")
    received_on: date = Field(description="The day.")
    provider_org_id: UUID | None = Field(description="Who.")
    provider_name: str | None = Field(description="Else the name.")
    doc_no: str | None = Field(description="Number of the decision or contract.")
    risk_note: str | None = Field(description="What is at risk.")
    repay_by: date | None = Field(description="The last day for repayment.")
    stake_ppm: int | None = Field(description="The stake taken.")
    purpose: str | None = Field(description="What it is for.")
    held_in_trust: bool = Field(description="Received by a trustee.")
    contribution_payment_id: UUID | None = Field(description="The member's payment behind it.")
    evidence: list[UUID] = Field(description="Files.")
    entry_id: UUID = Field(description="Its journal entry.")
    recorded_at: datetime = Field(description="When it was recorded.")
    undoing: MoneyUndoingOut | None = Field(description="How it was undone, if it was.")


class FundingPartOut(Out):
    """What one source or giver gave."""

    key: str = Field(description="The source, or the giver's id or name.")
    amount: Money = Field(description="How much.")
    ppm: int = Field(description="Its part of all, floored to ppm.")


class FundingSummaryOut(Out):
    """Where a centre's money came from, and how long it lasts."""

    center_id: UUID = Field(description="The centre.")
    first_on: date = Field(description="The first day counted.")
    last_on: date = Field(description="The last day counted.")
    total: Money = Field(description="All that came in.")
    by_source: list[FundingPartOut] = Field(description="By source, the largest first.")
    by_provider: list[FundingPartOut] = Field(description="By giver, the largest first.")
    concentration_ppm: int = Field(
        description="Sum of the givers' squared shares: 1,000,000 is one giver alone."
    )
    largest_ppm: int = Field(description="The largest giver's share.")
    non_public_ppm: int = Field(description="What did not come from government.")
    cash: Money = Field(description="Cash and trust money on the last day.")
    costs: Money = Field(description="The centre's own expenses in the twelve months before.")
    months_covered: str | None = Field(description="Cash over monthly costs; null without costs.")


class TrustReleaseIn(Body):
    """A trustee hands over what it holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"center_id": CENTER}]})

    center_id: UUID = Field(description="The centre, registered by now.")


class TrustReleaseOut(Out):
    """Money that a trustee handed over."""

    id: UUID = Field(description="The release.")
    center_id: UUID = Field(description="The centre.")
    trustee_org_id: UUID = Field(description="The trustee.")
    amount: Money = Field(description="How much.")
    released_on: date = Field(description="The day.")
    released_by: UUID = Field(description="The person who handed it over.")
    released_at: datetime = Field(description="The instant.")
    entry_id: UUID = Field(description="Its journal entry.")


class ProfitShareIn(Body):
    """A share of profit that all shareholders agreed on."""

    org_id: UUID = Field(description="The shareholder.")
    ppm: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = Field(description="Its share.")


class ProfitDivisionIn(Body):
    """A year's profit of the centre's company."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "year": 2025,
                    "profit": {"amount": 100000000, "currency": "CNY"},
                    "resolved_on": "2026-04-20",
                    "resolution_file_id": FILE,
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    year: Year = Field(description="The year.")
    profit: FundAmount = Field(description="Its profit after tax.")
    resolved_on: Day = Field(description="The day of the resolution; capital paid in by then.")
    resolution_file_id: FileId = Field(description="The resolution.")
    shares: list[ProfitShareIn] | None = Field(
        default=None, max_length=100, description="Another rule than paid-in capital."
    )
    consent_file_id: FileId | None = Field(
        default=None, description="All shareholders' consent to that other rule."
    )
    consents: list[UUID] = Field(
        default_factory=list, max_length=100, description="The shareholders who signed it."
    )


class ProfitLineOut(Out):
    """What one shareholder gets."""

    org_id: UUID = Field(description="The shareholder.")
    subscribed: Money = Field(description="Capital promised.")
    paid_in: Money = Field(description="Capital paid in: what counts by law.")
    agreed_ppm: int | None = Field(description="The share agreed, if one was.")
    amount: Money = Field(description="What it gets.")


class ProfitUndoingOut(Out):
    """That a division of profit was recorded wrongly."""

    reason: str = Field(description="What was wrong.")
    effective_on: date = Field(description="The day of the reversing entry.")
    reserve_years: list[int] = Field(
        description="Years divided later whose statutory reserve counted this one's."
    )
    entry_id: UUID = Field(description="The reversing entry.")
    undone_at: datetime = Field(description="When.")


class ProfitDivisionOut(Out):
    """A divided profit."""

    id: UUID = Field(description="The division.")
    center_id: UUID = Field(description="The centre.")
    year: int = Field(description="The year.")
    profit: Money = Field(description="The profit.")
    reserve: Money = Field(description="What goes to the statutory reserve.")
    pool: Money = Field(description="What is divided.")
    basis: str = Field(description="`paid_in` (公司法210) or `agreed`.")
    resolved_on: date = Field(description="The day of the resolution.")
    resolution_file_id: UUID = Field(description="The resolution.")
    consent_file_id: UUID | None = Field(description="The consent to another rule.")
    lines: list[ProfitLineOut] = Field(description="What each gets; they sum to the pool.")
    entry_id: UUID = Field(description="Its journal entry.")
    undoing: ProfitUndoingOut | None = Field(description="How it was undone, if it was.")
