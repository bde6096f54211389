"""Licenses, technology contracts, consents to them, and every state they have been in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.contracts.rules import (
    COMMISSIONED,
    REPETITION,
    TURNOVER,
    ContractKind,
    LicenseType,
    PartyRole,
    Review,
    State,
)
from shared.codes.registrations import ContractNumberScheme
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning
from shared.money import MAX_FEN
from shared.rules import Kind

meaning("uq_tech_contract_reference", REPETITION, "EXTERNAL_ID_MISMATCH")
meaning("uq_tech_contract_registration_no", TURNOVER, "ALREADY_EXISTS")
meaning("uq_contract_project_standing", COMMISSIONED, "ALREADY_EXISTS")
meaning("ck_tech_contract_amounts", TURNOVER, "AMOUNT_EXCEEDED", Kind.CONTENT)


class License(Base, table=True):
    """What an owner lets somebody do with an asset."""

    __tablename__ = "license"
    __table_args__ = (
        Index("ix_license_asset_id", "asset_id"),
        Index("ix_license_center_id_id", "center_id", "id"),
        CheckConstraint("term_until IS NULL OR term_until >= effective_on", name="term"),
        CheckConstraint(
            "licensee_org_id IS NOT NULL OR licensee_uscc IS NOT NULL", name="licensee"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    asset_id: UUID = Field(foreign_key="ip_asset.id")
    center_id: UUID
    licensor_id: UUID
    licensee_org_id: UUID | None = None
    licensee_uscc: str | None = None
    type: LicenseType = Field(sa_column=Column(EnumText(LicenseType), nullable=False))
    territory: str
    effective_on: date
    term_until: date | None = None
    may_sublicense: bool = False
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    # By what the consents were judged, and the ownership that was in force.
    decided_by: str
    agreement_id: UUID | None = Field(default=None, foreign_key="agreement.id")
    ownership_version_id: UUID = Field(foreign_key="ownership_version.id")
    # Recording with CNIPA: only for patents.
    record_due_on: date | None = None
    cnipa_record_no: str | None = None
    cnipa_recorded_on: date | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class LicenseConsent(Base, table=True):
    """A co-owner's consent: by its own account, or stated by whoever granted the license."""

    __tablename__ = "license_consent"
    __table_args__ = (
        UniqueConstraint("license_id", "org_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    license_id: UUID = Field(foreign_key="license.id")
    org_id: UUID
    is_own: bool
    given_by: UUID
    given_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class TechContract(Base, table=True):
    """A technology contract with both of its amounts, which the law tells apart."""

    __tablename__ = "tech_contract"
    __table_args__ = (
        Index("ix_tech_contract_center_id_id", "center_id", "id"),
        Index("ix_tech_contract_center_id_signed_on", "center_id", "signed_on"),
        Index(
            "uq_tech_contract_reference",
            "submitted_by_org_id",
            "center_id",
            "external_id",
            unique=True,
        ),
        # A contract is registered once.
        Index(
            "uq_tech_contract_registration_no",
            "registration_no",
            unique=True,
            postgresql_where=text("registration_no IS NOT NULL"),
        ),
        CheckConstraint(
            "contract_amount_fen > 0 AND tech_transaction_amount_fen BETWEEN 0 AND"
            " contract_amount_fen",
            name="amounts",
        ),
        CheckConstraint(
            "registered_on IS NULL OR registration_no IS NOT NULL", name="registration"
        ),
        CheckConstraint(f"contract_amount_fen <= {MAX_FEN}", name="readable"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    kind: ContractKind = Field(sa_column=Column(EnumText(ContractKind), nullable=False))
    role: PartyRole = Field(sa_column=Column(EnumText(PartyRole), nullable=False))
    # Who signs for the centre: its legal entity, or the member named for a consortium.
    party_org_id: UUID
    counterparty_name: str | None = None
    counterparty_uscc: str | None = None
    is_confidential: bool = False
    is_commissioned_rd: bool
    contract_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    tech_transaction_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    signed_on: date
    registration_no: str | None = None
    registered_on: date | None = None
    registration_scheme: ContractNumberScheme | None = Field(
        default=None, sa_column=Column(EnumText(ContractNumberScheme), nullable=True)
    )
    review: Review = Field(sa_column=Column(EnumText(Review), nullable=False))
    review_due_on: date | None = None
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    external_id: str
    content_sha256: str
    submitted_by_org_id: UUID
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ContractState(Base, table=True):
    """A state that a license or contract entered; each is a record of the log."""

    __tablename__ = "contract_state"
    __table_args__ = (
        UniqueConstraint("contract_id", "ordinal"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # A license or a technology contract; their ids never meet.
    contract_id: UUID
    ordinal: int
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    reason: str | None = None
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ContractCorrection(Base, table=True):
    """Amounts of a technology contract that took the place of others, and why.

    The record of the log is the contract's state of the same ordinal.
    """

    __tablename__ = "contract_correction"
    __table_args__ = (
        # A number that a contract bore is nobody else's.
        Index(
            "ix_contract_correction_former_registration_no",
            "former_registration_no",
            postgresql_where=text("former_registration_no IS NOT NULL"),
        ),
        CheckConstraint(
            "contract_amount_fen > 0 AND tech_transaction_amount_fen BETWEEN 0 AND"
            " contract_amount_fen",
            name="amounts",
        ),
        CheckConstraint(
            "(contract_amount_fen, tech_transaction_amount_fen) IS DISTINCT FROM"
            " (former_contract_amount_fen, former_tech_transaction_amount_fen)",
            name="corrects",
        ),
        {"info": {"insert_only": True}},
    )

    contract_id: UUID = Field(foreign_key="tech_contract.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    former_contract_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    former_tech_transaction_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    former_registration_no: str | None = None
    former_registered_on: date | None = None
    contract_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    tech_transaction_amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    registration_no: str | None = None
    registered_on: date | None = None
    review: Review = Field(sa_column=Column(EnumText(Review), nullable=False))
    reason: str
    evidence_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    recorded_by: UUID
    recorded_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))


class ContractProject(Base, table=True):
    """A project of the registry that a contract of commissioned research pays for (A089).

    Kept as the registry told it: the fact, its own reference, and the hash of what it said.
    """

    __tablename__ = "contract_project"
    __table_args__ = (
        # A project is ordered by one contract at a time.
        Index(
            "uq_contract_project_standing",
            "center_id",
            "project_external_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_contract_project_contract_id", "contract_id"),
        CheckConstraint("(withdrawn_at IS NULL) = (reason IS NULL)", name="withdrawn"),
        {"info": {"insert_only": True, "closing": ("withdrawn_at", "reason")}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    contract_id: UUID = Field(foreign_key="tech_contract.id")
    project_fact_id: UUID
    project_external_id: str
    title: str
    project_sha256: str
    linked_by: UUID
    linked_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    withdrawn_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
    reason: str | None = None
