"""Openings on the wire."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from ip_ledger.agreements.schemas import AGREEMENT_EXAMPLE, AgreementTermsIn
from ip_ledger.journal.currencies import PostedAmount
from ip_ledger.journal.rules import AccountKind, Side
from ip_ledger.openings.rules import State, Subject
from shared.evidence import FileId
from shared.http.schemas import Body, Code, Day, Digest, Out, PpmValue, ShortText

CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"
FILE: Final = "0199a000-0000-7000-8000-0000000000f1"
MOST_BALANCES: Final = 500
MOST_OWNERS: Final = 100


class OpeningBalanceIn(Body):
    """An account with the balance that it had."""

    code: Code = Field(description="Its name in these books.")
    kind: AccountKind = Field(description="What it is; what is left over stands in `equity`.")
    org_id: UUID | None = Field(default=None, description="The organization it is kept for.")
    may_go_negative: bool = Field(default=True, description="As for an account that is opened.")
    side: Side = Field(description="`debit` or `credit`.")
    amount: PostedAmount = Field(description="How much.")


class OpeningBalancesIn(Body):
    """All balances of a centre at the beginning of the day; they balance in every currency."""

    subject: Literal[Subject.BALANCES] = Field(description="Always `balances`.")
    balances: list[OpeningBalanceIn] = Field(
        min_length=2, max_length=MOST_BALANCES, description="The accounts."
    )


class OpeningShareIn(Body):
    """An owner's share."""

    owner_id: UUID = Field(description="An organization; a centre owns through its legal entity.")
    ppm: PpmValue


class OpeningOwnershipIn(Body):
    """Who owned an asset from the day on."""

    subject: Literal[Subject.OWNERSHIP] = Field(description="Always `ownership`.")
    asset_id: UUID = Field(description="An asset of the centre that has no owners here yet.")
    shares: list[OpeningShareIn] = Field(
        min_length=1, max_length=MOST_OWNERS, description="They sum to 1,000,000 ppm."
    )


class OpeningAgreementIn(Body):
    """An agreement that its parties signed on the day, before the ledger knew of it."""

    subject: Literal[Subject.AGREEMENT] = Field(description="Always `agreement`.")
    terms: AgreementTermsIn = Field(description="What it says.")


OpeningContentIn = Annotated[
    OpeningBalancesIn | OpeningOwnershipIn | OpeningAgreementIn, Field(discriminator="subject")
]
_BALANCES: Final[dict[str, JsonValue]] = {
    "subject": "balances",
    "balances": [
        {
            "code": "bank",
            "kind": "asset",
            "side": "debit",
            "amount": {"amount": 5000000, "currency": "CNY"},
        },
        {
            "code": "opening_equity",
            "kind": "equity",
            "side": "credit",
            "amount": {"amount": 5000000, "currency": "CNY"},
        },
    ],
}


class OpeningIn(Body):
    """What was there before the ledger: of a day, with the file that proves it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "on": "2026-01-01",
                    "source": "2025 年度审计报告",
                    "source_file_id": FILE,
                    "content": _BALANCES,
                },
                {
                    "center_id": CENTER,
                    "on": "2025-03-01",
                    "source": "共建协议原件",
                    "source_file_id": FILE,
                    "content": {
                        "subject": "agreement",
                        "terms": {k: v for k, v in AGREEMENT_EXAMPLE.items() if k != "center_id"},
                    },
                },
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    on: Day = Field(
        description="The day as of which it holds: of balances its beginning, of an agreement "
        "when it was signed."
    )
    source: ShortText = Field(description="What it rests on.")
    source_file_id: FileId = Field(description="The evidence, a file of the registry.")
    content: OpeningContentIn = Field(description="What was there.")


class OpeningApprovalIn(Body):
    """An approval of exactly what the opening says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content_sha256": "0" * 64}]})

    content_sha256: Digest = Field(description="The opening's hash, as it was read.")


class OpeningApprovalOut(Out):
    """An approval."""

    place: int = Field(description="1 or 2.")
    person_id: UUID = Field(description="Who approved.")
    is_official: bool = Field(description="Whether for the programme; else for the centre.")
    approved_at: datetime = Field(description="When.")


class OpeningEntryOut(Out):
    """An opening, with who approved it."""

    id: UUID = Field(description="The opening; once entered, also its record in the log.")
    center_id: UUID = Field(description="The centre.")
    subject: Subject = Field(description="What it brings in.")
    subject_id: UUID = Field(description="The asset whose owners it names, else the centre.")
    on: date = Field(description="The day as of which it holds.")
    source: str = Field(description="What it rests on.")
    source_file_id: UUID = Field(description="The evidence.")
    source_sha256: str = Field(description="The evidence's SHA-256.")
    content: OpeningContentIn = Field(description="What was there.")
    content_sha256: str = Field(description="Over all of it; both approvals are of this.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    proposed_by: UUID = Field(description="Who proposed it.")
    proposed_at: datetime = Field(description="When.")
    entered_at: datetime | None = Field(description="When the second approval entered it.")
    approvals: list[OpeningApprovalOut] = Field(description="In order.")
