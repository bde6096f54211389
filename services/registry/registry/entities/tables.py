"""Who agreed to be a centre's legal person."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from registry.base import Base
from registry.entities.rules import CONSENT
from shared.database import Audience, InstantColumn, new_id, resource
from shared.http.constraints import meaning

ONE_CONSENT: Final = "uq_entity_consent_one_stands"
meaning(ONE_CONSENT, CONSENT, "STATE_CONFLICT")


class EntityConsent(Base, table=True):
    """A legal person's word that it will carry a centre, until it takes the word back."""

    __tablename__ = "entity_consent"
    __table_args__ = (
        Index(
            ONE_CONSENT,
            "center_id",
            "org_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"
        ),
        {
            "info": {
                "insert_only": True,
                "closing": ("withdrawn_at", "withdrawn_by"),
                **resource(
                    "entity_consent", Audience.OPERATORS, withheld=("given_by", "withdrawn_by")
                ),
            }
        },
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    org_id: UUID = Field(foreign_key="organization.id")
    given_by: UUID
    given_at: datetime = Field(sa_type=InstantColumn)
    withdrawn_by: UUID | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn)
