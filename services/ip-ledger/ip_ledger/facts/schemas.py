"""Facts of the ledger on the wire: the registry's envelope, a class per kind."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Money, Out


class TechContractPayloadOut(Out):
    """A technology contract as it stands."""

    contract_id: UUID = Field(description="The contract.")
    kind: str = Field(description="One of the five types.")
    role: str = Field(description="The centre's side: seller or buyer.")
    is_commissioned_rd: bool = Field(description="Research that the other side commissioned.")
    contract_amount: Money = Field(description="合同成交额.")
    tech_transaction_amount: Money = Field(description="技术交易额.")
    signed_on: date = Field(description="Day of signature.")
    registration_no: str | None = Field(description="Number in the register, once registered.")
    registered_on: date | None = Field(description="Day of registration.")
    state: str = Field(description="Where it stands.")


class AssetPayloadOut(Out):
    """An asset as it stands."""

    asset_id: UUID = Field(description="The asset.")
    kind: str = Field(description="What sort of result.")
    number: str | None = Field(description="Its number.")
    filed_on: date | None = Field(description="Day of filing.")
    granted_on: date | None = Field(description="Day of grant.")
    registered_on: date | None = Field(description="Day of registration.")
    jurisdiction: str = Field(description="`CN`, another country's code, or `PCT`.")
    background: bool = Field(description="Brought in, not created in the centre.")
    state: str = Field(description="Where it stands.")
    abandon_cause: str | None = Field(
        default=None, description="How it was given up, if it was and that is known."
    )


class ContributionPayloadOut(Out):
    """A contribution as it stands."""

    contribution_id: UUID = Field(description="The contribution.")
    org_id: UUID = Field(description="Who promised it.")
    kind: str = Field(description="`equity`, `membership_fee` or `in_kind`.")
    committed: Money = Field(description="The whole of it.")
    paid: Money = Field(description="What has come in.")
    held_in_trust: bool = Field(description="Whether a trustee receives it.")
    state: str = Field(description="Where it stands.")


class LedgerDerivedOut(Out):
    """What the register says of the other side; the ledger's facts leave it open."""

    is_member: bool | None = Field(default=None, description="Not derived here.")
    is_sme: bool | None = Field(default=None, description="Not derived here.")
    region_code: str | None = Field(default=None, description="Not derived here.")


class LedgerFactBaseOut(Out):
    """A fact of any kind as it is kept."""

    id: UUID = Field(description="The fact; a record's first fact bears the record's id.")
    center_id: UUID = Field(description="The centre.")
    subject_id: UUID = Field(description="The record that it tells about.")
    occurred_on: date = Field(description="The day on which it happened.")
    recorded_at: datetime = Field(description="When it became known.")
    external_id: str | None = Field(description="The reference of who reported it.")
    submitted_by_org_id: UUID | None = Field(description="The organization that reported it.")
    evidence: list[str] = Field(description="Files that show it.")
    supersedes_id: UUID | None = Field(description="The fact of the record's former state.")
    superseded_by_id: UUID | None = Field(description="The fact of its next state, as known.")
    derived: LedgerDerivedOut = Field(
        default_factory=LedgerDerivedOut, description="What the register says."
    )


class TechContractFactOut(LedgerFactBaseOut):
    """A technology contract as a fact."""

    kind: Literal["tech_contract"] = Field(description="Tells the kind.")
    payload: TechContractPayloadOut = Field(description="The contract.")


class AssetFactOut(LedgerFactBaseOut):
    """An asset as a fact."""

    kind: Literal["asset"] = Field(description="Tells the kind.")
    payload: AssetPayloadOut = Field(description="The asset.")


class ContributionFactOut(LedgerFactBaseOut):
    """A contribution as a fact."""

    kind: Literal["contribution"] = Field(description="Tells the kind.")
    payload: ContributionPayloadOut = Field(description="The contribution.")


LedgerFactOut = Annotated[
    TechContractFactOut | AssetFactOut | ContributionFactOut, Field(discriminator="kind")
]


class LedgerFactPageOut(Out):
    """A part of the list of facts."""

    items: list[LedgerFactOut] = Field(description="Facts, oldest record first unless asked else.")
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` for more.")
