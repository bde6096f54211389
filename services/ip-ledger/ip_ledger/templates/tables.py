"""Templates of agreements; a published text never changes, another version replaces it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, text
from sqlmodel import Field

from ip_ledger.base import Base
from ip_ledger.templates.rules import TEMPLATES, Language, State
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_agreement_template_edition", TEMPLATES, "STATE_CONFLICT")
meaning("uq_agreement_template_published", TEMPLATES, "STATE_CONFLICT")


class AgreementTemplate(Base, table=True):
    """A version of a template in one language."""

    __tablename__ = "agreement_template"
    __table_args__ = (
        Index("uq_agreement_template_edition", "code", "language", "edition", unique=True),
        Index("uq_agreement_template_published", "code", "language", unique=True,
              postgresql_where=text("state = 'published'")),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str
    language: Language = Field(sa_column=Column(EnumText(Language), nullable=False))
    # Counts the texts under a code in a language, from 1.
    edition: int
    title: str
    body: str
    body_sha256: str
    fields: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    state: State = Field(sa_column=Column(EnumText(State), nullable=False))
    version: int = 1
    proposed_by: UUID
    proposed_at: datetime = Field(sa_column=Column(InstantColumn(), nullable=False))
    published_by: UUID | None = None
    published_at: datetime | None = Field(
        default=None, sa_column=Column(InstantColumn(), nullable=True)
    )
