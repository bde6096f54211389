"""Licenses and technology contracts on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from ip_ledger.contracts.rules import ContractKind, Event, LicenseType, PartyRole, Review, State
from shared.codes.registrations import ContractNumberScheme
from shared.evidence import FileId
from shared.http.schemas import (
    MAX_SAFE,
    Body,
    CheckOut,
    Code,
    Day,
    Earning,
    ExternalId,
    LongText,
    Money,
    Out,
    ShortText,
)

MAX_CONSENTS: Final = 100
CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"
ASSET: Final = "0199a000-0000-7000-8000-0000000000a1"
ORG: Final = "0199a000-0000-7000-8000-000000000009"


class LicenseIn(Body):
    """A license as its licensor grants it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "asset_id": ASSET,
                    "licensor_id": ORG,
                    "licensee_uscc": "91310112FAKE00080E",
                    "type": "ordinary",
                    "territory": "CN",
                    "effective_on": "2026-02-10",
                    "term_until": "2031-02-09",
                }
            ]
        }
    )

    asset_id: UUID = Field(description="What is licensed.")
    licensor_id: UUID | None = Field(
        default=None, description="The owner who grants it; the caller's organization when absent."
    )
    licensee_org_id: UUID | None = Field(
        default=None,
        description="Who may use it, where the programme knows the organization.",
        validation_alias=AliasChoices("licensee_org_id", "licensee_id", "licensee_org"),
    )
    licensee_uscc: ShortText | None = Field(default=None, description="Else its USCC.")
    type: LicenseType = Field(
        description="`ordinary`, `sole` or `exclusive`.",
        validation_alias=AliasChoices("type", "kind", "license_type"),
    )
    territory: ShortText = Field(default="CN", description="Where it may be used.")
    effective_on: Day
    term_until: Day | None = Field(default=None, description="The last day; absent: the right's.")
    may_sublicense: bool = Field(default=False, description="Whether the licensee may sublicense.")
    consents: list[UUID] = Field(
        default_factory=list,
        max_length=MAX_CONSENTS,
        description="Co-owners whose consent the licensor has in hand.",
    )
    awaits_consents: bool = Field(
        default=False,
        description="Keep it while consents are missing; co-owners give them by `…/consents`.",
    )


class LicenseConsentOut(Out):
    """A co-owner's consent."""

    org_id: UUID = Field(description="The co-owner.")
    is_own: bool = Field(description="By its own account; else stated by the licensor.")
    given_at: datetime = Field(description="When.")


class LicenseOut(Out):
    """A license."""

    id: UUID = Field(description="The license.")
    asset_id: UUID = Field(description="What is licensed.")
    center_id: UUID = Field(description="The asset's centre.")
    licensor_id: UUID = Field(description="Who grants it.")
    licensee_org_id: UUID | None = Field(description="Who may use it.")
    licensee_uscc: str | None = Field(description="Its USCC, where no organization is known.")
    type: LicenseType = Field(description="`ordinary`, `sole` or `exclusive`.")
    territory: str = Field(description="Where it may be used.")
    effective_on: date = Field(description="Its first day.")
    term_until: date | None = Field(description="Its last day, if it has one.")
    may_sublicense: bool = Field(description="Whether the licensee may sublicense.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    decided_by: str = Field(description="`law` (专利法14) or `agreement`, which prevails.")
    agreement_id: UUID | None = Field(description="The agreement that prevailed.")
    ownership_version_id: UUID = Field(description="The ownership in force on the first day.")
    consents: list[LicenseConsentOut] = Field(description="In the order in which they came.")
    record_due_on: date | None = Field(description="Last day for recording it with CNIPA.")
    cnipa_record_no: str | None = Field(description="The number of the record.")
    cnipa_recorded_on: date | None = Field(description="The day of the record.")
    recorded_at: datetime = Field(description="When it was entered here.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class LicenseRecordIn(Body):
    """The record of a license with CNIPA."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"cnipa_record_no": "X2026310000001", "recorded_on": "2026-04-20"}]
        }
    )

    cnipa_record_no: Code = Field(description="The number of the record.")
    recorded_on: Day


class ContractStateIn(Body):
    """A step of a license or contract."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"event": "perform"}]})

    event: Annotated[Event, Field(description="`perform`, `complete` or `terminate`.")]
    reason: LongText | None = Field(default=None, description="Why, as for a termination.")


class CounterpartyIn(Body):
    """The other side of a contract."""

    name: ShortText | None = Field(default=None, description="Its name.")
    uscc: ShortText | None = Field(default=None, description="Its USCC, if it has one.")


def _counterparty(value: object) -> object:
    """Take a bare name for a counterparty."""
    return {"name": value} if isinstance(value, str) else value


class ContractAmount(Money):
    """An amount above zero."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class TechContractIn(Body):
    """A technology contract as a member reports it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "kind": "development",
                    "counterparty": {"name": "（示例）委托方", "uscc": "91310112FAKE00080E"},
                    "is_commissioned_rd": True,
                    "contract_amount": {"amount": 150000000, "currency": "CNY"},
                    "tech_transaction_amount": {"amount": 120000000, "currency": "CNY"},
                    "signed_on": "2026-03-12",
                    "registration_no": "26310001000001",
                    "registered_on": "2026-03-30",
                    "external_id": "HT-2026-017",
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    kind: ContractKind = Field(description="One of the five types.")
    role: PartyRole = Field(default=PartyRole.SELLER, description="The centre's side.")
    counterparty: Annotated[CounterpartyIn, BeforeValidator(_counterparty)] = Field(
        description="The other side."
    )
    is_commissioned_rd: bool = Field(
        default=False, description="Research that the other side commissioned (B1, B2)."
    )
    contract_amount: ContractAmount = Field(description="合同成交额.")
    tech_transaction_amount: Earning = Field(description="技术交易额, at most the contract amount.")
    signed_on: Day
    registration_no: ShortText | None = Field(
        default=None, description="Number in the technology market's register."
    )
    registered_on: Day | None = Field(default=None, description="Day of registration.")
    registration_scheme: ContractNumberScheme | None = Field(
        default=None, description="`legacy14` checks the 14-digit form; else 12-20 characters."
    )
    external_id: ExternalId = Field(description="The reporter's own reference.")
    confidential: bool = Field(
        default=False, description="Other members do not see the counterparty."
    )
    party_org_id: UUID | None = Field(
        default=None,
        description="The member that signs for a consortium; else the centre's legal entity.",
    )


class CounterpartyOut(Out):
    """The other side of a contract."""

    name: str | None = Field(description="Its name; null where it is confidential.")
    uscc: str | None = Field(description="Its USCC; null where it is confidential.")


class TechContractOut(Out):
    """A technology contract."""

    id: UUID = Field(description="The contract.")
    center_id: UUID = Field(description="The centre.")
    kind: ContractKind = Field(description="One of the five types.")
    role: PartyRole = Field(description="The centre's side.")
    party_org_id: UUID = Field(description="Who signs for the centre.")
    counterparty: CounterpartyOut | None = Field(description="The other side; null when masked.")
    confidential: bool = Field(description="Other members do not see the counterparty.")
    is_commissioned_rd: bool = Field(description="Research that the other side commissioned.")
    contract_amount: Money = Field(description="合同成交额.")
    tech_transaction_amount: Money = Field(description="技术交易额.")
    signed_on: date = Field(description="Day of signature.")
    registration_no: str | None = Field(description="Number in the register.")
    registered_on: date | None = Field(description="Day of registration.")
    registration_scheme: ContractNumberScheme | None = Field(description="Form of the number.")
    review: Review = Field(description="How it is registered; large ones by expert review.")
    review_due_on: date | None = Field(
        description="Last day for the registry's answer, counted in working days from the report."
    )
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    external_id: str = Field(description="The reporter's own reference.")
    submitted_by_org_id: UUID = Field(description="Who reported it.")
    project_fact_ids: list[UUID] = Field(
        description="The registry's projects that it pays for, as linked."
    )
    recorded_at: datetime = Field(description="When.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class RegistrationIn(Body):
    """A contract's entry in the technology market's register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"registration_no": "26310001000002", "registered_on": "2026-04-02"}]
        }
    )

    registration_no: ShortText = Field(description="The number.")
    registered_on: Day
    registration_scheme: ContractNumberScheme | None = Field(
        default=None, description="`legacy14` checks the 14-digit form."
    )


class ContractCorrectionIn(Body):
    """The right amounts of a contract, and why the former ones were not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "contract_amount": {"amount": 160000000, "currency": "CNY"},
                    "tech_transaction_amount": {"amount": 120000000, "currency": "CNY"},
                    "reason": "补充协议增加合同价款",
                    "evidence": ["0199a000-0000-7000-8000-0000000000f1"],
                }
            ]
        }
    )

    contract_amount: ContractAmount = Field(description="合同成交额.")
    tech_transaction_amount: Earning = Field(description="技术交易额, at most the contract amount.")
    reason: LongText = Field(description="Why.")
    evidence: list[FileId] = Field(
        min_length=1, max_length=20, description="Files, such as the supplement to the contract."
    )
    registration: RegistrationIn | None = Field(
        default=None,
        description="The register's entry of the change, of a contract that is registered; without"
        " one it counts as unregistered until the change is.",
    )


class ContractCorrectionOut(Out):
    """Amounts that took the place of others."""

    ordinal: int = Field(description="The state of the contract that tells of it, counted from 1.")
    former_contract_amount: Money = Field(description="合同成交额 until then.")
    former_tech_transaction_amount: Money = Field(description="技术交易额 until then.")
    former_registration_no: str | None = Field(description="Its number until then.")
    former_registered_on: date | None = Field(description="The day of that number.")
    contract_amount: Money = Field(description="合同成交额.")
    tech_transaction_amount: Money = Field(description="技术交易额, at most the contract amount.")
    registration_no: str | None = Field(description="Its number after the change, if registered.")
    registered_on: date | None = Field(description="The day on which the change was registered.")
    review: Review = Field(description="How the amounts are reviewed.")
    reason: str = Field(description="Why.")
    evidence: list[UUID] = Field(description="Files.")
    recorded_at: datetime = Field(description="When it was recorded.")


class ContractCorrectionsOut(Out):
    """The corrections of a contract."""

    items: list[ContractCorrectionOut] = Field(description="In their order.")


class ContractProjectIn(Body):
    """A project that a contract of commissioned research pays for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"project_fact_id": "0199a000-0000-7000-8000-0000000000f1"}]
        }
    )

    project_fact_id: UUID = Field(description="The registry's fact of the project.")


class UnlinkingIn(Body):
    """Why a link was made wrongly."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "项目编号填写错误"}]})

    reason: LongText = Field(description="What was wrong.")


class ContractProjectOut(Out):
    """A project that a contract pays for, as the registry told of it."""

    id: UUID = Field(description="The link.")
    contract_id: UUID = Field(description="The contract.")
    project_fact_id: UUID = Field(description="The registry's fact.")
    project_external_id: str = Field(description="Its reporter's own reference.")
    title: str = Field(description="What it is called.")
    project_sha256: str = Field(description="The hash of what the registry told.")
    linked_at: datetime = Field(description="When it was linked.")
    withdrawn_at: datetime | None = Field(description="When the link was taken back.")
    reason: str | None = Field(description="Why.")
