"""Use between members and its settlement, on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.agreements.rules import Element, UseUnit
from ip_ledger.settlements.rules import SettlementState
from shared.evidence import FileId
from shared.http.schemas import (
    Body,
    Day,
    Digest,
    Earning,
    ExternalId,
    LongText,
    Money,
    Out,
)

CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"
PROVIDER: Final = "0199a000-0000-7000-8000-000000000003"
USER: Final = "0199a000-0000-7000-8000-000000000001"


class SharedUseIn(Body):
    """What a member used of another's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "provider_org_id": PROVIDER,
                    "user_org_id": USER,
                    "element": "equipment",
                    "unit": "minute",
                    "quantity": 255,
                    "used_on": "2026-02-02",
                    "external_id": "YQ-2026-0042",
                    "usage_fact_id": "0199a000-0000-7000-8000-0000000000f2",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre of both.")
    provider_org_id: UUID = Field(description="Whose thing was used.")
    user_org_id: UUID = Field(description="Who used it.")
    element: Element = Field(description="What was used.")
    unit: UseUnit = Field(description="What it is counted in, as the agreement's price.")
    quantity: Annotated[int, Field(strict=True, ge=1, le=10**9)] = Field(
        description="How many units: a whole number."
    )
    used_on: Day = Field(description="The day; its agreement prices it.")
    external_id: ExternalId = Field(description="The provider's own reference.")
    usage_fact_id: UUID | None = Field(
        default=None, description="The registry's fact of the booking's use, where there is one."
    )
    license_id: UUID | None = Field(default=None, description="The license; use of IP has one.")
    evidence: list[FileId] = Field(
        default_factory=list, max_length=20, description="Files, where there is no such record."
    )


class UseUndoingIn(Body):
    """Why a use is undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "重复登记"}]})

    reason: LongText = Field(description="Why.")


class SharedUseOut(Out):
    """A use and its price."""

    id: UUID = Field(description="The use, and its record in the log.")
    center_id: UUID = Field(description="The centre.")
    provider_org_id: UUID = Field(description="Whose thing was used.")
    user_org_id: UUID = Field(description="Who used it.")
    element: Element = Field(description="What was used.")
    unit: UseUnit = Field(description="What it is counted in.")
    quantity: int = Field(description="How many units.")
    used_on: date = Field(description="The day.")
    price: Money = Field(description="The agreement's price of `per` units.")
    per: int = Field(description="How many units the price is for.")
    amount: Money = Field(description="What it comes to; below zero where it undoes a use.")
    agreement_id: UUID = Field(description="The agreement that priced it.")
    external_id: str = Field(description="The provider's own reference.")
    usage_fact_id: UUID | None = Field(description="The registry's fact that it rests on.")
    license_id: UUID | None = Field(description="The license that it rests on.")
    evidence: list[UUID] = Field(description="Files.")
    undoes_id: UUID | None = Field(description="The use that it undoes.")
    reason: str | None = Field(description="Why it undoes that.")
    recorded_at: datetime = Field(description="When it was recorded.")


class UseSettlementIn(Body):
    """Which two members settle which days."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "one_org_id": PROVIDER,
                    "other_org_id": USER,
                    "from_on": "2026-02-01",
                    "until_on": "2026-02-28",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre of both.")
    one_org_id: UUID = Field(description="One of them.")
    other_org_id: UUID = Field(description="The other.")
    from_on: Day = Field(description="The first day of use.")
    until_on: Day = Field(description="The last day of use.")


class UseConfirmationIn(Body):
    """What a side has read and confirms."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"statement_sha256": "0" * 64}]})

    statement_sha256: Digest = Field(description="The statement's hash, as it was read.")


class UseObjectionIn(Body):
    """Why a side turns a statement down."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "机时与日志不符"}]})

    reason: LongText = Field(description="Why.")


class UsePaymentIn(Body):
    """When the member that is owed was paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paid_on": "2026-03-10"}]})

    paid_on: Day = Field(description="The day on which the money came in.")


class UseConfirmationOut(Out):
    """A side's word."""

    org_id: UUID = Field(description="The side.")
    confirmed_at: datetime = Field(description="When.")


class UseSettlementOut(Out):
    """What two members owe one another for use, and what is left."""

    id: UUID = Field(description="The settlement.")
    version: int = Field(description="Rises with each change; the ETag.")
    center_id: UUID = Field(description="The centre.")
    first_org_id: UUID = Field(description="One of them.")
    second_org_id: UUID = Field(description="The other.")
    from_on: date = Field(description="The first day of use.")
    until_on: date = Field(description="The last day of use.")
    uses: list[SharedUseOut] = Field(description="What it counts.")
    first_owes: Money = Field(description="What the first one used of the second's.")
    second_owes: Money = Field(description="What the second one used of the first's.")
    net: Earning = Field(description="What is left to pay.")
    payer_id: UUID | None = Field(description="Who pays; nobody where both are even.")
    payee_id: UUID | None = Field(description="Who is paid; nobody where both are even.")
    state: SettlementState = Field(description="Where it stands.")
    statement_sha256: str = Field(description="What both confirm.")
    confirmations: list[UseConfirmationOut] = Field(description="In the order of confirming.")
    entry_id: UUID | None = Field(description="The entry that books what is owed.")
    owed_on: date | None = Field(description="The day on which both had confirmed.")
    payment_entry_id: UUID | None = Field(description="The entry that books its payment.")
    paid_on: date | None = Field(description="When it was paid.")
    objection: str | None = Field(description="Why it was turned down.")
    proposed_at: datetime = Field(description="When it was proposed.")
