"""Organizations and parks as they stand now, and everything that was ever entered of them."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.base import Base
from registry.organizations.rules import (
    HISTORY,
    LEGAL_PERSON,
    CenterLevel,
    ChainPosition,
    EntrySource,
    LegalPersonKind,
    NameKind,
    NameLanguage,
    OrgType,
    ParkLevel,
    QualificationKind,
    QualificationState,
    SuccessionKind,
    VerificationDecision,
)
from shared.database import EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

USCC_FORM: Final = "uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'"


class Organization(Base, table=True):
    """An organization under its unified social credit code, as it stands today.

    `successor_id` names the last of those that followed it; its own rows stay where they are.
    """

    __tablename__ = "organization"
    __table_args__ = (
        UniqueConstraint("uscc", name="uq_organization_uscc"),
        CheckConstraint(USCC_FORM, name="uscc_form"),
        CheckConstraint("successor_id <> id", name="successor_is_another"),
        Index("ix_organization_name", "name"),
        Index("ix_organization_parent_uscc", "parent_uscc"),
        Index("ix_organization_successor_id", "successor_id"),
        Index("ix_organization_org_type_id", "org_type", "id"),
        # Who is on record for dishonesty: a handful of all.
        Index(
            "ix_organization_dishonesty_until",
            "dishonesty_until",
            postgresql_where=text("dishonesty_until IS NOT NULL"),
        ),
        # A prefix is asked for, so that the index has to be of letters and not of a language.
        Index(
            "ix_organization_region_code",
            "region_code",
            postgresql_ops={"region_code": "text_pattern_ops"},
        ),
        {"info": resource("organization")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    uscc: str
    name: str
    org_type: OrgType = Field(sa_column=Column(EnumText(OrgType), nullable=False))
    legal_person_kind: LegalPersonKind = Field(
        sa_column=Column(EnumText(LegalPersonKind), nullable=False)
    )
    region_code: str
    registered_on: date
    industry_code: str | None = None
    is_sme: bool = False
    is_leading: bool = False
    is_backbone: bool = False
    chain_position: ChainPosition | None = Field(
        default=None, sa_column=Column(EnumText(ChainPosition))
    )
    tech_center_level: CenterLevel | None = Field(
        default=None, sa_column=Column(EnumText(CenterLevel))
    )
    parent_uscc: str | None = None
    dishonesty_until: date | None = None
    registered_by_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    successor_id: UUID | None = Field(default=None, foreign_key="organization.id")


class OrganizationEntry(Base, table=True):
    """Some values of an organization, for some days, with where they come from; never changed.

    `field_values` count; `stated` awaits an official, whose decision is an entry of its own that
    names it. Of the entries that speak of a day the one with the highest version is right.
    """

    __tablename__ = "organization_entry"
    __table_args__ = (
        UniqueConstraint("org_id", "version", name="uq_organization_entry_org_id_version"),
        UniqueConstraint("decides_id", name="uq_organization_entry_decides_id"),
        CheckConstraint("valid_until >= valid_from", name="days_in_order"),
        CheckConstraint("(decides_id IS NULL) = (decision IS NULL)", name="decision_of_something"),
        Index(
            "ix_organization_entry_due_again_on",
            "due_again_on",
            "id",
            postgresql_where=text("due_again_on IS NOT NULL"),
        ),
        Index("ix_organization_entry_stated", "id", postgresql_where=text("stated <> '{}'::jsonb")),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID = Field(foreign_key="organization.id")
    version: int
    field_values: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    stated: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False)
    )
    valid_from: date
    valid_until: date | None = None
    recorded_at: datetime = Field(sa_type=InstantColumn)
    source: EntrySource = Field(sa_column=Column(EnumText(EntrySource), nullable=False))
    basis: str | None = None
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    stated_by: UUID
    stated_by_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    verified_by: UUID | None = None
    due_again_on: date | None = None
    decides_id: UUID | None = Field(default=None, foreign_key="organization_entry.id")
    decision: VerificationDecision | None = Field(
        default=None, sa_column=Column(EnumText(VerificationDecision))
    )
    reason: str | None = None


class OrganizationName(Base, table=True):
    """A name that an organization bears or bore, and the key by which it is found."""

    __tablename__ = "organization_name"
    __table_args__ = (
        UniqueConstraint(
            "org_id", "name", "kind", "from_on", name="uq_organization_name_org_id_name_kind"
        ),
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        Index(
            "ix_organization_name_search_key",
            "search_key",
            postgresql_using="gin",
            postgresql_ops={"search_key": "gin_trgm_ops"},
        ),
        # The two orders of closeness: the shortest first, and the least distant first.
        Index("ix_organization_name_length", text("char_length(search_key)"), "id"),
        Index(
            "ix_organization_name_distance",
            text("search_key gist_trgm_ops (siglen=32)"),
            postgresql_using="gist",
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID = Field(foreign_key="organization.id", index=True)
    name: str
    kind: NameKind = Field(sa_column=Column(EnumText(NameKind), nullable=False))
    language: NameLanguage = Field(sa_column=Column(EnumText(NameLanguage), nullable=False))
    from_on: date | None = None
    until_on: date | None = None
    search_key: str


class FormerCode(Base, table=True):
    """A social credit code under which an organization was entered before; it stays taken."""

    __tablename__ = "organization_former_code"
    __table_args__ = (CheckConstraint(USCC_FORM, name="uscc_form"),)

    uscc: str = Field(primary_key=True)
    org_id: UUID = Field(foreign_key="organization.id", index=True)
    until_on: date


class Succession(Base, table=True):
    """One organization in the place of another, from a day on."""

    __tablename__ = "organization_succession"
    __table_args__ = (
        UniqueConstraint("predecessor_id", "successor_id", name="uq_organization_succession_pair"),
        CheckConstraint("predecessor_id <> successor_id", name="of_two"),
        {"info": {"insert_only": True, **resource("organization_succession")}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    predecessor_id: UUID = Field(foreign_key="organization.id")
    successor_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: SuccessionKind = Field(sa_column=Column(EnumText(SuccessionKind), nullable=False))
    effective_on: date
    basis: str
    recorded_at: datetime = Field(sa_type=InstantColumn)


class DishonestyRecord(Base, table=True):
    """A record of serious dishonesty; lifted, it stays readable (X17)."""

    __tablename__ = "dishonesty_record"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        UniqueConstraint("source_id", name="uq_dishonesty_record_source_id"),
        {"info": resource("dishonesty_record")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID = Field(foreign_key="organization.id", index=True)
    from_on: date
    until_on: date
    authority: str
    basis: str
    recorded_at: datetime = Field(sa_type=InstantColumn)
    lifted_on: date | None = None
    lift_reason: str | None = None
    # The decision of another service that it follows; one record follows it (X14).
    source_id: UUID | None = None


class Qualification(Base, table=True):
    """What an organization has been recognized for, by which paper, and until when (A061, A070)."""

    __tablename__ = "organization_qualification"
    __table_args__ = (
        UniqueConstraint("supersedes_id", name="uq_organization_qualification_supersedes_id"),
        CheckConstraint("valid_to >= valid_from", name="days_in_order"),
        {"info": resource("organization_qualification")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    org_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: QualificationKind = Field(sa_column=Column(EnumText(QualificationKind), nullable=False))
    name: str
    level: CenterLevel | None = Field(default=None, sa_column=Column(EnumText(CenterLevel)))
    number: str | None = None
    scope: str | None = None
    issuer: str | None = None
    valid_from: date
    valid_to: date | None = None
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    state: QualificationState = Field(
        sa_column=Column(EnumText(QualificationState), nullable=False)
    )
    stated_by: UUID
    stated_by_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    verified_by: UUID | None = None
    verified_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    basis: str | None = None
    due_again_on: date | None = None
    revoked_on: date | None = None
    reason: str | None = None
    supersedes_id: UUID | None = Field(default=None, foreign_key="organization_qualification.id")
    recorded_at: datetime = Field(sa_type=InstantColumn)


class YearlyProfile(Base, table=True):
    """An organization's figures of one year; a later version supersedes an earlier one."""

    __tablename__ = "organization_profile"
    __table_args__ = (
        UniqueConstraint("org_id", "year", "version", name="uq_organization_profile_version"),
        {"info": {"insert_only": True, **resource("organization_profile")}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    org_id: UUID = Field(foreign_key="organization.id")
    year: int
    version: int
    registered_capital_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    revenue_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    net_profit_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    net_assets_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    rd_spend_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    staff: int | None = None
    rd_staff: int | None = None
    source: EntrySource = Field(sa_column=Column(EnumText(EntrySource), nullable=False))
    basis: str | None = None
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    stated_by: UUID
    verified_by: UUID | None = None
    due_again_on: date | None = None
    recorded_at: datetime = Field(sa_type=InstantColumn)


class Park(Base, table=True):
    """A park of industry with its developer, its firms and what it offers (A068)."""

    __tablename__ = "park"
    __table_args__ = (
        UniqueConstraint("developer_org_id", "name", name="uq_park_developer_org_id_name"),
        CheckConstraint("firm_count >= 0", name="firm_count_not_negative"),
        CheckConstraint("cluster_output_fen >= 0", name="cluster_output_not_negative"),
        {"info": resource("park")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    name: str
    level: ParkLevel = Field(sa_column=Column(EnumText(ParkLevel), nullable=False))
    region_code: str
    firm_count: int
    cluster_output_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    figures_year: int | None = None
    support_conditions: str
    developer_org_id: UUID = Field(foreign_key="organization.id")


# Two requests can find the code free together; only the database sees both.
meaning("uq_organization_uscc", LEGAL_PERSON, "ALREADY_EXISTS")
meaning("pk_organization_former_code", LEGAL_PERSON, "ALREADY_EXISTS")
meaning("uq_park_developer_org_id_name", LEGAL_PERSON, "ALREADY_EXISTS")
meaning("uq_organization_name_org_id_name_kind", LEGAL_PERSON, "ALREADY_EXISTS")
meaning("uq_dishonesty_record_source_id", HISTORY, "ALREADY_EXISTS")
meaning("uq_organization_entry_org_id_version", HISTORY, "VERSION_CONFLICT")
meaning("uq_organization_entry_decides_id", HISTORY, "STATE_CONFLICT")
meaning("uq_organization_profile_version", HISTORY, "ALREADY_EXISTS")
meaning("uq_organization_qualification_supersedes_id", HISTORY, "STATE_CONFLICT")
meaning("uq_organization_succession_pair", HISTORY, "ALREADY_EXISTS")
