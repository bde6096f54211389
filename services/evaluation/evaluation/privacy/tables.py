"""Consents, what was given with them, and who asked to see it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from evaluation.base import Base
from evaluation.privacy import rules
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

ONE_VALUE: Final = "uq_expert_sensitive_expert_id_kind"
ONE_CONSENT: Final = "uq_expert_consent_standing"
meaning(ONE_VALUE, rules.CONSENT, "STATE_CONFLICT")
meaning(ONE_CONSENT, rules.CONSENT, "STATE_CONFLICT")


class ExpertConsent(Base, table=True):
    """That a person agreed to one kind of data being kept, and to which text; kept for ever."""

    __tablename__ = "expert_consent"
    __table_args__ = (
        Index(
            ONE_CONSENT,
            "expert_id",
            "kind",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        {"info": {"insert_only": True, "closing": ("withdrawn_at",)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    kind: rules.SensitiveKind = Field(sa_type=EnumText(rules.SensitiveKind))
    purpose: str
    notice_sha256: str
    person_id: UUID
    given_at: datetime = Field(sa_type=InstantColumn())
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class ExpertSensitive(Base, table=True):
    """A value that a person gave, sealed for this row; it goes when its consent does."""

    __tablename__ = "expert_sensitive"
    __table_args__ = (UniqueConstraint("expert_id", "kind", name=ONE_VALUE),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    kind: rules.SensitiveKind = Field(sa_type=EnumText(rules.SensitiveKind))
    consent_id: UUID = Field(foreign_key="expert_consent.id")
    sealed: str
    updated_at: datetime = Field(sa_type=InstantColumn())


class SensitiveDisclosure(Base, table=True):
    """That an official asked to see a value whole, why, and until when he may."""

    __tablename__ = "sensitive_disclosure"
    __table_args__ = (
        Index("ix_sensitive_disclosure_expert_id", "expert_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    kind: rules.SensitiveKind = Field(sa_type=EnumText(rules.SensitiveKind))
    person_id: UUID
    reason: str
    asked_at: datetime = Field(sa_type=InstantColumn())
    until: datetime = Field(sa_type=InstantColumn())
