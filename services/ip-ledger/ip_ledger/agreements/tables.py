"""Agreements, their parties in the order of the signed text, and their signatures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from ip_ledger.agreements.rules import MARKET_TERMS, SHARING, ExitMethod, Rounding, State
from ip_ledger.base import Base
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning
from shared.rules import Kind

meaning("uq_agreement_signature_agreement_id_org_id", MARKET_TERMS, "ALREADY_SIGNED")
meaning("uq_agreement_center_id_edition", MARKET_TERMS, "STATE_CONFLICT")
meaning("ck_agreement_party_whole", SHARING, "SHARES_NOT_100", Kind.CONTENT)
meaning("uq_agreement_party_agreement_id_org_id", SHARING, "PARTY_REPEATED", Kind.CONTENT)


class Agreement(Base, table=True):
    """One version of what a centre's members agreed; its terms never change after proposal."""

    __tablename__ = "agreement"
    __table_args__ = (
        UniqueConstraint("center_id", "edition"),
        Index("ix_agreement_state_effective_on", "state", "effective_on"),
        CheckConstraint(
            "effective_before IS NULL OR effective_before >= effective_on", name="period"
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    # Counts the texts that have replaced one another; the first one is 1.
    edition: int = 1
    supersedes_id: UUID | None = Field(default=None, foreign_key="agreement.id")
    text_file_id: UUID
    text_sha256: str
    # Over all terms below, so that a decision made elsewhere can name what it relied on.
    terms_sha256: str
    clauses: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    attribution: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JsonColumn(), nullable=True)
    )
    # What members pay one another for use, as the parties agreed; none: use has no price here.
    use_rates: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JsonColumn(), nullable=True)
    )
    rounding: Rounding = Field(sa_column=Column(EnumText(Rounding), nullable=False))
    exit_method: ExitMethod = Field(sa_column=Column(EnumText(ExitMethod), nullable=False))
    # What the agreement asks for a license instead of the law's own rule, as a part of ownership.
    ordinary_license_consent_ppm: int | None = None
    other_license_consent_ppm: int | None = None
    effective_on: date
    # The first day on which another agreement holds instead, or none does.
    effective_before: date | None = None
    proposed_by_org_id: UUID
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    # The opening by which it came in, signed before the ledger knew of it.
    opening_id: UUID | None = None
    # The template that it was made from, its hash, what stands in its blanks, and whether the text
    # is just that.
    template_id: UUID | None = Field(default=None, foreign_key="agreement_template.id")
    template_sha256: str | None = None
    template_fields: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JsonColumn(), nullable=True)
    )
    template_unchanged: bool | None = None
    in_force_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )


class AgreementParty(Base, table=True):
    """A party, at its place in the signed text: the place settles ties of every division."""

    __tablename__ = "agreement_party"
    __table_args__ = (
        UniqueConstraint("agreement_id", "org_id"),
        Index("ix_agreement_party_org_id", "org_id"),
        CheckConstraint("benefit_ppm BETWEEN 0 AND 1000000", name="benefit_ppm"),
        CheckConstraint("risk_ppm BETWEEN 0 AND 1000000", name="risk_ppm"),
        CheckConstraint("reward_rate_ppm BETWEEN 0 AND 1000000", name="reward_rate_ppm"),
        {"info": {"insert_only": True}},
    )

    agreement_id: UUID = Field(foreign_key="agreement.id", primary_key=True)
    place: int = Field(primary_key=True)
    org_id: UUID
    benefit_ppm: int = 0
    risk_ppm: int = 0
    # What the parties agreed that this one pays its inventors, of net income; none: the law's rule.
    reward_rate_ppm: int | None = None


class AgreementSignature(Base, table=True):
    """A party's own account signed the text with this hash."""

    __tablename__ = "agreement_signature"
    __table_args__ = (
        UniqueConstraint("agreement_id", "org_id"),
        ForeignKeyConstraint(
            ["agreement_id", "org_id"], ["agreement_party.agreement_id", "agreement_party.org_id"]
        ),
        CheckConstraint("(key_id IS NULL) = (key_signature IS NULL)", name="key"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    agreement_id: UUID
    org_id: UUID
    text_sha256: str
    signed_by: UUID
    client_id: str
    # The party's own key and what it signed, where the party has one.
    key_id: UUID | None = Field(default=None, foreign_key="party_key.id")
    key_signature: str | None = None
    signed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
