"""Consents on the wire."""

from uuid import UUID

from pydantic import Field

from shared.http.schemas import Instant, Out


class EntityConsentOut(Out):
    """A legal person's word that it will carry a centre."""

    id: UUID = Field(description="The consent.")
    center_id: UUID = Field(description="The centre that it will carry.")
    org_id: UUID = Field(description="The legal person.")
    given_at: Instant = Field(description="When its own account agreed.")
    withdrawn_at: Instant | None = Field(description="When it took its word back.")
