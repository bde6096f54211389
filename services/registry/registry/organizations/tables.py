"""Organizations and parks as they stand now; what they were told on a day is in the audit."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field

from registry.base import Base
from registry.organizations.rules import (
    LEGAL_PERSON,
    CenterLevel,
    ChainPosition,
    LegalPersonKind,
    OrgType,
    ParkLevel,
)
from shared.database import EnumText, new_id
from shared.http.constraints import meaning


class Organization(Base, table=True):
    """An organization under its unified social credit code."""

    __tablename__ = "organization"
    __table_args__ = (
        UniqueConstraint("uscc", name="uq_organization_uscc"),
        CheckConstraint("uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="uscc_form"),
        Index("ix_organization_name", "name"),
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


class Park(Base, table=True):
    """A park of industry with its developer, its firms and what it offers (A068)."""

    __tablename__ = "park"
    __table_args__ = (
        UniqueConstraint("developer_org_id", "name", name="uq_park_developer_org_id_name"),
        CheckConstraint("firm_count >= 0", name="firm_count_not_negative"),
        CheckConstraint("cluster_output_fen >= 0", name="cluster_output_not_negative"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    level: ParkLevel = Field(sa_column=Column(EnumText(ParkLevel), nullable=False))
    region_code: str
    firm_count: int
    cluster_output_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    support_conditions: str
    developer_org_id: UUID = Field(foreign_key="organization.id")


# Two requests can find the code free together; only the database sees both.
meaning("uq_organization_uscc", LEGAL_PERSON, "ALREADY_EXISTS")
meaning("uq_park_developer_org_id_name", LEGAL_PERSON, "ALREADY_EXISTS")
