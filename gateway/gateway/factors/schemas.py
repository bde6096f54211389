"""What goes over the wire about second factors."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Out


class PasskeyOut(Out):
    """A passkey of one's own."""

    id: UUID = Field(description="The passkey.")
    created_at: datetime = Field(description="When it was made, in real time.")
    used_at: datetime | None = Field(description="When it was last used.")


class SecondFactorsOut(Out):
    """What somebody shows besides the password."""

    authenticator_since: datetime | None = Field(
        description="Since when an authenticator app counts; null without one."
    )
    recovery_codes_left: int = Field(ge=0, description="Recovery codes that were not used.")
    passkeys: list[PasskeyOut] = Field(description="Passkeys, oldest first.")
